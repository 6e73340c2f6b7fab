from __future__ import annotations

import numpy as np
import pytest
from works import two_part_works

from engine.evaluation.baselines import Baselines
from engine.training.examples import make_window
from engine.transformer.columns import T_, TARGETS
from engine.transformer.window import decoder_rows


def windows(repeat=False, n=6):
    result = []
    for work in two_part_works(n):
        mask = np.zeros((8, 2), bool)
        mask[:, 1] = True
        window = make_window(work, 0, mask, np.ones(2, bool), None, {})
        rows, _, targets = decoder_rows(window)
        if repeat:  # every measure like the first
            size = len(rows) // 8
            targets = np.concatenate([targets[:size]] * 8)
        result.append((rows, targets))
    return result


def test_unigram_loss_is_the_entropy_of_what_it_was_fitted_on():
    data = windows()
    ids = np.concatenate([t[:, T_["duration"]] for _, t in data])
    odds = np.bincount(ids[ids > 0]) / (ids > 0).sum()
    entropy = -sum(p * np.log(p) for p in odds if p)
    plain, _ = Baselines.fit(data).losses(data)
    assert plain["duration"] == pytest.approx(entropy, rel=0.15)  # the smoothing costs a little
    assert set(plain) == set(TARGETS)


def test_copy_wins_where_measures_repeat_and_never_loses_much():
    for repeat in (True, False):
        data = windows(repeat)
        baselines = Baselines.fit(data)
        plain, copied = (sum(losses.values()) for losses in baselines.losses(data))
        assert copied <= plain + 1e-9
        if repeat:
            assert copied < 0.3 * plain
            assert baselines.trust["pitch"] > 0.9
