"""Some staves of a part as a part of their own, and back."""

from __future__ import annotations

from engine.interface import Passage, WrittenCell
from engine.score import home_staff
from engine.staves import WholeParts, on_staves
from tests.engine.works import two_part_score

SCORE = two_part_score(3)


def test_notes_of_a_staff_and_of_the_others() -> None:
    cell = SCORE.parts[1].cells[0]
    upper, lower = on_staves(cell, (1,)), on_staves(cell, (1,), wanted=False)
    assert {home_staff(note.voice) for note in upper} == {1}
    assert sorted(map(repr, upper + lower)) == sorted(map(repr, cell))


def test_a_staff_to_be_written_becomes_a_part() -> None:
    whole = WholeParts.of(Passage(SCORE, frozenset({(0, 1), (1, 1)}), frozenset({0}), {1: (2,)}))
    passage = whole.passage
    assert passage.mask == {(0, 1), (2, 1)}
    assert passage.staves_of(2) == (2,)
    assert passage.staves_of(0) == (1,)
    for index, staff in ((1, 1), (2, 2)):
        notes = [note for cell in passage.score.parts[index].cells for note in cell]
        assert {home_staff(note.voice) for note in notes} == {staff}
    back = [whole.back(cell) for cell in (WrittenCell(2, 1, ()), WrittenCell(0, 1, ()))]
    assert [cell.part for cell in back] == [1, 0]


def test_whole_parts_stay_as_they_are() -> None:
    passage = Passage(SCORE, frozenset({(1, 0)}))
    assert WholeParts.of(passage).passage == passage
