from __future__ import annotations

import numpy as np
import pytest
from evaluation.fake_engine import FakeEngine
from evaluation.sounding import line
from works import two_part_works

from engine.evaluation import context
from engine.evaluation.arms import ENGINE, HUMAN, seeded, written_by
from engine.evaluation.context import in_common, likelihood, output, swapped
from engine.evaluation.scenarios import SCENARIOS, draw_excerpts
from engine.evaluation.shelf import Shelf
from engine.interface import Sampling

SONGS = SCENARIOS[0]
WORKS = two_part_works(12, 30)
EXCERPTS = draw_excerpts(WORKS, SONGS, 6, seed=0)
SHELF = Shelf(WORKS, SONGS)


def others(shelf=SHELF):
    return swapped(EXCERPTS, shelf, np.random.default_rng(0))


def no_progress(done, total):
    pass


def test_all_that_is_given_is_swapped_and_nothing_else():
    found = others()
    assert list(found) == list(range(len(EXCERPTS)))
    for excerpt, other in zip(EXCERPTS, found.values(), strict=True):
        own, new = (e.score.parts[0].cells for e in (excerpt, other))
        assert all(a != b and b for a, b in zip(own, new, strict=True))
        assert other.score.parts[1] == excerpt.score.parts[1] and other.work is excerpt.work
        assert other.score.measures == excerpt.score.measures


def test_without_a_work_that_fits_there_is_no_figure():
    none = others(Shelf([], SONGS))
    assert none == {} and output(FakeEngine(), ENGINE, {}, [], none, 0, no_progress) == {}


@pytest.mark.parametrize(("listens", "changed", "common"), [(True, 1, 0), (False, 0, 1)])
def test_an_engine_that_listens_writes_something_else(listens, changed, common):
    engine, samplings = FakeEngine(listens=listens), seeded(Sampling(3), len(EXCERPTS))
    written = written_by(engine, EXCERPTS, samplings, no_progress)
    found = {index: other for index, other in others().items() if index}  # seeds stay with their excerpts
    engine.streams.clear()
    table = output(engine, "fake", dict(enumerate(written)), samplings, found, 0, no_progress)
    assert [s.sampling.seed for s in engine.streams] == [3 + index for index in range(1, len(EXCERPTS), 2)]
    assert table[context.CHANGED]["fake"].value == changed
    assert table[context.COMMON]["fake"].value == pytest.approx(common, abs=0.2)


def test_only_what_was_written_is_written_once_more():
    engine, samplings = FakeEngine(), seeded(Sampling(3), len(EXCERPTS))
    own = dict(list(enumerate(written_by(engine, EXCERPTS, samplings, no_progress)))[4:7])
    engine.streams.clear()
    assert output(engine, "fake", own, samplings, others(), 0, no_progress)
    assert [s.sampling.seed for s in engine.streams] == [3 + 4, 3 + 6]
    assert output(engine, "fake", {}, samplings, others(), 0, no_progress) == {}


def test_notes_in_common():
    whole, half = line((0, 1, 60), (1, 2, 62)), line((0, 1, 60), (1, 2, 64))
    assert in_common((whole,), (whole,)) == 1 and in_common((whole,), (half,)) == 0.5
    assert in_common((whole, half), (half, whole)) == 0.5  # another part's note is another note
    assert in_common((whole,), (line(),)) == 0 and in_common((line(),), (line(),)) == 1


def test_own_given_parts_win_where_the_loss_is_lower(monkeypatch):
    found = others()
    own = {id(e): i for i, e in enumerate(EXCERPTS)}

    def losses(engine, excerpts):
        """Beside other parts 2.5 each; own ones 2 and 3 in turn, the first of them with more notes."""
        return [
            (2.0 + own[id(e)] % 2, 3 - own[id(e)] % 2 * 2) if id(e) in own else (2.5, 2) for e in excerpts
        ]

    monkeypatch.setattr(context, "note_losses", losses)
    table = likelihood(FakeEngine(), EXCERPTS, found, 0)
    assert table[context.LIKELIER][HUMAN].value == 0.5
    assert table[context.LOSS][HUMAN].value == 2.25 and table[context.OTHER_LOSS][HUMAN].value == 2.5
    assert list(likelihood(FakeEngine(), EXCERPTS, {}, 0)) == [context.LOSS]


def test_an_engine_without_a_loss_has_no_such_rows():
    assert likelihood(FakeEngine(), EXCERPTS, others(), 0) == {}
