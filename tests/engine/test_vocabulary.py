from __future__ import annotations

from fractions import Fraction

import pytest

from engine.score import NoteValue, Tuplet
from engine.vocabulary import (
    DENSITY,
    DURATION,
    FIELDS,
    ONSET,
    PITCH,
    Position,
    nearest_id,
    pitch_id,
    step_id,
    table,
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f.name)
def test_ids_are_contiguous_and_come_back(field):
    assert [field.id(value) for value in field.values] == list(range(1, len(field)))
    assert all(field.value(field.id(value)) == value for value in field.values)
    for nothing in (0, -1, len(field)):
        with pytest.raises(IndexError):
            field.value(nothing)


@pytest.mark.parametrize("quarters", ["1/8", "1/6", "3/16", "1/5", "2/7", "7/12", "15 1/24"])
def test_the_grid_holds_32nds_and_tuplets(quarters):
    assert Position(sum(Fraction(part) for part in quarters.split())) in ONSET


def test_the_grid_does_not_hold_ninths():
    assert Position(Fraction(1, 9)) not in ONSET


def test_durations_hold_dots_and_tuplets():
    assert NoteValue(Fraction(1, 2), 1) in DURATION
    assert NoteValue(Fraction(1, 4), 0, Tuplet(3, 2)) in DURATION


def test_pitch_ids_are_spelled():
    assert pitch_id(28, 60) and pitch_id(28, 61) != pitch_id(29, 61)
    assert PITCH.value(pitch_id(29, 61)).alter == -1
    assert pitch_id(28, 64) == 0


def test_limits_and_neighbours():
    assert DENSITY.value(step_id(DENSITY.values, 0.6)) == 0.75
    assert step_id([1, 2], 50) == 2
    assert nearest_id([10, 20], 16) == 2


def test_the_table_names_every_field():
    text = table()
    assert all(field.name in text and field.meaning in text for field in FIELDS)
