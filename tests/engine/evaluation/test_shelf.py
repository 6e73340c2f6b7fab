from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from works import two_part_score, two_part_works

from engine.encoding import M_BEATS, M_KEY, encode
from engine.evaluation.arms import retrieved
from engine.evaluation.pieces import line_of
from engine.evaluation.scenarios import SCENARIOS, draw_excerpts, score_of
from engine.evaluation.shelf import Shelf
from engine.training.works import Work
from engine.transformer.window import canonical
from engine.vocabulary import BEATS

SONGS = SCENARIOS[0]
WORKS = two_part_works(12, 30)
EXCERPTS = draw_excerpts(WORKS, SONGS, 10, seed=0)


def test_what_is_retrieved_is_another_works_and_in_the_key():
    shelf, rng, moved = Shelf(WORKS, SONGS), np.random.default_rng(0), []
    for excerpt in EXCERPTS:
        (line,) = retrieved(excerpt, shelf, rng)
        fifths = excerpt.measures[0].key.fifths
        sources = [(work, canonical(int(work.score.measures[0, M_KEY]) - fifths)) for work in WORKS]
        found = [
            by.chromatic
            for work, by in sources
            if work is not excerpt.work
            and (line - np.array([0, 0, by.chromatic])).tolist() in everywhere(work.id)
        ]
        assert found
        moved += found
    assert len(set(moved)) > 1


@cache
def everywhere(name):
    """The piano of every eight measures of a work."""
    (work,) = [work for work in WORKS if work.id == name]
    scores = [score_of(work.score, m, m + 8) for m in range(len(work.score.measures) - 7)]
    return [line_of(score.parts[1].cells, score.measures).tolist() for score in scores]


def test_parts_are_spelled_in_the_key():
    (excerpt,) = [e for e in EXCERPTS if e.work.id == "w0"][:1]  # without accidentals
    shelf = Shelf([WORKS[2]], SONGS)  # two sharps, but not in its notes
    (cells,) = shelf.parts_like(excerpt, [0], range(len(excerpt.score.measures)), np.random.default_rng(0))
    found = {(n.pitch.step, n.pitch.alter) for cell in cells for n in cell}
    assert found == {(s, 0) for s in "BCDEFGA"} - {("B", 0), ("E", 0)} | {("B", -1), ("E", -1)}


def test_nothing_is_taken_from_the_work_itself_or_another_metre():
    rng = np.random.default_rng(0)
    assert retrieved(EXCERPTS[0], Shelf([EXCERPTS[0].work], SONGS), rng) is None
    waltzes = two_part_works(3, 20)
    for work in waltzes:
        work.score.measures[:, M_BEATS] = BEATS.id(3)
        work.score.starts = np.arange(21, dtype=np.float32) * 3
    assert retrieved(EXCERPTS[0], Shelf([replace(w, id="other") for w in waltzes], SONGS), rng) is None


def test_a_pickup_is_answered_by_a_pickup_and_a_rest_by_nothing():
    excerpt = next(e for e in EXCERPTS if e.begin == 0 and e.first)
    measures = range(len(excerpt.score.measures))
    whole = excerpt.work.score
    short = replace(whole, starts=np.concatenate([[0], whole.starts[1:] - 3]).astype(np.float32))
    begins = replace(excerpt, work=Work("own", "song", "", short))
    others = [Work(str(i), "song", "", work.score) for i, work in enumerate(WORKS)]
    rng = np.random.default_rng(0)
    assert Shelf(others, SONGS).parts_like(begins, [0], measures, rng) is None
    assert Shelf([*others, Work("x", "song", "", short)], SONGS).parts_like(begins, [0], measures, rng)
    score = two_part_score(30)
    silent = replace(score, parts=(replace(score.parts[0], cells=((),) * 30), score.parts[1]))
    shelf = Shelf([Work("silent", "song", "", encode(silent))], SONGS)
    assert shelf.parts_like(excerpt, [0], measures, rng) is None
    assert shelf.parts_like(excerpt, [1], measures, rng)


def test_the_second_of_two_players_stands_for_the_second():
    score = two_part_score(30)
    violins = replace(score, parts=tuple(replace(p, instrument="violin", staves=1) for p in score.parts))
    pair, alone = Work("pair", "song", "", encode(violins)), replace(violins, parts=violins.parts[:1])
    (excerpt,) = EXCERPTS[:1]
    excerpt = replace(
        excerpt,
        score=replace(
            excerpt.score, parts=tuple(replace(p, instrument="violin") for p in excerpt.score.parts)
        ),
    )
    measures, rng = range(excerpt.first, excerpt.last), np.random.default_rng(0)
    (second,) = Shelf([pair], SONGS).parts_like(excerpt, [1], measures, rng)
    assert all(any(n.voice == 5 for n in cell) for cell in second)
    assert (
        Shelf([Work("alone", "song", "", encode(alone))], SONGS).parts_like(excerpt, [1], measures, rng)
        is None
    )
