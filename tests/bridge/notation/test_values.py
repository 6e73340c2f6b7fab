"""How notes and rests are cut along the metre."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from bridge.notation.values import note_pieces, rest_pieces
from engine.metre import measure_grid
from engine.rhythm import Group, group_grid
from engine.score import Measure, Metre, Tuplet


def cut(metre: Metre, start: str, end: str, rest: bool = False) -> str:
    grid = measure_grid(Measure("1", metre.duration, metre))
    pieces = (rest_pieces if rest else note_pieces)(grid, F(start), F(end))
    return " ".join(str(b - a) for a, b in pieces)


@pytest.mark.parametrize(
    ("beats", "unit", "start", "end", "values"),
    [
        (4, 4, "0", "4", "4"),
        (4, 4, "0", "3", "3"),
        (4, 4, "1", "3", "2"),
        (4, 4, "1", "4", "3"),
        (
            4,
            4,
            "1",
            "5/2",
            "1 1/2",
        ),  # a dotted note shows the stronger point unless it ends at a still stronger one
        (4, 4, "1/2", "3/2", "1"),  # eighth, quarter, eighth
        (4, 4, "1/2", "2", "3/2"),
        (4, 4, "1/4", "3/4", "1/2"),
        (4, 4, "0", "7/4", "7/4"),
        (4, 4, "0", "5/4", "1 1/4"),
        (4, 4, "0", "5/2", "2 1/2"),
        (4, 4, "0", "7/2", "2 3/2"),  # two dots would hide the middle of the measure
        (4, 4, "3/2", "5/2", "1"),  # a quarter between the beats, also in the middle of the measure
        (4, 4, "7/4", "9/4", "1/4 1/4"),  # but nothing shorter
        (4, 4, "1/2", "5/2", "3/2 1/2"),
        (4, 4, "3/4", "5/4", "1/4 1/4"),
        (4, 4, "1/2", "5/4", "1/2 1/4"),
        (2, 4, "3/4", "5/4", "1/4 1/4"),
        (4, 8, "1/2", "3/2", "1"),
        (4, 8, "0", "3/2", "3/2"),
        (3, 4, "0", "3", "3"),
        (3, 4, "1/2", "2", "1/2 1"),
        (3, 4, "3/2", "3", "3/2"),
        (3, 4, "1", "3", "2"),
        (3, 4, "1/2", "3", "1/2 2"),
        (3, 4, "1/2", "5/2", "1/2 1 1/2"),
        (6, 8, "0", "3", "3"),
        (6, 8, "1/2", "3/2", "1"),
        (6, 8, "1", "2", "1/2 1/2"),
        (6, 8, "0", "2", "3/2 1/2"),
        (9, 8, "0", "9/2", "3 3/2"),
        (12, 8, "3/2", "9/2", "3"),
        (5, 8, "0", "5/2", "3/2 1"),
        (7, 8, "0", "2", "2"),
        (7, 8, "0", "3/2", "1 1/2"),
        (5, 4, "0", "5", "3 2"),
    ],
)
def test_notes(beats: int, unit: int, start: str, end: str, values: str) -> None:
    assert cut(Metre(beats, unit), start, end) == values


@pytest.mark.parametrize(
    ("beats", "unit", "start", "end", "values"),
    [
        (4, 4, "0", "2", "2"),
        (4, 4, "0", "3", "2 1"),
        (4, 4, "1", "4", "1 2"),
        (4, 4, "1", "3", "1 1"),
        (4, 4, "1/2", "3/2", "1/2 1/2"),
        (4, 4, "1/4", "1", "1/4 1/2"),
        (3, 4, "0", "2", "1 1"),
        (6, 8, "0", "3/2", "3/2"),
        (6, 8, "0", "1", "1"),
        (6, 8, "1/2", "3/2", "1/2 1/2"),
        (6, 8, "1/2", "3", "1/2 1/2 3/2"),
        (12, 8, "0", "3", "3"),
    ],
)
def test_rests(beats: int, unit: int, start: str, end: str, values: str) -> None:
    assert cut(Metre(beats, unit), start, end, rest=True) == values


def test_a_tuplet_group_counts_its_own_units() -> None:
    grid = group_grid(Group(F(1), F(2), Tuplet(3, 2), F(1, 2)))
    assert note_pieces(grid, F(1, 2), F(3, 2)) == ((F(1, 2), F(3, 2)),)
    assert rest_pieces(grid, F(0), F(1)) == ((F(0), F(1)),)
    assert len(rest_pieces(grid, F(1, 2), F(3, 2))) == 2
