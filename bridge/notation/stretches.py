"""How one voice of a measure is written: tuplet groups, and single values tied together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from math import gcd, lcm

from bridge.notation.values import note_pieces
from engine.exact import Fraction
from engine.metre import beat_groups, measure_grid, metric_offset
from engine.rhythm import Group, Span, group_grid
from engine.score import PLAIN, Measure, Tuplet

Stretch = tuple[Fraction, Fraction]  # start and end of a note, or of what the measure holds of it
Way = tuple[Fraction, tuple[Group, ...]]  # a price and the groups that are had for it

_NORMAL = (2, 3, 4, 6, 8, 12)
_TUPLETS = tuple(  # 3:2, 5:3, 5:4, 7:4, 7:6, 9:8, 11:6, ...
    Tuplet(actual, normal)
    for actual in range(3, 16, 2)
    for normal in _NORMAL
    if normal < actual < 2 * normal and gcd(actual, normal) == 1
)
_UNITS = tuple(Fraction(2) ** e for e in range(-4, 2))
_SUBDIVISIONS = (1, 2, 4)
# A group costs its length and 1 for each halving of its unit, and this for a note tied into or out of it.
_CUT_AT_BEAT, _CUT = 1, 4


def notated(stretches: Sequence[Stretch], measure: Measure) -> list[list[Span]] | None:
    """For every stretch the notes, to be tied, that write it; None if the voice cannot be written so.

    Stretches are in order and do not overlap; times are quarters from the start of the measure.
    """
    bare = Measure("", measure.duration, measure.metre, implicit=measure.implicit)
    return _notated(tuple(stretches), bare)


@lru_cache(maxsize=1 << 14)  # most measures repeat the rhythm of another
def _notated(stretches: tuple[Stretch, ...], measure: Measure) -> list[list[Span]] | None:
    groups = _groups(stretches, measure)
    return None if groups is None else [list(_pieces(stretch, groups, measure)) for stretch in stretches]


def _is_dyadic(time: Fraction) -> bool:
    return time.denominator & (time.denominator - 1) == 0


def _groups(stretches: tuple[Stretch, ...], measure: Measure) -> tuple[Group, ...] | None:
    """The cheapest groups that hold every time which plain notes cannot reach."""
    times = sorted({time for stretch in stretches for time in stretch})
    odd = [time for time in times if not _is_dyadic(time)]
    beats = frozenset(beat_groups(measure))

    @cache
    def best(floor: Fraction) -> Way | None:
        first = next((time for time in odd if time >= floor), None)
        if first is None:
            return Fraction(0), ()
        ways = []
        for group in _groups_around(first, measure):
            price = _price(group, times, stretches, beats) if group.start >= floor else None
            if price is not None and (rest := best(group.end)):
                ways.append((price + rest[0], (group, *rest[1])))
        return min(ways, key=lambda way: way[0], default=None)

    found = best(Fraction(0))
    return None if found is None else found[1]


def _groups_around(time: Fraction, measure: Measure) -> Iterator[Group]:
    for tuplet in _tuplets(time):
        for unit in _UNITS:
            size = unit * tuplet.normal
            for origin in (-metric_offset(measure), measure.duration):
                start = origin + (time - origin) // size * size
                if start >= 0 and start + size <= measure.duration:
                    yield Group(start, start + size, tuplet, unit)


@cache
def _tuplets(time: Fraction) -> tuple[Tuplet, ...]:
    """Those that can reach a time: a fifth of a quarter wants fives."""
    odd = time.denominator // (time.denominator & -time.denominator)
    return tuple(tuplet for tuplet in _TUPLETS if tuplet.actual % odd == 0)


def _price(
    group: Group, times: Sequence[Fraction], stretches: Sequence[Stretch], beats: Collection[Fraction]
) -> Fraction | None:
    """None if some time inside the group is not one of its points."""
    inside = [group.written(time) / group.unit for time in times if group.start < time < group.end]
    depth = lcm(*(point.denominator for point in inside))
    if depth not in _SUBDIVISIONS:
        return None
    cuts = [edge for start, end in stretches for edge in (group.start, group.end) if start < edge < end]
    tied = sum(_CUT_AT_BEAT if edge in beats else _CUT for edge in cuts)
    return group.end - group.start + depth.bit_length() - 1 + tied


def _pieces(stretch: Stretch, groups: Sequence[Group], measure: Measure) -> Iterator[Span]:
    start, end = stretch
    for group in groups:
        if group.end <= start or end <= group.start:
            continue
        if start < group.start:
            yield from _plain(start, group.start, measure)
        stop = min(end, group.end)
        within = group.written(max(start, group.start)), group.written(stop)
        for a, b in note_pieces(group_grid(group), *within):
            yield group.sounding(a), (b - a) * group.tuplet.ratio, group.tuplet
        start = stop
    if start < end:
        yield from _plain(start, end, measure)


def _plain(start: Fraction, end: Fraction, measure: Measure) -> Iterator[Span]:
    for a, b in note_pieces(measure_grid(measure), start, end):
        yield a, b - a, PLAIN
