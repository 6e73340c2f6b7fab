"""Which stretches of time one note or one rest may stand for, and how the others are cut.

Times are written time on a ``Grid``: quarters from the start of the measure, or of the tuplet group.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from engine.exact import Fraction
from engine.metre import Grid
from engine.score import NoteValue

Piece = tuple[Fraction, Fraction]  # start and end

_QUARTER = Fraction(1)


def note_pieces(grid: Grid, start: Fraction, end: Fraction) -> tuple[Piece, ...]:
    """The values, to be tied, that write a note from ``start`` to ``end``; one wherever it reads well."""
    return _pieces(grid, start, end, _is_one_note)


def rest_pieces(grid: Grid, start: Fraction, end: Fraction) -> tuple[Piece, ...]:
    """The rests that fill a gap; they show the beats and never syncopate."""
    return _pieces(grid, start, end, _is_one_rest)


@lru_cache(maxsize=1 << 14)  # the same notes stand in most measures
def _pieces(
    grid: Grid, start: Fraction, end: Fraction, is_one: Callable[[Grid, Fraction, Fraction], bool]
) -> tuple[Piece, ...]:
    if is_one(grid, start, end):
        return ((start, end),)
    points = grid.inside(start, end)
    # The longer piece goes where the stronger point is.
    _, cut = points[-1] if grid.depth(start) <= grid.depth(end) else points[0]
    return _pieces(grid, start, cut, is_one) + _pieces(grid, cut, end, is_one)


def _is_one_note(grid: Grid, start: Fraction, end: Fraction) -> bool:
    value = NoteValue.from_duration(end - start)
    if value is None:
        return False
    points = grid.inside(start, end)
    crossed, begins, ends = points[0][0], grid.depth(start), grid.depth(end)
    if crossed < grid.strict:
        return begins < grid.strict and ends < grid.strict
    if value.dots == 2:  # never over the strongest point that there is to cross
        return begins < crossed and crossed > 1
    if begins <= crossed:
        return True
    if len(points) > 1:
        return False
    if value.dots:
        return begins == crossed + 1 and ends < crossed
    # A plain syncopation hides one point in its middle: one little stronger, or two for a whole beat.
    reach = 2 if value.base >= min(grid.step, _QUARTER) else 1
    return begins <= crossed + reach and start + end == 2 * points[0][1]


def _is_one_rest(grid: Grid, start: Fraction, end: Fraction) -> bool:
    value = NoteValue.from_duration(end - start)
    if value is None or value.dots > (1 if grid.strict else 0):
        return False
    crossed, begins, ends = grid.inside(start, end)[0][0], grid.depth(start), grid.depth(end)
    if crossed <= begins:
        return False
    # Of three equal units the first two may share a rest, the last two may not.
    return crossed > ends or (crossed == ends and 0 < grid.strict <= crossed)
