"""Tones as numbers, the networks, and the game."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.crnngan.config import Recipe, Shape
from engine.crnngan.network import Discriminator, Generator
from engine.crnngan.tones import INTENSITY, SINCE, Floats, melody_of, tones_of
from engine.crnngan.training import Game, train

SHAPE = Shape(hidden=12, layers=2, z=3)
RECIPE = Recipe(
    pretraining=2, steps=4, batch=3, given=4, tones=10, learning_rate=0.01, freezing=0.7, seed=1, log_every=1,
    checkpoint_every=3, threads=1,
)  # fmt: skip


def melody(count: int = 30, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    since = rng.choice([0.5, 1.0, 2.0], count)
    onset = since.cumsum()
    return np.stack([onset, since * 0.75, 60 + rng.integers(0, 12, count), rng.integers(40, 120, count)], 1)


def melodies() -> list[Floats]:
    return [melody(seed=seed) for seed in range(3)]


@given(st.integers(0, 1000))
def test_tones_come_back_as_the_melody(seed: int) -> None:
    tune = melody(seed=seed)
    tones = tones_of(tune)
    onset = tune[0, 0] - 2 ** (4 * tones[0, SINCE])
    assert melody_of(tones, onset) == pytest.approx(tune)
    assert np.abs(tones).max() <= 1
    assert (np.diff(tones[:, INTENSITY]) > 0).tolist() == (np.diff(tune[:, 3]) > 0).tolist()


def test_going_on_is_a_tone_at_a_time() -> None:
    torch.manual_seed(0)
    network = Generator(SHAPE).eval()
    given, noise = torch.randn(2, 4, 4), torch.randn(2, 6, 3)
    written = network.going_on(given, noise)
    assert written.shape == (2, 3, 4)
    whole, _ = network(torch.cat([given, written[:, :-1]], 1), noise)
    assert torch.allclose(whole[:, 3:], written, atol=1e-5)


def test_the_discriminator_reads_both_ways() -> None:
    torch.manual_seed(0)
    network, tones = Discriminator(SHAPE), torch.randn(1, 6, 4)
    other = tones.clone()
    other[:, -1] += 1
    _, features = network(tones)
    _, changed = network(other)
    assert not torch.allclose(features[:, 0], changed[:, 0])
    assert features.shape == (1, 6, 24)


def test_first_the_next_tone_is_foretold_then_the_game_is_played() -> None:
    game = Game(SHAPE, RECIPE, melodies())
    assert [set(game.step(step)) for step in (1, 2)] == [
        {"foretold"},
        {"generator", "matched", "discriminator"},
    ]


@pytest.mark.parametrize(("freezing", "rests"), [(0.0, False), (1e9, True)])
def test_a_discriminator_that_is_ahead_rests(freezing: float, rests: bool) -> None:
    game = Game(SHAPE, replace(RECIPE, freezing=freezing), melodies())
    before = [p.clone() for p in game.discriminator.parameters()]
    game.step(3)
    same = all(torch.equal(a, b) for a, b in zip(before, game.discriminator.parameters(), strict=True))
    assert same is rests


def test_foretelling_is_learnt(tmp_path: Path) -> None:
    seen: list[float] = []
    recipe = replace(RECIPE, pretraining=60, steps=0)
    loud = np.stack([np.arange(20.0), np.full(20, 0.25), np.full(20, 90.0), np.full(20, 127.0)], 1)
    train(SHAPE, recipe, [loud], tmp_path, lambda step, found: seen.append(found["foretold"]))
    assert np.mean(seen[-5:]) < 0.2 * np.mean(seen[:5])


def test_a_resumed_run_ends_as_one_that_was_never_stopped(tmp_path: Path) -> None:
    seen: list[tuple[int, dict[str, float]]] = []
    train(SHAPE, RECIPE, melodies(), tmp_path / "a", lambda *found: seen.append(found))

    class Stop(Exception):
        pass

    def stop(step: int, found: dict[str, float]) -> None:
        if step == 4:
            raise Stop

    with pytest.raises(Stop):
        train(SHAPE, RECIPE, melodies(), tmp_path / "b", stop)
    again: list[tuple[int, dict[str, float]]] = []
    train(SHAPE, RECIPE, melodies(), tmp_path / "b", lambda *found: again.append(found))
    assert again == seen[3:]


def test_short_melodies_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 10 tones"):
        Game(SHAPE, RECIPE, [melody(10)])
