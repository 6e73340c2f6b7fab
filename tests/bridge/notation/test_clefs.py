"""Clefs that follow the notes, but not every note."""

from __future__ import annotations

from fractions import Fraction as F

from bridge.notation.clefs import CLEFS, staff_clefs, usual_clef
from engine.pitch import Pitch
from engine.score import Cell, Measure, Note, Part

PIANO = Part("P1", "Piano", "piano", 2)
LOW, MIDDLE, HIGH = Pitch("C", 0, 3), Pitch("C", 0, 4), Pitch("C", 0, 5)


def sung(*pitches: Pitch | None, staff: int = 2, tied: bool = False) -> Cell:
    """A measure of quarters, rests where there is no pitch; ``tied``: each may continue the one before."""
    return tuple(Note(F(k), F(1), p, staff=staff, tied=tied) for k, p in enumerate(pitches) if p is not None)


def in_cells(*cells: Cell, staff: int = 2, part: Part = PIANO) -> list[str]:
    """The clefs of measures in 4/4: each by name, later ones with the time at which they come."""
    measures = [Measure(str(n), F(4)) for n in range(len(cells))]
    found = staff_clefs(part, staff, measures, cells, [0] * len(cells))
    return [" ".join(f"{name}@{onset}" if onset else name for onset, name in clefs) for clefs in found]


def clefs(*pitches: Pitch, staff: int = 2, part: Part = PIANO) -> list[str]:
    """The clefs of measures with four times the same note."""
    return in_cells(*(sung(*[pitch] * 4, staff=staff) for pitch in pitches), staff=staff, part=part)


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
    assert in_cells(sung(HIGH), (), sung(HIGH)) == ["bass"] * 3


def test_no_flip_flop_through_the_middle() -> None:
    assert clefs(LOW, HIGH, MIDDLE, HIGH) == ["bass", "treble", "treble", "treble"]


def test_an_instrument_with_one_clef_keeps_it() -> None:
    assert clefs(LOW, LOW, staff=1, part=Part("P1", "Flute", "flute")) == ["treble", "treble"]


def test_a_clef_changes_at_a_beat_of_the_measure() -> None:
    assert in_cells(sung(LOW, LOW, HIGH, HIGH), sung(HIGH, HIGH, LOW, LOW)) == [
        "bass treble@2",
        "treble bass@2",
    ]


def test_no_clef_changes_under_a_held_note_or_where_nothing_starts() -> None:
    held = (Note(F(1), F(2), LOW, 6, 2), *sung(LOW, LOW, HIGH, HIGH))
    assert in_cells(held, sung(*[HIGH] * 4)) == ["bass treble@3", "treble"]
    assert in_cells(sung(LOW, None, None, HIGH), sung(*[HIGH] * 4)) == ["bass treble@3", "treble"]


def test_a_clef_does_not_change_between_tied_notes_if_that_can_wait() -> None:
    tied = (*sung(LOW, HIGH), Note(F(2), F(1), HIGH, staff=2, tied=True))
    assert in_cells(tied, sung(*[HIGH] * 4)) == ["bass treble@1", "treble"]
    first = sung(LOW, LOW, LOW, HIGH), sung(HIGH, HIGH, HIGH, tied=True)
    assert in_cells(*first) == ["bass treble@3", "treble"]
