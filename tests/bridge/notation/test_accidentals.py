"""Accidentals exactly where a reader needs them."""

from __future__ import annotations

import pytest

from bridge.notation.accidentals import AccidentalReader, key_alter
from engine.pitch import Pitch

F4, FS4, F5, FS5 = Pitch("F", 0, 4), Pitch("F", 1, 4), Pitch("F", 0, 5), Pitch("F", 1, 5)


def read(reader: AccidentalReader, *pitches: Pitch, fifths: int = 0, staff: int = 1) -> list[str]:
    return [reader.read(staff, pitch, fifths) for pitch in pitches]


@pytest.mark.parametrize(
    ("fifths", "altered"),
    [
        (0, {}),
        (2, {"F": 1, "C": 1}),
        (-3, {"B": -1, "E": -1, "A": -1}),
        (7, dict.fromkeys("FCGDAEB", 1)),
        (8, {"F": 2}),
    ],
)
def test_key_alter(fifths: int, altered: dict[str, int]) -> None:
    usual = 1 if fifths == 8 else 0
    assert {step: key_alter(fifths, step) for step in "CDEFGAB"} == dict.fromkeys("CDEFGAB", usual) | altered


def test_an_accidental_holds_for_its_octave_and_measure() -> None:
    reader = AccidentalReader()
    assert read(reader, FS4, FS4, F4, F4, FS4) == ["yes", "", "yes", "", "yes"]


def test_the_key_needs_no_accidentals() -> None:
    assert read(AccidentalReader(), FS4, F4, FS4, fifths=1) == ["", "yes", "yes"]


def test_another_staff_is_another_matter() -> None:
    reader = AccidentalReader()
    assert read(reader, FS4) == ["yes"]
    assert read(reader, FS4, staff=2) == ["yes"]


def test_courtesy_for_another_octave_once() -> None:
    assert read(AccidentalReader(), FS4, F5, F5) == ["yes", "courtesy", ""]
    assert read(AccidentalReader(), FS4, FS5) == ["yes", "yes"]


def test_courtesy_where_the_other_hand_plays_it_altered() -> None:
    reader = AccidentalReader()
    assert read(reader, FS5) == ["yes"]
    assert read(reader, F4, F4, staff=2) == ["courtesy", ""]


def test_no_courtesy_where_the_other_hand_has_taken_it_back() -> None:
    reader = AccidentalReader()
    read(reader, FS4, F5, F4)
    assert read(reader, F5, staff=2) == [""]


def test_courtesy_after_the_bar_line_once() -> None:
    reader = AccidentalReader()
    read(reader, FS4)
    reader.next_measure()
    assert read(reader, F4, F4) == ["courtesy", ""]
    reader.next_measure()
    assert read(reader, F4) == [""]


def test_no_courtesy_when_the_measure_before_took_it_back() -> None:
    reader = AccidentalReader()
    read(reader, FS4, F4)
    reader.next_measure()
    assert read(reader, F4) == [""]


def test_courtesy_after_a_tie_over_the_bar_line() -> None:
    reader = AccidentalReader()
    read(reader, FS4)
    reader.next_measure()
    reader.hold(1, FS4)
    reader.next_measure()
    assert read(reader, F4) == ["courtesy"]
