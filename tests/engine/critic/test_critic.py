"""The critic's odds, and its weights on disk."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from critic.by_hand import critic_by_hand
from works import two_part_score

from engine.critic import critic as module
from engine.critic.critic import Critic, load_critic, normal, save_critic, shipped
from engine.critic.material import NATS, matrix, pieces_of
from engine.interface import Passage
from engine.pitch import Pitch
from engine.score import Note

NOTE = Note(Fraction(0), Fraction(4), Pitch("B", 0, 3))
ONSETS = "onsets a quarter"


def passage_of(measures=8):
    return Passage(two_part_score(measures), frozenset((1, m) for m in range(measures)))


def written_for(passage, *notes):
    return dict.fromkeys(passage.mask, notes)


def whole_critic(names, seed=1):
    """Networks without sense that look at everything."""
    rng = np.random.default_rng(seed)
    n, hidden, features = 3, 5, len(names)
    shapes = [(features,), (features,), (n, features, hidden), (n, hidden), (n, hidden), (n,)]
    mean, spread, into, inside, out, bias = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    arrays = (mean, np.abs(spread), into, inside, out, bias)
    return Critic(names, *(array.astype(np.float64) for array in arrays))


@pytest.fixture(scope="module")
def names():
    return matrix(pieces_of(passage_of(), written_for(passage_of(), NOTE)), [0.0, 0.0])[1]


@pytest.mark.parametrize(
    "order", ["C", "F"]
)  # as training gives them, they lie in memory the other way round
def test_weights_come_back_as_they_were(tmp_path, names, order):
    critic = whole_critic(names)
    critic = replace(critic, into=np.asarray(critic.into, order=order))
    save_critic(tmp_path / "own", critic, {"seed": 3})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.json", "own.safetensors"]
    loaded = load_critic(tmp_path / "own")
    for field in fields(Critic):
        assert np.array_equal(getattr(loaded, field.name), getattr(critic, field.name)), field.name
    assert json.loads((tmp_path / "own.json").read_text())["seed"] == 3
    passage = passage_of()
    written = written_for(passage, NOTE)
    assert loaded.score(passage, written, 2.0) == critic.score(passage, written, 2.0)


def test_missing_weights_are_an_error(tmp_path):
    with pytest.raises(OSError, match="own"):
        load_critic(tmp_path / "own")
    save_critic(tmp_path / "own", critic_by_hand([{NATS: 1.0}]), {})
    (tmp_path / "own.safetensors").unlink()
    with pytest.raises(OSError, match="own"):
        load_critic(tmp_path / "own")


def test_the_shipped_critic_is_loaded_once(tmp_path, monkeypatch):
    save_critic(tmp_path / "own", critic_by_hand([{NATS: 1.0}]), {})
    monkeypatch.setattr(module, "SHIPPED", tmp_path / "own")
    shipped.cache_clear()
    try:
        assert shipped().names == (NATS,) and shipped() is shipped()
    finally:
        shipped.cache_clear()


def test_the_odds_of_all_networks_are_averaged():
    passage = passage_of(4)
    pieces = pieces_of(passage, written_for(passage, NOTE))
    critic = critic_by_hand([{NATS: -1.0, ONSETS: 0.0}, {NATS: -2.0, ONSETS: 0.0}, {NATS: 0.0, ONSETS: 6.0}])
    (odds,) = critic.odds(pieces, [2.0])
    assert odds == pytest.approx((-2 - 4 + 6 / 4) / 3)


def test_a_hidden_unit_below_zero_is_silent_and_the_rest_counts():
    critic = replace(
        critic_by_hand([{NATS: 1.0}]),
        hidden=np.array([[0.5, -9.0]]),
        out=np.array([[2.0, 5.0]]),
        bias=np.array([-1.0]),
    )
    passage = passage_of(4)
    assert critic.odds(pieces_of(passage, written_for(passage, NOTE)), [1.0]).tolist() == [2 * (1 + 0.5) - 1]


def test_features_are_in_standard_deviations_and_far_ones_are_brought_near():
    rows = np.array([[5.0, 3.0, 1e6], [1.0, 3.5, -1e6]])
    found = normal(rows, np.array([3.0, 3.0, 0.0]), np.array([2.0, 0.0, 1.0]))
    assert found.tolist() == [[1, 0, 4], [-1, 0.5, -4]]


def test_a_far_value_says_no_more_than_four_deviations():
    passage, critic = passage_of(), critic_by_hand([{NATS: -1.0}], mean=2.0, spread=0.5)
    written = written_for(passage, NOTE)
    assert [critic.score(passage, written, nats) for nats in (2.0, 2.5, 4.0, 4.5, 900.0)] == [
        0,
        -1,
        -4,
        -4,
        -4,
    ]


def test_measures_count_alike_in_pieces_of_any_length():
    """One whole note in each of four measures, eight notes in the fifth."""
    passage = passage_of(5)
    eighths = tuple(replace(NOTE, onset=Fraction(i, 2), duration=Fraction(1, 2)) for i in range(8))
    written = written_for(passage, NOTE) | {(1, 4): eighths}
    critic = critic_by_hand([{ONSETS: 1.0}])
    assert critic.score(passage, written, 0.0) == pytest.approx((4 * 0.25 + 2.0) / 5)


def test_what_the_engine_finds_unlikely_counts_for_every_piece():
    passage = passage_of(9)
    assert critic_by_hand([{NATS: -1.0}]).score(passage, written_for(passage, NOTE), 1.5) == pytest.approx(
        -1.5
    )


@pytest.mark.parametrize("measures", [1, 4, 5])
@pytest.mark.parametrize("notes", [(), (NOTE,)])
def test_every_take_has_odds(names, measures, notes):
    passage = passage_of(measures)
    assert np.isfinite(whole_critic(names).score(passage, written_for(passage, *notes), 0.0))


def test_the_shipped_critic_knows_what_it_looks_at(names):
    critic, passage = shipped(), passage_of()
    assert critic.names == names and critic.into.shape[:2] == (len(critic.bias), len(names))
    odds = [critic.score(passage, written_for(passage, *notes), 1.5) for notes in ((), (NOTE,))]
    assert np.isfinite(odds).all() and odds[0] != odds[1]
