"""Drawing one of several by their scores."""

from __future__ import annotations

import numpy as np
import pytest

from engine.drawing import Floats, drawn

ODDS = np.log([0.5, 0.25, 0.15, 0.06, 0.04])


def many(temperature: float = 1.0, top_p: float = 1.0, count: int = 400) -> list[int]:
    random = np.random.default_rng(1)
    return [drawn(ODDS, temperature, top_p, random) for _ in range(count)]


@pytest.mark.parametrize(
    ("top_p", "places"),
    [
        (0.95, [0, 3, 0, 3, 0, 0, 2, 0, 1, 0, 1, 1, 0, 2, 0, 0]),
        (1.0, [1, 3, 0, 3, 0, 0, 2, 0, 1, 0, 2, 1, 0, 2, 0, 0]),
    ],
)
def test_a_seed_draws_what_it_always_drew(top_p: float, places: list[int]) -> None:
    assert many(top_p=top_p, count=16) == places


@pytest.mark.parametrize(
    ("top_p", "places"), [(0.4, {0}), (0.7, {0, 1}), (0.8, {0, 1, 2}), (1.0, set(range(5)))]
)
def test_drawing_keeps_to_the_likeliest(top_p: float, places: set[int]) -> None:
    assert set(many(top_p=top_p)) == places


def test_the_temperature_moves_the_odds() -> None:
    warm = many(0.5, 1.0, 4000).count(1) / 4000
    assert warm == pytest.approx(0.25**2 / (np.exp(ODDS) ** 2).sum(), abs=0.02)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_cannot_be_is_never_drawn(temperature: float) -> None:
    random = np.random.default_rng(0)
    scores = np.array([-np.inf, 0.0, -np.inf, -1.0])
    assert {drawn(scores, temperature, 1.0, random) for _ in range(200)} == (
        {1} if temperature == 0 else {1, 3}
    )


@pytest.mark.parametrize(("scores", "temperature"), [(ODDS, 0.0), (ODDS[:1], 1.0)])
def test_where_nothing_is_left_to_chance_no_random_number_is_taken(
    scores: Floats, temperature: float
) -> None:
    random, untouched = np.random.default_rng(3), np.random.default_rng(3)
    assert drawn(scores, temperature, 1.0, random) == 0
    assert random.random() == untouched.random()
