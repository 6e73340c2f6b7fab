"""How ids are drawn from scores."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.interface import Sampling
from engine.transformer.sampling import PITCH, RHYTHM, TIE, Manner, Sampler

ODDS = [0.5, 0.25, 0.15, 0.06, 0.04]  # of ids 1 to 5
PLAIN = Manner(1.0, 1.0)


def scores_of(odds):
    """Scores with the odds of the ids from 1; that of 0, which no field has, is the highest."""
    return np.array([9.0, *np.log(odds)], np.float32)


def all_of(n):
    allowed = np.ones(n, np.bool_)
    allowed[0] = False
    return allowed


def drawn(sampler, manner, count=600, leaning=0.0):
    scores, allowed = scores_of(ODDS), all_of(6)
    return Counter(sampler.draw(scores, allowed, leaning, manner) for _ in range(count))


@st.composite
def draws(draw):
    n = draw(st.integers(2, 12))
    scores = draw(st.lists(st.floats(-20, 20, width=32), min_size=n, max_size=n))
    leaning = draw(st.lists(st.floats(-5, 5), min_size=n, max_size=n))
    allowed = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    allowed[0] = False
    allowed[draw(st.integers(1, n - 1))] = True
    sampling = Sampling(
        draw(st.integers(0, 9)), draw(st.sampled_from([0.0, 0.3, 1.0, 3.0])), draw(st.floats(0.05, 1))
    )
    manner = draw(st.sampled_from([RHYTHM, PITCH, TIE]))
    return np.array(scores, np.float32), np.array(leaning), allowed, sampling, manner


@given(draws())
def test_only_what_is_allowed_is_drawn_and_its_cost_is_by_the_scores_alone(drawing):
    scores, leaning, allowed, sampling, manner = drawing
    sampler = Sampler(sampling)
    ids = [sampler.draw(scores, allowed, leaning, manner) for _ in range(5)]
    assert all(allowed[id] for id in ids)
    cost = np.logaddexp.reduce(scores[1:].astype(float)) - scores[1:]
    assert sampler.nats == pytest.approx(sum(float(cost[id - 1]) for id in ids), rel=1e-4, abs=1e-4)


@given(draws())
def test_temperature_zero_takes_the_likeliest_with_its_leaning(drawing):
    scores, leaning, allowed, sampling, manner = drawing
    id = Sampler(Sampling(sampling.seed, 0.0, sampling.top_p)).draw(scores, allowed, leaning, manner)
    leant = np.where(allowed, scores + leaning, -np.inf)
    assert leant[id] == pytest.approx(leant.max(), abs=1e-4)


def test_the_seed_decides():
    first, same, other = (
        [sampler.draw(scores_of(ODDS), all_of(6)) for _ in range(20)]
        for sampler in map(Sampler, map(Sampling, (1, 1, 2)))
    )
    assert first == same != other


@pytest.mark.parametrize(
    ("manner", "ids"),
    # 0.3 is left out of pitches; of rhythms a fifth of that, 0.06; of ties nothing
    [(PLAIN, {1, 2}), (PITCH, {1, 2}), (RHYTHM, {1, 2, 3, 4}), (TIE, {1, 2, 3, 4, 5})],
)
def test_the_manner_says_how_much_is_left_out(manner, ids):
    assert set(drawn(Sampler(Sampling(1, top_p=0.7)), manner)) == ids


@pytest.mark.parametrize("manner", [PLAIN, PITCH, RHYTHM, TIE])
def test_with_top_p_1_nothing_is_left_out(manner):
    assert set(drawn(Sampler(Sampling(1, top_p=1.0)), manner)) == {1, 2, 3, 4, 5}


def test_a_rare_tie_is_drawn_as_often_as_it_is_likely():
    found = drawn(Sampler(Sampling(1, top_p=0.05)), TIE, 4000)
    assert found[5] / 4000 == pytest.approx(0.04, abs=0.012)


@pytest.mark.parametrize(("temperature", "manner"), [(1.0, PITCH), (0.8, PITCH), (1.5, RHYTHM), (0.5, TIE)])
def test_the_temperature_of_a_manner_is_a_factor(temperature, manner):
    found = drawn(Sampler(Sampling(1, temperature, 1.0)), manner, 4000)
    expected = np.array(ODDS) ** (1 / (temperature * manner.temperature))
    expected /= expected.sum()
    shares = [found[id] / 4000 for id in range(1, 6)]
    assert shares == pytest.approx(expected.tolist(), abs=0.03)


def test_the_leaning_moves_the_odds():
    leaning = np.array(
        [0, 0, 0, 0, 0, np.log(0.5 / 0.04)]
    )  # the least likely one becomes as likely as the first
    found = drawn(Sampler(Sampling(1, top_p=1.0)), TIE, 4000, leaning)
    assert found[5] / found[1] == pytest.approx(1, abs=0.15)
