"""How a metre divides its measure: beats, their groups, and how strong each point is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from engine.exact import Fraction
from engine.score import Measure, Metre

_UNEVEN = {5: (3, 2), 7: (2, 2, 3), 8: (3, 3, 2), 10: (3, 3, 2, 2), 11: (3, 3, 3, 2)}
_NO_TIME = Fraction(0)
_KEPT = 1 << 10  # sets of beats, and grids: a score has a few kinds of measures


def metric_offset(measure: Measure) -> Fraction:
    """When in the metre a measure starts, in quarters: a short uncounted one ends where a full one ends."""
    if not measure.implicit or measure.metre.symbol == "senza":
        return _NO_TIME
    return max(measure.metre.duration - measure.duration, _NO_TIME)


def metre_groups(metre: Metre) -> tuple[int, ...]:
    """How the beats of a metre are grouped: 6/8 is (3, 3), 7/8 (2, 2, 3), 4/4 (1, 1, 1, 1), 5/4 (3, 2)."""
    if metre.groups:
        return metre.groups
    if metre.beats % 3 == 0 and (metre.unit >= 8 or metre.beats > 3):
        return (3,) * (metre.beats // 3)
    if metre.beats in _UNEVEN and (metre.unit >= 8 or metre.beats % 2):
        return _UNEVEN[metre.beats]
    if metre.unit >= 8:
        return (2,) * (metre.beats // 2) + (1,) * (metre.beats % 2)
    return (1,) * metre.beats


@dataclass(frozen=True, slots=True)
class Grid:
    """How strong the points of a measure (or of a tuplet group) are, in quarters from its start.

    ``levels`` are sets of points, the strongest first; below them ``step`` counts from ``origin`` and
    is halved again and again. Points of the first ``strict`` levels are only crossed by values that
    begin and end on such points (compound and uneven metres).
    """

    levels: tuple[frozenset[Fraction], ...]
    step: Fraction
    origin: Fraction = _NO_TIME
    strict: int = 0

    def depth(self, time: Fraction) -> int:
        """0 for the strongest points; ``time`` must be dyadic."""
        for depth, level in enumerate(self.levels):
            if time in level:
                return depth
        pieces = ((time - self.origin) / self.step).denominator
        return len(self.levels) + pieces.bit_length() - 1

    def inside(self, start: Fraction, end: Fraction) -> list[tuple[int, Fraction]]:
        """(depth, point) of the strongest points strictly between ``start`` and ``end``, in order of time."""
        for depth, level in enumerate(self.levels):
            if found := sorted(point for point in level if start < point < end):
                return [(depth, point) for point in found]
        step, depth = self.step, len(self.levels)
        while not (found := _multiples(start, end, step, self.origin)):
            step, depth = step / 2, depth + 1
        return [(depth, point) for point in found]


def _multiples(start: Fraction, end: Fraction, step: Fraction, origin: Fraction) -> list[Fraction]:
    first = int((start - origin) // step) + 1
    last = int(-((origin - end) // step)) - 1
    return [origin + k * step for k in range(first, last + 1)]


def measure_grid(measure: Measure) -> Grid:
    """The grid of a measure by its metre."""
    if measure.metre.symbol == "senza":
        return Grid((), Fraction(1))
    return _grid(measure.metre, metric_offset(measure))


@lru_cache(maxsize=_KEPT)
def _grid(metre: Metre, offset: Fraction) -> Grid:
    groups = metre_groups(metre)
    unit = Fraction(4, metre.unit)
    points = [end * unit for end in accumulate(groups, initial=0)]
    levels = [{points[0], points[-1]}]
    if len(points) % 4 == 1:
        levels.append(set(points[::2]))
    if set(groups) != {1}:
        levels.append(set(points))
    shifted = tuple(frozenset(point - offset for point in level) for level in levels)
    return Grid(shifted, unit, -offset, len(shifted) if 3 in groups else 0)


def beat_groups(measure: Measure) -> tuple[Fraction, ...]:
    """Where the beat groups that beams show begin, and the measure's end; quarters from its start."""
    return _beat_groups(measure.metre, metric_offset(measure), measure.duration)


@lru_cache(maxsize=_KEPT)
def _beat_groups(metre: Metre, offset: Fraction, length: Fraction) -> tuple[Fraction, ...]:
    if metre.symbol == "senza" or not (
        metre.unit >= 8 or metre_groups(metre)[0] == 3 == metre_groups(metre)[-1]
    ):
        points = [Fraction(k) - offset for k in range(int(length + offset) + 1)]
    else:
        unit = Fraction(4, metre.unit)
        points = [end * unit - offset for end in accumulate(metre_groups(metre), initial=0)]
    return _within(length, points)


def _within(length: Fraction, points: Iterable[Fraction]) -> tuple[Fraction, ...]:
    """Those points that are inside a measure, and its two ends."""
    return tuple(sorted({_NO_TIME, length} | {point for point in points if 0 < point < length}))


def beat_of(metre: Metre) -> Fraction:
    """How long the first beat group of a full measure is, in quarters: 1 in 4/4, 3/2 in 6/8."""
    return beat_groups(Measure("", metre.duration, metre))[1]


def eighth_groups(measure: Measure) -> tuple[Fraction, ...]:
    """The wider groups that plain eighths are beamed in: half a measure of 4/4, all of 2/4 and 3/4."""
    metre = measure.metre
    if metre.symbol == "senza" or metre.unit >= 8 or set(metre_groups(metre)) != {1}:
        return beat_groups(measure)
    return _eighth_groups(metre, metric_offset(measure), measure.duration)


@lru_cache(maxsize=_KEPT)
def _eighth_groups(metre: Metre, offset: Fraction, length: Fraction) -> tuple[Fraction, ...]:
    size = Fraction(3) if metre.duration == 3 else Fraction(2)
    return _within(length, [k * size - offset for k in range(int((length + offset) / size) + 1)])
