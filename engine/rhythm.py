"""Which rhythms can be notated exactly, and how a metre divides its measure.

A plain note needs a dyadic onset and duration. A tuplet note lies within a tuplet group: a span of
``normal`` units (a unit is a power of two of a quarter) that is aligned with the start or the end of
the full measure, which no note of the voice crosses and which only notes of that ratio enter. Its
first note does not tell which group is meant (a triplet quarter may open one of one quarter or of
two), so ``VoiceState`` keeps every group that is still possible. What the notes leave free is rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from itertools import accumulate

from engine.score import Measure, Metre, Tuplet

_UNITS = tuple(Fraction(2) ** e for e in range(-4, 2))  # written value of one tuplet unit, in quarters
_SUBDIVISION = 4  # a tuplet unit may be cut into so many pieces
_FINEST = 64  # pieces of a quarter in plain notes
_UNEVEN = {5: (3, 2), 7: (2, 2, 3), 8: (3, 3, 2), 10: (3, 3, 2, 2), 11: (3, 3, 3, 2)}
_NO_TIME = Fraction(0)

Span = tuple[Fraction, Fraction, Tuplet]  # onset, duration, tuplet of a note


@dataclass(frozen=True, slots=True)
class Group:
    """A tuplet group: ``tuplet.actual`` written ``unit`` from ``start`` to ``end``, in quarters."""

    start: Fraction
    end: Fraction
    tuplet: Tuplet
    unit: Fraction

    def written(self, time: Fraction) -> Fraction:
        """A time in the measure as written time from the group's start."""
        return (time - self.start) / self.tuplet.ratio

    def sounding(self, time: Fraction) -> Fraction:
        """The inverse of ``written``."""
        return self.start + time * self.tuplet.ratio


@dataclass(frozen=True, slots=True)
class VoiceState:
    """One voice of one measure while its notes arrive in order of onset.

    ``length`` is the real length of the measure and ``offset`` the time in its metre at which it starts
    (more than 0 in a pickup). ``groups`` are the tuplet groups that the last note may be in.
    """

    length: Fraction
    offset: Fraction = _NO_TIME
    free_from: Fraction = _NO_TIME
    groups: tuple[Group, ...] = ()
    last: Span | None = None

    @classmethod
    def of(cls, measure: Measure) -> VoiceState:
        """The empty voice of that measure."""
        return cls(measure.duration, metric_offset(measure))

    def accepts(self, onset: Fraction, duration: Fraction, tuplet: Tuplet) -> bool:
        """Whether such a note can come next; the same note again is another head of its chord."""
        if onset < self.free_from:
            return (onset, duration, tuplet) == self.last
        if tuplet.actual == tuplet.normal:
            return self._floor() <= onset and _is_plain(onset, duration, self.length)
        return bool(self._next_groups(onset, duration, tuplet))

    def after(self, onset: Fraction, duration: Fraction, tuplet: Tuplet) -> VoiceState:
        """The state after a note that ``accepts`` allows."""
        if onset < self.free_from:
            return self
        groups = () if tuplet.actual == tuplet.normal else self._next_groups(onset, duration, tuplet)
        return replace(self, free_from=onset + duration, groups=groups, last=(onset, duration, tuplet))

    def _floor(self) -> Fraction:
        """From where on the voice can be free of the groups behind."""
        return min((group.end for group in self.groups), default=self.free_from)

    def _next_groups(self, onset: Fraction, duration: Fraction, tuplet: Tuplet) -> tuple[Group, ...]:
        floor = self._floor()
        possible = possible_groups(onset, duration, tuplet, self.length, self.offset)
        return tuple(group for group in possible if group.start >= floor or group in self.groups)


@lru_cache(maxsize=1 << 16)
def _is_plain(onset: Fraction, duration: Fraction, length: Fraction) -> bool:
    return onset + duration <= length and _FINEST % onset.denominator == 0 == _FINEST % duration.denominator


@lru_cache(maxsize=1 << 18)
def possible_groups(
    onset: Fraction, duration: Fraction, tuplet: Tuplet, length: Fraction, offset: Fraction
) -> tuple[Group, ...]:
    """Every tuplet group of a measure that can hold such a note, the shortest first."""
    found = dict.fromkeys(
        group
        for unit in _UNITS
        for origin in (-offset, length)
        if (group := _aligned_group(onset, tuplet, unit, origin)).start >= 0
        if group.end <= length and onset + duration <= group.end and _fits(group, onset, duration)
    )
    return tuple(found)


def _aligned_group(onset: Fraction, tuplet: Tuplet, unit: Fraction, origin: Fraction) -> Group:
    size = unit * tuplet.normal
    start = origin + (onset - origin) // size * size
    return Group(start, start + size, tuplet, unit)


def _fits(group: Group, onset: Fraction, duration: Fraction) -> bool:
    grid = group.unit / _SUBDIVISION * group.tuplet.ratio
    if duration == group.end - group.start:  # one note alone is no tuplet
        return False
    return ((onset - group.start) / grid).denominator == 1 == (duration / grid).denominator


def tuplet_groups(spans: Sequence[Span], length: Fraction, offset: Fraction = _NO_TIME) -> list[Group] | None:
    """The tuplet groups of one voice, as fine as they read well; None when the voice cannot be notated.

    ``spans`` are the notes of the voice in order, one for each chord.
    """

    @cache
    def best(i: int, floor: Fraction) -> tuple[Fraction, tuple[Group, ...]] | None:
        if i == len(spans):
            return _NO_TIME, ()
        onset, duration, tuplet = spans[i]
        if onset < floor:
            return None
        if tuplet.actual == tuplet.normal:
            return best(i + 1, onset + duration) if _is_plain(onset, duration, length) else None
        ways = []
        for group in possible_groups(onset, duration, tuplet, length, offset):
            inside = _members(spans, i, group)
            if group.start >= floor and inside and (rest := best(i + len(inside), group.end)):
                ways.append((rest[0] + _group_cost(group, inside), (group, *rest[1])))
        return min(ways, key=lambda way: way[0], default=None)

    found = best(0, _NO_TIME)
    return None if found is None else list(found[1])


def _members(spans: Sequence[Span], first: int, group: Group) -> list[Span]:
    """The notes from ``first`` on that start inside the group, or none if one of them does not fit it."""
    members = []
    for span in spans[first:]:
        onset, duration, tuplet = span
        if onset >= group.end:
            break
        if tuplet != group.tuplet or onset + duration > group.end or not _fits(group, onset, duration):
            return []
        members.append(span)
    return members


def _group_cost(group: Group, members: list[Span]) -> Fraction:
    """Short groups first, but none without a note or rest of its unit, or with a short rest below a beat."""
    ends = [group.start] + [onset + duration for onset, duration, _ in members]
    starts = [onset for onset, _, _ in members] + [group.end]
    shortest_rest = min((b - a for a, b in zip(ends, starts, strict=True) if b > a), default=group.end)
    shortest_note = min(duration for _, duration, _ in members)
    size = group.end - group.start
    cut_short = size < 1 and shortest_rest < shortest_note
    too_fine = min(shortest_rest, shortest_note) > group.unit * group.tuplet.ratio
    return size + (100 if cut_short or too_fine else 0)


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
    metre, offset = measure.metre, metric_offset(measure)
    groups = metre_groups(metre)
    unit = Fraction(4, metre.unit)
    points = [end * unit for end in accumulate(groups, initial=0)]
    levels = [{points[0], points[-1]}]
    if len(points) % 4 == 1:
        levels.append(set(points[::2]))
    uneven = set(groups) != {1}
    if uneven:
        levels.append(set(points))
    shifted = tuple(frozenset(point - offset for point in level) for level in levels)
    return Grid(shifted, unit, -offset, len(shifted) if uneven else 0)


def group_grid(group: Group) -> Grid:
    """The grid of a tuplet group, in written time."""
    ends = frozenset((_NO_TIME, group.unit * group.tuplet.actual))
    return Grid((ends,), group.unit, strict=1)


def beat_groups(measure: Measure) -> list[Fraction]:
    """Where the beat groups that beams show begin, and the measure's end; quarters from its start."""
    metre, offset, length = measure.metre, metric_offset(measure), measure.duration
    if metre.symbol == "senza" or not (
        metre.unit >= 8 or metre_groups(metre)[0] == 3 == metre_groups(metre)[-1]
    ):
        points = [Fraction(k) - offset for k in range(int(length + offset) + 1)]
    else:
        unit = Fraction(4, metre.unit)
        points = [end * unit - offset for end in accumulate(metre_groups(metre), initial=0)]
    return sorted({_NO_TIME, length} | {point for point in points if 0 < point < length})


def eighth_groups(measure: Measure) -> list[Fraction]:
    """The wider groups that plain eighths are beamed in: half a measure of 4/4, all of 2/4 and 3/4."""
    metre = measure.metre
    if metre.symbol == "senza" or metre.unit >= 8 or set(metre_groups(metre)) != {1}:
        return beat_groups(measure)
    offset, length = metric_offset(measure), measure.duration
    size = Fraction(3) if metre.duration == 3 else Fraction(2)
    points = [k * size - offset for k in range(int((length + offset) / size) + 1)]
    return sorted({_NO_TIME, length} | {point for point in points if 0 < point < length})
