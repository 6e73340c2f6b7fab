"""Which rhythms can be notated exactly, and how tuplets group them.

A plain note needs a dyadic onset and duration. A tuplet note lies within a tuplet group: a span of
``normal`` units (a unit is a power of two of a quarter) that is aligned with the start or the end of
the full measure, which no note of the voice crosses and which only notes of that ratio enter. Its
first note does not tell which group is meant (a triplet quarter may open one of one quarter or of
two), so ``VoiceState`` keeps every group that is still possible. What the notes leave free is rests.

In a measure of a length that no plain values reach (35/6 quarters, where a copyist lost count in a tuplet) no rests
could fill up a voice: nothing but a rest of the whole measure is written there.

That is what Obbligato writes itself. Scores by others have tuplets anywhere, nested ones, and some that
hold one note alone; ``tuplet_groups`` finds groups for these as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise

from engine.exact import Fraction
from engine.metre import Grid, metric_offset
from engine.score import Measure, Tuplet

_UNITS = tuple(Fraction(2) ** e for e in range(-4, 2))  # written value of one tuplet unit, in quarters
_SUBDIVISION = 4  # a tuplet unit may be cut into so many pieces
_FINEST = 64  # pieces of a quarter in plain notes
_NO_TIME = Fraction(0)

Span = tuple[Fraction, Fraction, Tuplet]  # onset, duration, tuplet of a note


@dataclass(frozen=True, slots=True)
class Group:
    """A tuplet group: ``tuplet.actual`` written ``unit`` from ``start`` to ``end``, in quarters."""

    start: Fraction
    end: Fraction
    tuplet: Tuplet
    unit: Fraction

    @property
    def grid(self) -> Fraction:
        """The time between two points where notes may begin and end."""
        return self.unit / _SUBDIVISION * self.tuplet.ratio

    def holds(self, onset: Fraction, duration: Fraction) -> bool:
        """Whether such a note can be one of it, from its start on; one note alone is no tuplet."""
        if onset + duration > self.end or duration == self.end - self.start:
            return False
        return (onset - self.start) % self.grid == 0 == duration % self.grid

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
        if not is_fine(self.length):
            return False
        if onset < self.free_from:
            return (onset, duration, tuplet) == self.last
        if tuplet.actual == tuplet.normal:
            return self.floor <= onset and _is_plain(onset, duration, self.length)
        return bool(self._next_groups(onset, duration, tuplet))

    def after(self, onset: Fraction, duration: Fraction, tuplet: Tuplet) -> VoiceState:
        """The state after a note that ``accepts`` allows."""
        if onset < self.free_from:
            return self
        groups = () if tuplet.actual == tuplet.normal else self._next_groups(onset, duration, tuplet)
        return replace(self, free_from=onset + duration, groups=groups, last=(onset, duration, tuplet))

    @property
    def floor(self) -> Fraction:
        """From where on the voice can be free of the groups behind."""
        return min((group.end for group in self.groups), default=self.free_from)

    def _next_groups(self, onset: Fraction, duration: Fraction, tuplet: Tuplet) -> tuple[Group, ...]:
        floor = self.floor
        possible = possible_groups(onset, duration, tuplet, self.length, self.offset)
        return tuple(group for group in possible if group.start >= floor or group in self.groups)


@lru_cache(maxsize=1 << 16)
def _is_plain(onset: Fraction, duration: Fraction, length: Fraction) -> bool:
    return onset + duration <= length and is_fine(onset) and is_fine(duration)


@lru_cache(maxsize=1 << 16)
def possible_groups(
    onset: Fraction, duration: Fraction, tuplet: Tuplet, length: Fraction, offset: Fraction
) -> tuple[Group, ...]:
    """Every tuplet group of a measure that can hold such a note, the shortest first."""
    groups = groups_around(onset, tuplet, length, offset)
    return tuple(group for group in groups if group.holds(onset, duration))


@lru_cache(maxsize=1 << 16)
def groups_around(onset: Fraction, tuplet: Tuplet, length: Fraction, offset: Fraction) -> tuple[Group, ...]:
    """Every tuplet group of a measure in which a note can begin there, the shortest first."""
    found = dict.fromkeys(
        group
        for unit in _UNITS
        if unit * tuplet.normal <= length
        for origin in (-offset, length)
        if (group := _aligned_group(onset, tuplet, unit, origin)).start >= 0 and group.end <= length
        if (onset - group.start) % group.grid == 0
    )
    return tuple(found)


def _aligned_group(onset: Fraction, tuplet: Tuplet, unit: Fraction, origin: Fraction) -> Group:
    size = unit * tuplet.normal
    start = origin + (onset - origin) // size * size
    return Group(start, start + size, tuplet, unit)


def tuplet_groups(spans: Sequence[Span], length: Fraction, offset: Fraction = _NO_TIME) -> list[Group] | None:
    """The tuplet groups of one voice, as fine as they read well; None when the voice cannot be notated.

    ``spans`` are the notes of the voice in order, one for each chord. Whatever ``VoiceState`` accepts has
    aligned groups; without these, groups may begin anywhere, and hold one note alone or nested tuplets.
    """
    if spans and not is_fine(length):
        return None
    aligned = aligned_groups(spans, length, offset)
    return free_groups(spans, length) if aligned is None else aligned


def aligned_groups(
    spans: Sequence[Span], length: Fraction, offset: Fraction = _NO_TIME
) -> list[Group] | None:
    """The cheapest groups that are aligned with the measure; None where there are none."""

    @cache
    def best(i: int, floor: Fraction) -> tuple[Fraction, tuple[Group, ...]] | None:
        while i < len(spans) and not _is_tuplet(spans[i]):
            onset, duration, _ = spans[i]
            if onset < floor or not _is_plain(onset, duration, length):
                return None
            i, floor = i + 1, onset + duration
        if i == len(spans):
            return _NO_TIME, ()
        onset, duration, tuplet = spans[i]
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
        if tuplet != group.tuplet or not group.holds(onset, duration):
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


def free_groups(spans: Sequence[Span], length: Fraction) -> list[Group] | None:
    """The stretches with tuplets between any two times that plain notes reach; None where one adds up to nothing.

    A group's ratio is that of its least divided notes; the others are in tuplets nested in it.
    """
    times = [time for onset, duration, _ in spans for time in (onset, onset + duration)]
    plain = all(_is_plain(*span[:2], length) for span in spans if not _is_tuplet(span))
    if not plain or times != sorted(times) or times[-1:] > [length]:
        return None
    edges = sorted({_NO_TIME, length} | {time for time in times if is_fine(time)})
    groups = []
    for start, end in pairwise(edges):
        members = [span for span in spans if start <= span[0] < end and _is_tuplet(span)]
        if members and (group := _free_group(start, end, members)):
            groups.append(group)
        elif members:
            return None
    return groups


def _free_group(start: Fraction, end: Fraction, members: Sequence[Span]) -> Group | None:
    tuplet = min((tuplet for _, _, tuplet in members), key=lambda tuplet: tuplet.actual)
    share = (end - start) / tuplet.normal
    unit = Fraction(share.numerator & -share.numerator, share.denominator & -share.denominator)
    group = Group(start, end, tuplet, max(unit, Fraction(1, _FINEST)))
    edges = {start, end} | {time for onset, duration, _ in members for time in (onset, onset + duration)}
    edges -= {b[0] for a, b in pairwise(members) if a[0] + a[1] == b[0] and tuplet not in (a[2], b[2])}
    written = [group.written(time) for time in edges] + [span[1] / span[2].ratio for span in members]
    return group if all(is_fine(time) for time in written) else None


def _is_tuplet(span: Span) -> bool:
    return span[2].actual != span[2].normal


def is_fine(time: Fraction) -> bool:
    """Whether plain values reach it, or what a tuplet counts."""
    return _FINEST % time.denominator == 0


def group_grid(group: Group) -> Grid:
    """The grid of a tuplet group, in written time."""
    ends = frozenset((_NO_TIME, group.written(group.end)))
    return Grid((ends,), group.unit, strict=1)
