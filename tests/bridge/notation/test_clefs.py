"""Clefs that follow the notes, but not every note."""

from __future__ import annotations

from fractions import Fraction as F

from bridge.notation.clefs import CLEFS, staff_clefs, usual_clef
from engine.pitch import Pitch
from engine.score import Note, Part

PIANO = Part("P1", "Piano", "piano", 2)
LOW, MIDDLE, HIGH = Pitch("C", 0, 3), Pitch("C", 0, 4), Pitch("C", 0, 5)


def clefs(*pitches: Pitch, staff: int = 2, part: Part = PIANO) -> list[str]:
    """The clefs of measures with four times the same note."""
    measures = [[Note(F(k), F(1), pitch, staff=staff) for k in range(4)] for pitch in pitches]
    return staff_clefs(part, staff, measures, [0] * len(measures))


def test_ledger_lines() -> None:
    assert [
        CLEFS["treble"].ledger_lines(Pitch(s, 0, o).diatonic)
        for s, o in (("D", 4), ("C", 4), ("A", 5), ("C", 6))
    ] == [0, 1, 1, 2]


def test_usual_clefs() -> None:
    assert [usual_clef(PIANO, staff) for staff in (1, 2)] == ["treble", "bass"]
    assert usual_clef(Part("P1", "Drums", pitched=False), 1) == "percussion"
    assert [usual_clef(Part("P1", "Organ", "organ", 3), staff) for staff in (1, 2, 3)] == [
        "treble",
        "treble",
        "bass",
    ]


def test_a_far_run_changes_the_clef_and_back() -> None:
    assert clefs(LOW, HIGH, HIGH, LOW) == ["bass", "treble", "treble", "bass"]


def test_a_single_far_note_does_not() -> None:
    far = [Note(F(0), F(1), HIGH, staff=2)]
    assert staff_clefs(PIANO, 2, [far, [], far], [0, 0, 0]) == ["bass"] * 3


def test_no_flip_flop_through_the_middle() -> None:
    assert clefs(LOW, HIGH, MIDDLE, HIGH) == ["bass", "treble", "treble", "treble"]


def test_an_instrument_with_one_clef_keeps_it() -> None:
    assert clefs(LOW, LOW, staff=1, part=Part("P1", "Flute", "flute")) == ["treble", "treble"]
