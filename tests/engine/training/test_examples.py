from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from strategies import scores
from works import two_part_works

from engine.encoding import MEASURE, PART, encode
from engine.training.examples import MAX_WRITTEN, Examples, make_window, rows_of
from engine.training.masks import draw_mask
from engine.training.works import NothingToLearnError, Work, load_works, save_works
from engine.transformer.columns import D_, T_


@settings(max_examples=200)
@given(st.integers(0, 2**32 - 1), st.integers(1, 16), st.integers(1, 5))
def test_masks_ask_for_something_in_allowed_parts(seed, measures, parts):
    rng = np.random.default_rng(seed)
    allowed = sorted(rng.choice(parts + 1, size=max(1, parts - 1), replace=False).tolist())
    mask = draw_mask(rng, measures, parts + 1, allowed, allowed[:1])
    assert mask.shape == (measures, parts + 1) and mask.any()
    assert not np.delete(mask, allowed, axis=1).any()


def test_all_tasks_are_drawn():
    rng = np.random.default_rng(0)
    masks = [draw_mask(rng, 8, 3, [0, 1, 2], [2]) for _ in range(300)]
    whole = [m for m in masks if m.all(axis=0).sum() == 1 and m.any(axis=0).sum() == 1]
    two = [m for m in masks if m.all(axis=0).sum() == 2]
    inside = [m for m in masks if not m[0].any() and not m[-1].any()]
    assert min(len(whole), len(two), len(inside)) > 10


@settings(max_examples=30)
@given(st.data(), scores())
def test_works_survive_the_token_file(tmp_path_factory, data: DataObject, score):
    path = tmp_path_factory.mktemp("works") / "tokens.npz"
    works = [Work(str(i), "song", "Someone", encode(score)) for i in range(data.draw(st.integers(1, 3)))]
    save_works(path, works)
    back = load_works(path)
    assert [w.id for w in back] == [w.id for w in works]
    for a, b in zip(works, back, strict=True):
        assert (a.score.notes == b.score.notes).all() and (a.score.starts == b.score.starts).all()
        assert (a.score.parts == b.score.parts).all() and a.score.losses == b.score.losses


def test_a_batch_is_a_function_of_its_step():
    works = two_part_works(6)
    one, two = (Examples(works, (), 4, {"song": 1.0}, seed=3) for _ in range(2))
    two.batch(17, 2)  # another order of asking must not matter
    for step in (0, 5, 40):
        a, b = one.batch(step, 2), two.batch(step, 2)
        assert all((getattr(a, n) == getattr(b, n)).all() for n in a.__slots__)
    assert not np.array_equal(one.batch(0, 2).rows.numpy(), one.batch(1, 2).rows.numpy())


def test_long_windows_are_cut_and_keep_something_to_write():
    work = two_part_works(1, measures=64)[0]
    mask = np.zeros((64, 2), bool)
    mask[40:, 1] = True
    window = make_window(work, 0, mask, np.ones(2, bool), np.random.default_rng(0), {})
    _, _, _, _, targets = rows_of(window)
    assert len(targets) <= MAX_WRITTEN and window.mask.any() and window.last == len(window.mask)


def test_controls_say_what_is_there():
    work = two_part_works(1)[0]
    mask = np.zeros((4, 2), bool)
    mask[:, 1] = True
    window = make_window(work, 0, mask, np.ones(2, bool), None, {"Someone": 1})
    notes = work.score.notes
    mine = notes[(notes[:, PART] == 1) & (notes[:, MEASURE] < 4)]
    assert len(mine) and (window.controls[1, :2] == [1, 1]).all() and (window.controls[1, 2:] > 0).all()
    assert (window.controls[0, 2:] == 0).all()


@pytest.mark.parametrize("seed", range(20))
def test_controls_are_optional(seed):
    examples = Examples(two_part_works(3), ("Someone",), 4, {"song": 1.0}, seed=0)
    rows = examples.example(seed)[2]
    assert rows[:, D_["style"]].max() <= 1
    hidden = [examples.example(s)[2][:, D_["style"]].max() == 0 for s in range(40)]
    assert 5 < sum(hidden) < 38
    assert T_["duration"] == 0


@pytest.mark.parametrize("odds", [{}, {"hymn": 1.0}, {"song": 0.0, "pop": 0.5}])
def test_works_of_no_style_that_is_asked_for_are_refused(odds):
    with pytest.raises(NothingToLearnError, match=f"training.odds .{[*odds][-1] if odds else 'none'}."):
        Examples(two_part_works(3), (), 4, odds, seed=1)
