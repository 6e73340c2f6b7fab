"""The measures that a MIDI file's time signatures describe."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import ceil
from operator import itemgetter
from typing import TypeVar

from bridge.documents.midi_file import Performance
from bridge.errors import UnsafeInputError
from engine.exact import Fraction
from engine.score import Key, Measure, Metre, Tempo

MAX_MEASURES = 4000
T = TypeVar("T")
_FINEST = 16  # a measure that is cut in its middle is so many pieces of a quarter long


class Starts:
    """When consecutive stretches of time begin."""

    def __init__(self, times: Sequence[Fraction]) -> None:
        self._times = times
        self._rough = [float(time) for time in times]  # much faster to search

    def index(self, time: Fraction) -> int:
        """The stretch that holds a time, or the last one."""
        index = bisect_right(self._rough, float(time)) - 1
        return index if self._times[index] <= time else index - 1


@dataclass(frozen=True)
class Timeline:
    """``played`` and ``written``: where each measure starts in the file and in the score, in quarters.

    They differ only after a metre that changes at an odd time.
    """

    measures: tuple[Measure, ...]
    played: tuple[Fraction, ...]
    written: tuple[Fraction, ...]

    def score_time(self, time: Fraction) -> Fraction:
        """Where in the score a time of the file lies, before it is rounded to any grid."""
        delay = self._delays[self._played.index(time)]
        return time + delay if delay else time

    def measure_at(self, time: Fraction) -> int:
        """The index of the measure that holds a time of the score."""
        return self._written.index(time)

    @cached_property
    def _delays(self) -> list[Fraction]:
        return [there - here for here, there in zip(self.played, self.written, strict=True)]

    @cached_property
    def _played(self) -> Starts:
        return Starts(self.played)

    @cached_property
    def _written(self) -> Starts:
        return Starts(self.written)


def timeline(performance: Performance, default: Key, name: str) -> Timeline:
    """The measures up to the last note, and one more for a note that is rounded up.

    ``default`` is the key where the file names none. Raises UnsafeInputError beyond ``MAX_MEASURES``.
    """
    metres = _changes(performance.metres)
    end = max(note.end for strand in performance.strands for note in strand.notes)
    measures: list[Measure] = []
    played = [Fraction(0)]
    while not measures or played[-2] <= end:
        if len(measures) > MAX_MEASURES:
            raise UnsafeInputError(f"{name}: more than {MAX_MEASURES:,} measures", "Give a shorter piece.")
        start = played[-1]
        metre = _latest(metres, start)
        stop = start + metre.duration
        if following := _next(metres, start):
            stop = min(stop, following)
        key = _latest(performance.keys, start) if performance.keys else default
        duration = Fraction(ceil((stop - start) * _FINEST), _FINEST)
        measures.append(Measure("", duration, metre, key))
        played.append(stop)
    for index, (start, stop) in enumerate(pairwise(played)):
        measures[index] = replace(measures[index], tempos=tuple(_tempos(performance, start, stop)))
    written = [Fraction(0)]
    for measure in measures:
        written.append(written[-1] + measure.duration)
    return Timeline(_numbered(measures), tuple(played[:-1]), tuple(written[:-1]))


def _tempos(performance: Performance, start: Fraction, stop: Fraction) -> Iterator[Tempo]:
    """The last tempo set in each 16th of a measure; finer changes are a player's breath."""
    first, last = (bisect_left(performance.tempos, edge, key=itemgetter(0)) for edge in (start, stop))
    inside = {Fraction(int((time - start) * 4), 4): pace for time, pace in performance.tempos[first:last]}
    return (Tempo(onset, pace) for onset, pace in inside.items())


def _changes(metres: Sequence[tuple[Fraction, Metre]]) -> list[tuple[Fraction, Metre]]:
    """The last signature of each time, 4/4 from the start if none is there, without repetitions."""
    at = {Fraction(0): Metre()} | dict(metres)
    changes: list[tuple[Fraction, Metre]] = []
    for time, metre in sorted(at.items(), key=lambda change: change[0]):
        if not changes or changes[-1][1] != metre:
            changes.append((time, metre))
    return changes


def _latest(changes: Sequence[tuple[Fraction, T]], time: Fraction) -> T:
    """What holds at that time; the first of them also before it is said."""
    index = bisect_right(changes, time, key=lambda change: change[0]) - 1
    return changes[max(index, 0)][1]


def _next(changes: Sequence[tuple[Fraction, T]], time: Fraction) -> Fraction | None:
    index = bisect_right(changes, time, key=lambda change: change[0])
    return changes[index][0] if index < len(changes) else None


def _numbered(measures: list[Measure]) -> tuple[Measure, ...]:
    """Number them; one short measure before the first full one is a pickup."""
    full = measures[1].metre if len(measures) > 1 else measures[0].metre
    pickup = full != measures[0].metre and measures[0].duration < full.duration
    if pickup:
        measures[0] = replace(measures[0], metre=full, implicit=True)
    first = 0 if pickup else 1
    return tuple(replace(measure, number=str(number)) for number, measure in enumerate(measures, first))
