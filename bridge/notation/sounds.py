"""From placed sounds to the notes that write them: cut at measure ends, at beats and for tuplets, and tied."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from bridge.errors import EngineError
from bridge.notation.stretches import Stretch, notated
from engine.exact import Fraction
from engine.notator.sounds import Placed
from engine.rhythm import Span
from engine.score import Cell, Measure, Note, note_order


@dataclass(slots=True)
class _Line:
    """What one voice has in one measure: stretches in order, and the sounds that each belongs to."""

    sounds: dict[Stretch, list[Placed]] = field(default_factory=lambda: defaultdict(list))

    def written(self, measure: Measure) -> Iterator[tuple[Placed, Span]] | None:
        """Each sound with each of its values; None where the voice has no notation."""
        stretches = sorted(self.sounds)
        values = notated(stretches, measure)
        if values is None:
            return None
        spans = zip(stretches, values, strict=True)
        return ((placed, span) for key, found in spans for placed in self.sounds[key] for span in found)


def cells_of(placed: Sequence[Placed], measures: Sequence[Measure]) -> tuple[Cell, ...]:
    """One cell for each measure; sounds of a voice that overlap are cut into chords tied to each other.

    Raises EngineError for a voice with times that no plain value and no tuplet reaches.
    """
    starts = _starts(measures)
    cells: list[list[Note]] = [[] for _ in measures]
    for (voice, index), line in _lines(placed, starts).items():
        found = line.written(measures[index])
        if found is None:
            where = f"measure {measures[index].number}, voice {voice}"
            raise EngineError(
                f"{where}: no notation for this rhythm", "Its times are neither plain nor a tuplet's."
            )
        for sound, (onset, duration, tuplet) in found:
            tied = starts[index] + onset > sound.sound.onset
            cells[index].append(Note(onset, duration, sound.pitch, voice, sound.staff, tuplet, tied))
    return tuple(tuple(sorted(cell, key=note_order)) for cell in cells)


def without_notation(placed: Sequence[Placed], measures: Sequence[Measure]) -> set[int]:
    """The indices of the measures for which ``cells_of`` would raise."""
    lines = _lines(placed, _starts(measures))
    return {index for (_, index), line in lines.items() if line.written(measures[index]) is None}


def _starts(measures: Sequence[Measure]) -> list[Fraction]:
    """When each measure starts, and when the last one ends; quarters from the start of the score."""
    return list(accumulate((measure.duration for measure in measures), initial=Fraction(0)))


def _lines(placed: Sequence[Placed], starts: Sequence[Fraction]) -> dict[tuple[int, int], _Line]:
    """The stretches of each voice and measure, by voice and index."""
    lines: defaultdict[tuple[int, int], _Line] = defaultdict(_Line)
    for voice, sounds in _by_voice(placed).items():
        edges = sorted({*starts} | {time for p in sounds for time in (p.sound.onset, p.sound.end)})
        for one in sounds:
            first, last = bisect_left(edges, one.sound.onset), bisect_right(edges, one.sound.end)
            for start, end in pairwise(edges[first:last]):
                index = bisect_right(starts, start) - 1
                if index < len(starts) - 1:
                    stretch = start - starts[index], end - starts[index]
                    lines[voice, index].sounds[stretch].append(one)
    return lines


def _by_voice(placed: Sequence[Placed]) -> dict[int, list[Placed]]:
    voices: defaultdict[int, list[Placed]] = defaultdict(list)
    for one in placed:
        voices[one.voice].append(one)
    return voices
