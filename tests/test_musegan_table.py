"""The table of MuseGAN's paper counts what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from melody.untrained import untrained as line
from musegan.untrained import generator, untrained
from works import two_part_works

from benchmarks.musegan import (
    balanced_bound,
    by_engine,
    distances_to_given,
    drawn_phrases,
    drawn_places,
    generated,
    grid,
    listening,
    permutation_p,
    row,
    shuffled_distance,
)
from engine.musegan.config import Recipe
from engine.musegan.examples import Batch, Phrases
from engine.sounds.rolls import Roll


@pytest.fixture(scope="module")
def batch() -> Batch:
    phrases = Phrases(two_part_works(3), generator("piano").shape, Recipe(steps=1))
    return drawn_phrases(phrases, drawn_places(phrases, 6, 1), 1)


@pytest.mark.parametrize("sampled", [False, True])
def test_what_is_given_stays_and_the_rest_is_written_in_the_measure(batch: Batch, sampled: bool) -> None:
    short = replace(batch, frames=np.full_like(batch.frames, 0) + np.array([0, 72]))
    written = generated(generator("piano"), short, 1, sampled)
    assert (written[:, :, 0] == batch.rolls[:, :, 0]).all()
    assert written[:, :, 1:, :72].any() and not written[:, :, 1:, 72:].any()


def test_single_players_have_a_key_at_a_time(batch: Batch) -> None:
    rolls = np.repeat(batch.rolls[:, :, :1], 4, 2)
    four = Batch(rolls, rolls, batch.metres, batch.frames, np.zeros((6, 4), np.bool_))
    written = generated(generator("string-quartet"), four, 1)
    assert written.any() and written.sum(-1).max() == 1
    assert generated(generator("string-quartet"), four, 1, sampled=True).sum(-1).max() > 1


def test_a_model_from_scratch_hears_nothing(batch: Batch) -> None:
    other = replace(batch, rolls=np.roll(batch.rolls, 1, 0))
    scratch, conditional = (generator("piano", conditional=flag) for flag in (False, True))
    assert (generated(scratch, batch, 1) == generated(scratch, other, 1)).all()
    assert (generated(conditional, batch, 1) != generated(conditional, other, 1)).any()


def test_a_row_leaves_out_what_is_given(batch: Batch) -> None:
    _, name, empty, *_ = row("x", batch.rolls, True).split("|")
    assert (name.strip(), empty.split()[0], len(empty.split())) == ("x", "–", 3)


def in_tune() -> Roll:
    """Four phrases of two tracks that have the same key, another in every phrase."""
    rolls = np.zeros((4, 4, 2, 96, 84), np.bool_)
    for phrase, key in enumerate((0, 1, 2, 6)):
        rolls[phrase, :, :, :, 36 + key] = True
    return rolls


def test_tracks_of_other_phrases_are_further_apart() -> None:
    assert shuffled_distance(in_tune()) > 0.5
    assert distances_to_given(in_tune(), in_tune()[:, :, 0]).tolist() == [0.0] * 4
    assert (distances_to_given(in_tune(), np.roll(in_tune(), 1, 0)[:, :, 0]) > 0.5).all()


def test_chance_seldom_gives_differences_that_are_all_on_one_side() -> None:
    assert permutation_p(-np.ones(20)) < 0.001
    assert permutation_p(np.array([1.0, -1.0] * 10)) > 0.4
    assert permutation_p(np.ones(20)) > 0.99


def test_a_model_that_hears_changes_what_it_writes(batch: Batch) -> None:
    network = generator("piano")
    said = listening(network, batch, generated(network, batch, 1), 1)
    changed = float(said.split("|")[1].strip().rstrip("%"))
    assert changed > 0


def test_a_strophe_with_the_same_given_track_is_no_swap(batch: Batch) -> None:
    network = generator("piano")
    others = batch.others.copy()
    others[0, :, 0] = batch.rolls[0, :, 0]
    found = generated(network, batch, 1)
    counted = [
        int(listening(network, replace(batch, others=given), found, 1).split("|")[4])
        for given in (batch.others, others)
    ]
    assert counted[0] == counted[1] + 1


def test_a_grid_has_a_row_of_pixels_for_each_key(batch: Batch) -> None:
    picture = grid(batch.rolls[:2])
    assert picture.shape == (3 * 84, 2 * 4 * 48)
    assert set(np.unique(picture)) == {0, 200, 255}


def test_other_engines_write_to_the_same_phrases() -> None:
    phrases = Phrases(two_part_works(2), generator("piano").shape, Recipe(steps=1))
    places = drawn_places(phrases, 3, 1)
    batch = drawn_phrases(phrases, places, 1)
    found = by_engine(untrained(), phrases, places, line=False)
    assert found.shape == batch.rolls.shape and found[:, :, 1:].any()
    alone = by_engine(line("lstm"), phrases, places, line=True)
    assert alone.shape == (3, 2, 1, 96, 84) and alone.any()
    assert row("x", alone, False).split("|")[-2].strip() == "–"


def test_of_silence_nothing_is_said(batch: Batch) -> None:
    silent = np.zeros_like(batch.rolls)
    assert row("x", silent, False) == "| x | 100.0 100.0 100.0 | – – – | – – – | – – – | – |"
    mute = generator("piano")
    for measure in mute.measures:
        torch.nn.init.constant_(cast(torch.nn.Linear, measure.steps).bias, -90.0)
    assert listening(mute, batch, generated(mute, batch, 1), 1) == "| 0.0% | – | – | 0 | – |"


def test_a_bound_leaves_as_many_measures_empty_as_composers_do(batch: Batch) -> None:
    rolls = batch.rolls.copy()
    rolls[:, :2, 1:] = False  # half of what is to be written
    half = replace(batch, rolls=rolls)
    network = generator("piano")
    bound = balanced_bound(network, half, 1)
    found = generated(network, half, 1, bound=bound)[:, :, 1:]
    assert (~found.any((3, 4))).mean() == pytest.approx(0.5, abs=0.05)
