"""Pieces become cells by the rules."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from works import two_part_score

from engine.frames import frames_of
from engine.interface import Controls, Passage, Sampling
from engine.pitch import Pitch
from engine.score import Note, NoteValue
from engine.sounds.notation import Piece
from engine.sounds.writing import write_cells

MASK = frozenset({(0, 0), (0, 1)})
WHOLE = Note(Fraction(0), Fraction(4), Pitch("A", 0, 4))


def tied_over() -> dict[tuple[int, int], list[tuple[int, Piece]]]:
    """A whole note in each of two measures, the second tied to the first."""
    return {(0, m): [(1, Piece(m, Fraction(0), NoteValue(Fraction(4)), 0, (69,), m > 0))] for m in range(2)}


@pytest.mark.parametrize("seed", range(6))
def test_a_new_note_is_tied_to_a_new_one_and_to_none_that_stays(seed: int) -> None:
    score = two_part_score(2).with_cells(dict.fromkeys(MASK, (WHOLE,)))
    passage, controls = Passage(score, MASK), Controls(vary=0.5)
    frames = frames_of(passage, controls, seed)
    assert {frame.settled for frame in frames.values()} == {True, False}  # one stays, one is new
    sampling, tied = Sampling(seed), (replace(WHOLE, tied=True),)
    varied = [cell.notes for cell in write_cells(passage, controls, sampling, tied_over())]
    assert varied == [(WHOLE,), (WHOLE,)]
    new = [cell.notes for cell in write_cells(passage, Controls(), sampling, tied_over())]
    assert new == [(WHOLE,), tied]
