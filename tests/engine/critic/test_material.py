"""A take as the critic sees it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from works import two_part_score

from engine.critic.material import MEASURES, NATS, matrix, pieces_of
from engine.evaluation.pieces import KEY, TICKS, line_of
from engine.interface import Passage
from engine.pitch import Pitch
from engine.score import Measure, Metre, Note, Part
from engine.staves import on_staves

F = Fraction
NOTE = Note(F(0), F(4), Pitch("B", 0, 3))


def written_for(passage, note=NOTE):
    return dict.fromkeys(passage.mask, (note,))


def piano(measures):
    return frozenset((1, m) for m in measures)


def quartet(measures=6):
    """Four parts that can be told by their keys."""
    score = two_part_score(measures)
    parts = tuple(
        Part(
            f"P{p}", f"Violin {p}", "violin", 1, ((replace(NOTE, pitch=Pitch("CDEF"[p], 0, 5)),),) * measures
        )
        for p in range(4)
    )
    return replace(score, parts=parts)


def names_of(lines):
    """The letters of the keys in each line."""
    return ["".join(sorted({"C D EF G A B"[key % 12] for key in line[:, KEY].tolist()})) for line in lines]


@pytest.mark.parametrize(
    ("masked", "expected"),
    [
        (range(8), [4, 4]),
        (range(1, 10), [4, 4, 1]),
        ([5], [1]),
        ([0, 1, 5, 6, 7, 8, 9, 11], [2, 4, 1, 1]),
    ],
)
def test_runs_are_cut_in_pieces_of_four(masked, expected):
    passage = Passage(two_part_score(12), piano(masked))
    assert [piece.measures for piece in pieces_of(passage, written_for(passage))] == expected


@given(st.sets(st.integers(0, 13), min_size=1))
def test_every_written_measure_is_in_one_piece(masked):
    score = two_part_score(14, seed=2)
    passage = Passage(score, piano(masked))
    pieces = pieces_of(passage, {(1, m): score.parts[1].cells[m] for m in masked})
    order, at = sorted(masked), 0
    for piece in pieces:
        own = order[at : at + piece.measures]
        assert own == list(range(own[0], own[0] + len(own))) and len(own) <= MEASURES
        for lines, part in ((piece.given, 0), (piece.written, 1)):
            cells = [score.parts[part].cells[m] for m in own]
            assert lines[0].tolist() == line_of(cells, score.measures[: len(own)]).tolist()
        at += piece.measures
    assert at == len(order)
    ends = [sum(p.measures for p in pieces[: i + 1]) for i in range(len(pieces))]
    short = [order[end - 1] for end, p in zip(ends, pieces, strict=True) if p.measures < MEASURES]
    assert not {m + 1 for m in short} & masked  # only the last one of a run


def test_what_stood_in_written_cells_is_not_seen():
    score = two_part_score(4)
    passage = Passage(score, piano(range(4)))
    (piece,) = pieces_of(passage, written_for(passage))
    assert names_of(piece.written) == ["B"] and piece.instruments == ("piano",)
    assert piece.given[0].tolist() == line_of(score.parts[0].cells, score.measures).tolist()


def test_parts_that_are_not_listened_to_are_not_seen():
    mask = frozenset((3, m) for m in range(4))
    for listen, given_lines in ((frozenset(), ["C", "D", "E"]), (frozenset({0, 2}), ["C", "E"])):
        passage = Passage(quartet(), mask, listen)
        (piece,) = pieces_of(passage, written_for(passage))
        assert names_of(piece.given) == given_lines and names_of(piece.written) == ["B"]


def test_parts_of_one_run_are_written_lines_of_one_piece():
    """Where only the other one is written, a part keeps what it has."""
    passage = Passage(quartet(), frozenset({(1, 0), (1, 1), (3, 1), (3, 2), (2, 4)}))
    first, second = pieces_of(passage, written_for(passage))
    assert (names_of(first.given), names_of(first.written)) == (["C", "E"], ["BD", "BF"])
    assert first.written[0][:, KEY].tolist() == [59, 59, 74]
    assert (names_of(second.given), names_of(second.written)) == (["C", "D", "F"], ["B"])
    assert first.instruments == ("violin", "violin") and second.instruments == ("violin",)


def test_the_staff_that_stays_is_given():
    score = two_part_score(4)
    passage = Passage(score, piano(range(4)), staves={1: (2,)})
    (piece,) = pieces_of(passage, written_for(passage, replace(NOTE, voice=5, staff=2)))
    right = [on_staves(cell, (1,)) for cell in score.parts[1].cells]
    assert names_of(piece.written) == ["B"]
    assert piece.given[1].tolist() == line_of(right, score.measures).tolist()


def test_measures_are_as_long_as_they_are():
    measures = (Measure("1", F(1), Metre(3, 4)), *(Measure(str(m), F(3), Metre(3, 4)) for m in (2, 3)))
    score = replace(two_part_score(3), measures=measures)
    passage = Passage(score, piano(range(3)))
    (piece,) = pieces_of(passage, dict.fromkeys(passage.mask, ()))
    assert piece.starts.tolist() == [0, TICKS, 4 * TICKS, 7 * TICKS] and piece.beat == TICKS


@pytest.mark.parametrize(("metre", "beat"), [(Metre(), F(1)), (Metre(6, 8), F(3, 2))])
def test_the_beat_is_that_of_the_metre_where_a_pickup_begins(metre, beat):
    measures = tuple(
        Measure(str(m), metre.duration if m else F(1, 2), metre, implicit=not m) for m in range(3)
    )
    passage = Passage(replace(two_part_score(3), measures=measures), piano(range(3)))
    (piece,) = pieces_of(passage, dict.fromkeys(passage.mask, ()))
    assert piece.beat == beat * TICKS


def test_every_piece_has_the_same_numbers():
    song, strings = (
        Passage(two_part_score(6), piano(range(6))),
        Passage(quartet(), frozenset({(0, 0), (1, 0)})),
    )
    pieces = [piece for p in (song, strings) for piece in pieces_of(p, written_for(p))]
    pieces += pieces_of(song, dict.fromkeys(song.mask, ()))  # silence
    rows, names = matrix(pieces, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert rows.shape == (5, len(names)) and len(set(names)) == len(names)
    assert np.isfinite(rows).all()
    assert rows[:, names.index(NATS)].tolist() == [1, 2, 3, 4, 5]
    assert rows[:, names.index("parts written")].tolist() == [1, 1, 2, 1, 1]
    families = [names.index(f"written by {family}") for family in ("keyboard", "strings", "voice")]
    assert rows[:3, families].tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert all(a.measures >= b.measures for a, b in pairwise(pieces[:2]))
