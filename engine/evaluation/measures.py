"""What can be counted in an accompaniment, on the score model."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from engine.score import Note, Score


@dataclass(frozen=True, slots=True)
class Accompaniment:
    """Figures of one part beside the melody. Shares are 0..1, ``density`` is onsets per quarter."""

    chord_tones: float  # share of the melody's time in which its pitch class sounds in the part too
    coverage: float  # share of the melody's measures in which the part has a note
    density: float
    repeated: float  # share of the part's measures that equal the one before


def measure_accompaniment(score: Score, melody: int, part: int) -> Accompaniment:
    """The figures of ``part`` beside ``melody`` (indices), over the measures where the melody has notes."""
    measures = [m for m, cell in enumerate(score.parts[melody].cells) if cell]
    cells = [score.parts[part].cells[m] for m in measures]
    tunes = [score.parts[melody].cells[m] for m in measures]
    time = sum((n.duration for tune in tunes for n in tune), Fraction(0))
    shared = sum(
        (_shared(n, cell) for tune, cell in zip(tunes, cells, strict=True) for n in tune), Fraction(0)
    )
    quarters = sum((score.measures[m].duration for m in measures), Fraction(0))
    onsets = sum(len({n.onset for n in cell}) for cell in cells)
    return Accompaniment(
        float(shared / time) if time else 0.0,
        sum(map(bool, cells)) / max(len(cells), 1),
        float(onsets / quarters) if quarters else 0.0,
        _repeated(score, part),
    )


def _shared(note: Note, cell: tuple[Note, ...]) -> Fraction:
    """How long a melody note's pitch class sounds in the cell while the note does, in quarters."""
    pitch_class = note.pitch.midi % 12
    same = sorted((n.onset, n.end) for n in cell if n.pitch.midi % 12 == pitch_class)
    total, reached = Fraction(0), note.onset
    for start, end in same:
        start, end = max(start, reached), min(end, note.end)
        if end > start:
            total, reached = total + end - start, end
    return total


def _repeated(score: Score, part: int) -> float:
    cells = score.parts[part].cells
    pairs = [(a, b) for a, b in pairwise(cells) if b]
    return sum(a == b for a, b in pairs) / max(len(pairs), 1)
