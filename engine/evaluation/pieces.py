"""A few measures as they sound: what every measure and every judge is given, whoever wrote the notes.

Names, staves, voices and ties are left out, so that nothing but the music tells two writers apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.exact import Fraction
from engine.score import Cell, Measure, note_order

Line = npt.NDArray[np.int64]  # (n, 3): onset and end in ticks, MIDI key; sorted by onset, then upwards

TICKS = 3360  # of a quarter: whole for every place and nearly every value that the vocabulary holds
ON, END, KEY = range(3)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some measures: when they start and the last one ends, in ticks; the signature and beat of the first.

    ``given`` and ``written`` hold a line for each part; ``instruments`` names those of the written ones.
    """

    starts: Line  # (measures + 1,)
    fifths: int
    beat: int  # ticks
    given: tuple[Line, ...]
    written: tuple[Line, ...]
    instruments: tuple[str, ...]

    @property
    def measures(self) -> int:
        return len(self.starts) - 1

    @property
    def quarters(self) -> float:
        return float(self.starts[-1] - self.starts[0]) / TICKS

    def cut(self, first: int, last: int) -> Piece:
        """Measures ``first`` to ``last`` (exclusive), from 0."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        return replace(
            self,
            starts=self.starts[first : last + 1] - begin,
            given=tuple(cut_line(line, begin, end) for line in self.given),
            written=tuple(cut_line(line, begin, end) for line in self.written),
        )

    def cut_up(self, measures: int) -> list[Piece]:
        """Pieces of so many measures, the last one maybe shorter."""
        firsts = range(0, self.measures, measures)
        return [self.cut(first, min(first + measures, self.measures)) for first in firsts]


def ticks(quarters: Fraction) -> int:
    """A time in quarters as ticks, rounded."""
    return round(quarters * TICKS)


def starts_of(measures: Iterable[Measure]) -> Line:
    """When measures start and the last one ends, in ticks from the first."""
    return np.cumsum([0] + [ticks(measure.duration) for measure in measures])


def line_of(cells: Sequence[Cell], measures: Sequence[Measure]) -> Line:
    """One part of consecutive measures; tied heads are one note, and a key that is struck again ends before."""
    return joined(
        (int(start) + ticks(note.onset), int(start) + ticks(note.end), note.pitch.midi, note.tied)
        for start, cell in zip(starts_of(measures), cells, strict=False)
        for note in sorted(cell, key=note_order)
    )


def joined(heads: Iterable[tuple[int, int, int, bool]]) -> Line:
    """The same of heads (onset, end, key, whether a tie leads to it), measure by measure in ``note_order``."""
    found: list[list[int]] = []
    last: dict[int, list[int]] = {}
    for onset, end, key, tied in heads:
        before = last.get(key)
        if before and before[END] > onset > before[ON]:
            before[END] = onset
        if before and (before[ON] == onset or (tied and before[END] == onset)):
            before[END] = max(before[END], end)
        else:
            last[key] = [onset, end, key]
            found.append(last[key])
    return as_line(found)


def as_line(notes: Iterable[Sequence[int]]) -> Line:
    """Notes (onset, end, key) in order."""
    return np.array(sorted(notes, key=lambda note: (note[ON], note[KEY])), np.int64).reshape(-1, 3)


def cut_line(line: Line, begin: int, end: int) -> Line:
    """What sounds between two times, from the first of them on; a note that sounded before begins there."""
    inside = line[(line[:, END] > begin) & (line[:, ON] < end)].copy()
    inside[:, :KEY] = np.clip(inside[:, :KEY], begin, end) - begin
    return as_line(inside.tolist())


def together(lines: Sequence[Line]) -> Line:
    """Several lines as one."""
    return as_line(note for line in lines for note in line.tolist())


def shifted(piece: Piece, semitones: int) -> Piece:
    """The written parts moved, the given ones not."""
    return replace(piece, written=tuple(line + np.array([0, 0, semitones]) for line in piece.written))


def chords(line: Line) -> list[tuple[int, Line]]:
    """(onset, notes that are struck then) in order."""
    onsets, first = np.unique(line[:, ON], return_index=True)
    return list(zip(onsets.tolist(), np.split(line, first[1:]), strict=True)) if len(onsets) else []
