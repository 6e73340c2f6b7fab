"""What each rival is asked for: a melody is given, and so many notes are to be written at these places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import NamedTuple

from engine.exact import Fraction
from engine.score import Cell, Measure


class Event(NamedTuple):
    """When a note head stands; all in quarters, but for ``measure``, which counts from 0 in the passage."""

    time: Fraction  # from the start of the passage
    measure: int
    onset: Fraction  # from the start of the measure
    duration: Fraction


@dataclass(frozen=True, slots=True)
class Task:
    """``written`` is what Obbligato wrote: a rival writes as many notes, at the same places."""

    measures: int
    quarters: Fraction
    melody: tuple[Event, ...]
    written: tuple[Event, ...]

    @classmethod
    def of(cls, measures: Sequence[Measure], melody: Sequence[Cell], written: Sequence[Cell]) -> Task:
        """Cells of one part each, one for every measure of the passage."""
        quarters = sum((measure.duration for measure in measures), Fraction(0))
        return cls(len(measures), quarters, events(measures, melody), events(measures, written))


def events(measures: Sequence[Measure], cells: Iterable[Cell]) -> tuple[Event, ...]:
    """The note heads of a part in the order of time."""
    starts = accumulate((measure.duration for measure in measures), initial=Fraction(0))
    found = [
        Event(start + note.onset, index, note.onset, note.duration)
        for index, (start, cell) in enumerate(zip(starts, cells, strict=False))
        for note in cell
    ]
    return tuple(sorted(found))


def by_measure(found: Sequence[Event], measures: int) -> list[list[Event]]:
    """The events of each measure, empty ones included."""
    grouped = {index: list(group) for index, group in groupby(found, key=lambda event: event.measure)}
    return [grouped.get(index, []) for index in range(measures)]
