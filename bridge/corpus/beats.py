"""The beats of a performance: which measures they make, and where in the score a time lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from engine.exact import Fraction
from engine.score import Metre

Floats = npt.NDArray[np.float64]

_TICKS = 480  # of a quarter, to which times are rounded
_FAR = 1000  # beats that go on before the first and after the last
_EARLY = 1 / 8  # how far before its beat a note may come, in beats
_STRETCH = 16  # beats that tell where downbeats are
_CLEARLY = 0.8  # what fewer changes downbeats have, against the beat that has most, contradicts them


@dataclass(frozen=True, slots=True)
class Beats:
    """``times`` of the beats in seconds, rising; ``downbeats`` are the indices of those that open a measure.

    A whole measure has ``size`` beats of ``quavers`` eighths, 2 or 3.
    """

    times: Floats
    downbeats: tuple[int, ...]
    size: int
    quavers: int

    def at(self, seconds: Floats) -> Floats:
        """Times in beats from the first one; outside they go on at the pace of the nearest."""
        first, last = self.times[[1, -1]] - self.times[[0, -2]]
        times = [self.times[0] - _FAR * first, *self.times, self.times[-1] + _FAR * last]
        count = len(self.times)
        places: Floats = np.interp(seconds, times, [-_FAR, *range(count), count - 1 + _FAR])
        return places

    def measures(self, first: float, last: float) -> Measures:
        """The measures that hold everything from ``first`` to ``last``, in beats."""
        bounds = list(self.downbeats)
        while bounds[0] > first + _EARLY:
            bounds.insert(0, bounds[0] - self.size)
        while bounds[-1] <= last:
            bounds.append(bounds[-1] + self.size)
        sizes = [size for a, b in pairwise(bounds) for size in _split(b - a, self.size)]
        starts = accumulate(sizes, initial=bounds[0])
        inside = [(a, b - a) for a, b in pairwise(starts) if b > first + _EARLY and a <= last]
        return Measures(self, inside[0][0], tuple(size for _, size in inside))


def _split(beats: int, size: int) -> Iterator[int]:
    """Where downbeats are far apart, whole measures and what is left, which is never one beat alone."""
    while beats >= size + 2:
        yield size
        beats -= size
    yield beats


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures from the beat ``start`` on; ``sizes`` in beats."""

    beats: Beats
    start: int
    sizes: tuple[int, ...]

    @property
    def unit(self) -> Fraction:
        """A beat, in quarters."""
        return Fraction(self.beats.quavers, 2)

    @property
    def starts(self) -> list[Fraction]:
        """When each measure begins, in quarters from the start of the score."""
        return [beat * self.unit for beat in accumulate(self.sizes[:-1], initial=0)]

    @property
    def metres(self) -> list[Metre]:
        """The metre of each measure."""
        simple = self.beats.quavers == 2
        return [Metre(size, 4) if simple else Metre(3 * size, 8) for size in self.sizes]

    @property
    def breaks(self) -> int:
        """How many are not whole."""
        return sum(size != self.beats.size for size in self.sizes)

    def quarters(self, seconds: Floats) -> list[Fraction]:
        """Times in the score, to the nearest tick; what comes before the first measure begins with it."""
        ticks = np.rint((self.beats.at(seconds) - self.start) * float(self.unit) * _TICKS)
        return [Fraction(int(tick), _TICKS) for tick in np.maximum(ticks, 0)]

    def out_of_phase(self, changes: list[int]) -> float:
        """The share of the beats whose downbeats are wrong, as far as ``changes`` of harmony, in beats, tell.

        Harmony had better change with the measure (Lerdahl and Jackendoff 1983, metrical preference rule 5f).
        Asked of each stretch of whole measures, since a break moves all downbeats after it.
        """
        wrong, size = 0, self.beats.size
        for start, length in self._stretches():
            counts = [sum(start <= c < start + length and (c - start) % size == k for c in changes)
                      for k in range(size)]  # fmt: skip
            if length >= _STRETCH and counts[0] < _CLEARLY * max(counts):
                wrong += length
        return wrong / sum(self.sizes)

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Beat from the start, and length in beats, of each run of whole measures."""
        start = at = 0
        for size in self.sizes:
            if size != self.beats.size:
                yield start, at - start
                start = at + size
            at += size
        yield start, at - start
