from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from works import two_part_score, two_part_works

from engine.encoding import encode
from engine.evaluation.scenarios import SCENARIOS, draw_excerpts, score_of
from engine.score import Measure, Metre, Score
from engine.training.works import Work

SONGS, ONE, THREE, HYMNS, POP, MELODIES = SCENARIOS
RNG = np.random.default_rng(0)


def test_what_is_given_and_what_is_written():
    assert SONGS.roles(["voice", "piano"], RNG) == ((0,), (1,))
    assert SONGS.roles(["voice", "other", "piano"], RNG) == ((0, 1), (2,))
    assert SONGS.roles(["voice", "guitar"], RNG) is SONGS.roles(["piano"], RNG) is None
    assert HYMNS.roles(["soprano", "alto", "tenor", "bass-voice"], RNG) == ((0,), (1, 2, 3))
    assert HYMNS.roles(["voice"], RNG) is None
    quartet = ["violin", "violin", "viola", "cello"]
    for scenario, missing in ((ONE, 1), (THREE, 3)):
        found = [scenario.roles(quartet, RNG) for _ in range(30)]
        assert all(sorted(given + written) == [0, 1, 2, 3] for given, written in found)
        assert {len(written) for _, written in found} == {missing}
        assert len(set(found)) == 4
    assert ONE.roles(["violin", "piano"], RNG) is None


def test_a_melody_is_any_part_of_single_notes():
    found = {MELODIES.roles(["piano", "voice", "violin", "guitar"], RNG) for _ in range(30)}
    assert found == {((), (1,)), ((), (2,))}
    assert MELODIES.roles(["piano"], RNG) is None


def test_a_melody_goes_on_from_what_is_known():
    works = two_part_works(6, 40)
    found = draw_excerpts(works, MELODIES, 6, seed=0)
    assert {e.first for e in found} == {*range(4, 9)} & {e.first for e in found} and any(
        e.first == 8 for e in found
    )
    for excerpt in found:
        passage, whole = excerpt.passage, excerpt.work.score
        assert (excerpt.given, excerpt.written, len(passage.score.parts)) == ((), (0,), 1)
        assert passage.mask == {(0, m) for m in range(excerpt.first, excerpt.first + 8)}
        assert len(passage.score.measures) == excerpt.last == excerpt.first + 8
        end = excerpt.begin + excerpt.last
        (voice, _) = score_of(whole, excerpt.begin, end).parts
        assert passage.score.parts[0].cells == voice.cells[: excerpt.first] + ((),) * 8
        assert excerpt.score.parts[0] == voice


def test_a_melody_needs_something_to_go_on_from():
    score = two_part_score(24)
    cells = tuple(cell if m in (4, 5, 6) or m >= 16 else () for m, cell in enumerate(score.parts[0].cells))
    silent = replace(score, parts=(replace(score.parts[0], cells=cells), score.parts[1]))
    few, enough = (
        replace(silent, parts=(replace(silent.parts[0], cells=own), silent.parts[1]))
        for own in (cells, cells[:7] + (cells[6],) + cells[8:])
    )
    starts = [
        {e.begin + e.first for seed in range(20) for e in draw_excerpts([work], MELODIES, 1, seed)}
        for work in (Work("w", "song", "", encode(own)) for own in (few, enough))
    ]
    assert 12 in starts[1] and 12 not in starts[0]


def test_excerpts_do_not_overlap_and_are_the_same_again():
    works = two_part_works(6, 40)
    found = draw_excerpts(works, SONGS, 4, seed=1)
    assert len({e.work.id for e in found}) == 4
    assert len(found) == 8
    for work in works:
        starts = sorted(e.begin + e.first for e in found if e.work is work)
        assert all(b - a >= 8 for a, b in pairwise(starts))
    assert found == draw_excerpts(works, SONGS, 4, seed=1) != draw_excerpts(works, SONGS, 4, seed=2)
    assert draw_excerpts(works, HYMNS, 4, seed=1) == []
    assert len(draw_excerpts(works[:2], SONGS, 4, seed=1)) == 8  # more of each where there are few


def test_an_excerpt_has_eight_measures_and_four_around_them():
    for excerpt in draw_excerpts(two_part_works(4, 40), SONGS, 4, seed=3):
        around = excerpt.first, len(excerpt.score.measures) - excerpt.last
        assert excerpt.last - excerpt.first == len(excerpt.measures) == 8
        assert max(around) <= 4
        assert excerpt.measures == excerpt.score.measures[excerpt.first : excerpt.last]


def test_the_engine_is_shown_nothing_of_what_it_is_to_write():
    (excerpt, *_) = draw_excerpts(two_part_works(1, 20), SONGS, 1, seed=0)
    passage = excerpt.passage
    assert passage.mask == {(1, m) for m in range(len(excerpt.score.measures))}
    assert not any(passage.score.parts[1].cells)
    assert passage.score.parts[0] == excerpt.score.parts[0]
    assert not any(m.chords for m in passage.score.measures)


def test_a_score_comes_back_from_its_tokens():
    score = two_part_score(6, 2)
    found = score_of(encode(score), 1, 5)
    assert [p.cells for p in found.parts] == [p.cells[1:5] for p in score.parts]
    assert [(m.duration, m.metre, m.key) for m in found.measures] == [
        (m.duration, m.metre, m.key) for m in score.measures[1:5]
    ]
    assert [p.staves for p in found.parts] == [1, 2]


@pytest.mark.parametrize("at", [4, 9])
def test_measures_that_are_not_whole_are_left_out(at: int):
    score = two_part_score(16)
    short = [replace(m, duration=Fraction(2)) if i == at else m for i, m in enumerate(score.measures)]
    cells = [tuple(() if i == at else c for i, c in enumerate(p.cells)) for p in score.parts]
    parts = tuple(replace(p, cells=c) for p, c in zip(score.parts, cells, strict=True))
    works = [Work(str(i), "song", "", encode(Score(tuple(short), parts))) for i in range(8)]
    for excerpt in draw_excerpts(works, SONGS, 8, seed=0):
        assert not excerpt.begin + excerpt.first <= at < excerpt.begin + excerpt.last


def test_a_piece_says_when_measures_and_beats_are():
    score = two_part_score(9)
    measures = tuple(Measure(m.number, Fraction(3), Metre(6, 8)) for m in score.measures)
    cells = [tuple(tuple(n for n in c if n.end <= 3) for c in p.cells) for p in score.parts]
    parts = tuple(replace(p, cells=c) for p, c in zip(score.parts, cells, strict=True))
    (excerpt, *_) = draw_excerpts([Work("w", "song", "", encode(Score(measures, parts)))], SONGS, 1, 0)
    piece = excerpt.piece(())
    assert (piece.measures, piece.quarters, piece.beat) == (8, 24, 3 * 3360 / 2)
    assert piece.instruments == ("piano",)
