"""A part as a line."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import pytest
from works import two_part_score

from engine.encoding import encode
from engine.pitch import Pitch
from engine.score import Cell, Note, Tuplet
from engine.sounds.lines import line_of, starts_of
from engine.sounds.rolls import Sound

C, D, E = (Pitch(name, 0, 4) for name in "CDE")


def line(*cells: Cell) -> list[Sound]:
    score = two_part_score(len(cells))
    return line_of(encode(replace(score, parts=(replace(score.parts[0], cells=cells),))), 0)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ([(Note(F(0), F(1), C), Note(F(1), F(1, 3), D, tuplet=Tuplet(3, 2)))], [(0, 24, 60), (24, 32, 62)]),
        ([(Note(F(0), F(1), C), Note(F(0), F(2), E))], [(0, 48, 64)]),
        ([(Note(F(0), F(4), E), Note(F(1), F(1), C, 2))], [(0, 24, 64), (24, 48, 60)]),
        ([(Note(F(3), F(1), C),), (Note(F(0), F(1), C, tied=True),)], [(72, 120, 60)]),
        ([(Note(F(3), F(1), C),), (Note(F(0), F(1), C),)], [(72, 96, 60), (96, 120, 60)]),
        ([(Note(F(3), F(1), C),), (Note(F(1), F(1), C, tied=True),)], [(72, 96, 60), (120, 144, 60)]),
        ([(), ()], []),
    ],
)
def test_the_highest_line_is_heard_with_its_ties(
    cells: list[Cell], wanted: list[tuple[int, int, int]]
) -> None:
    assert [(s.on, s.off, s.pitch) for s in line(*cells)] == wanted


def test_measures_begin_where_the_score_says() -> None:
    assert starts_of(encode(two_part_score(3))).tolist() == [0, 96, 192, 288]
