from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.bootstrap import draws, mean, ratio


def test_works_are_drawn_with_all_that_is_theirs():
    times = draws(["a", "b", "a", "c"], seed=0)
    assert (times[:, 0] == times[:, 2]).all()
    assert (times[:, [0, 1, 3]].sum(1) == 3).all()
    assert (times[:, 0] != times[:, 1]).any()


def test_a_mean_and_its_interval():
    rng = np.random.default_rng(0)
    values, works = rng.normal(5, 1, 100).tolist(), [str(i) for i in range(100)]
    found = mean(values, works, seed=1)
    assert found.value == pytest.approx(np.mean(values))
    assert found.high - found.low == pytest.approx(2 * 1.96 / 10, rel=0.2)
    assert mean(values, works, seed=1) == found != mean(values, works, seed=2)


def test_ten_looks_at_one_work_are_no_ten_works():
    values = np.repeat([0.0, 1.0, 0.0, 1.0], 10).tolist()
    alone = mean(values, [str(i) for i in range(40)], seed=0)
    grouped = mean(values, [str(i // 10) for i in range(40)], seed=0)
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_weights_and_ratios():
    assert mean([1, 3], ["a", "b"], 0, weights=[3, 1]).value == pytest.approx(1.5)
    found = ratio([2, 4], [1, 2], ["a", "b"], 0)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
