"""The critic learns to tell a silly writer from the works, and only where there is something to tell."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from evaluation.fake_engine import FakeEngine
from works import two_part_works

from engine.critic import training
from engine.critic.critic import load_critic
from engine.critic.material import NATS
from engine.critic.training import Material, Recipe, auc, collect, read_recipe, run, train
from engine.evaluation.scenarios import SCENARIOS
from engine.training.config import CONFIGS
from engine.training.works import NothingToLearnError

RECIPE = Recipe(
    works={"songs": 6},
    folds=3,
    hidden=4,
    passes=20,
    batch=8,
    learning_rate=0.02,
    weight_decay=0.0,
    dropout=0.0,
    seed=1,
)
WORKS = two_part_works(8, 28)


def silent(what, done, total):
    pass


@pytest.fixture(autouse=True)
def _without_likelihoods(monkeypatch):
    """The fake engine has none: all is told by the notes."""
    monkeypatch.setattr(training, "note_losses", lambda engine, excerpts: [(0.0, 9)] * len(excerpts))


def test_it_tells_a_silly_writer_from_works_that_it_does_not_know(tmp_path):
    told = []
    found = run(RECIPE, FakeEngine(), WORKS, tmp_path / "run", lambda *x: told.append(x))
    assert found > 0.95
    critic = load_critic(tmp_path / "run" / "model")
    meta = json.loads((tmp_path / "run" / "model.json").read_text())
    assert meta["recipe"]["works"] == {"songs": 6} and meta["told apart on works held out, AUC"] == round(
        found, 3
    )
    assert critic.into.shape[0] == 3 and NATS in critic.names
    assert ("songs", 12, 12) in told and told[-1] == ("learning", 3, 3)
    others = collect(replace(RECIPE, seed=7), FakeEngine(), two_part_works(16, 28)[8:], silent)
    odds = _odds(critic, others)
    assert auc(odds[others.real], odds[~others.real]) > 0.95


def _odds(critic, material):
    x = training.normal(material.rows, critic.mean, critic.spread)
    hidden = np.maximum(np.einsum("pf,nfh->pnh", x, critic.into) + critic.hidden, 0)
    return ((hidden * critic.out).sum(2) + critic.bias).mean(1)


def test_only_scenarios_with_excerpts_count():
    recipe = replace(RECIPE, works={"songs": 6, "pop": 6})
    songs, both = (collect(r, FakeEngine(), WORKS, silent) for r in (RECIPE, recipe))
    assert both.works.tolist() == songs.works.tolist()


def test_fewer_works_than_folds_are_nothing_to_learn_from(tmp_path):
    with pytest.raises(NothingToLearnError, match="excerpts of 2 works in these, for 3 folds"):
        run(RECIPE, FakeEngine(), WORKS[:2], tmp_path / "run", silent)
    assert not (tmp_path / "run").exists()


def test_the_seed_decides(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(replace(RECIPE, seed=seed, passes=2), FakeEngine(), WORKS, tmp_path / name, silent)
    a, b, c = ((tmp_path / name / "model.safetensors").read_bytes() for name in "abc")
    assert a == b != c


def test_both_sides_are_of_the_same_works():
    material = collect(RECIPE, FakeEngine(), WORKS, silent)
    assert material.rows.shape == (2 * 6 * 2 * 2, len(material.names))  # sides, works, excerpts, halves
    assert material.works[material.real].tolist() == material.works[~material.real].tolist()
    assert len(set(material.works)) == 6
    onsets = material.rows[:, material.names.index("onsets a quarter")]
    assert (onsets[~material.real] == 0.25).all() and (onsets[material.real] == 2).all()


def test_scenarios_may_be_left_out_and_likelihoods_go_with_their_excerpts(monkeypatch):
    monkeypatch.setattr(
        training, "note_losses", lambda engine, excerpts: [(float(i), 9) for i in range(len(excerpts))]
    )
    told = []
    material = collect(RECIPE, FakeEngine(), WORKS, lambda what, *_: told.append(what))
    nats = material.rows[material.real, material.names.index(NATS)]
    assert nats.tolist() == [float(i) for i in range(12) for _ in (0, 1)]
    assert set(told) == {"songs"}


def test_no_network_judges_works_that_it_has_learnt_from():
    """Each work has a feature of its own and is real or not: what is learnt by heart says nothing of another one."""
    names = np.repeat([f"w{i:02}" for i in range(24)], 4)
    rng = np.random.default_rng(0)
    real = np.repeat(rng.permutation([True, False] * 12), 4)
    rows = (names[:, None] == np.unique(names)).astype(np.float64)
    _, found = train(replace(RECIPE, passes=60), Material(rows, tuple(np.unique(names)), real, names), silent)
    assert found < 0.75
    known = replace(RECIPE, folds=2, passes=60)
    both = Material(rows, tuple(np.unique(names)), real, np.array([f"{i % 4}" for i in range(len(names))]))
    assert train(known, both, silent)[1] > 0.95  # where pieces of a work are on both sides, it can be learnt


def test_the_share_of_pairs_in_order():
    assert auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1
    assert auc(np.array([0.0]), np.array([0.0, 1.0])) == 0.25
    assert auc(np.array([1.0, 1.0]), np.array([1.0])) == 0.5


def test_the_shipped_recipe_can_be_read():
    recipe = read_recipe(tomllib.loads((CONFIGS / "critic.toml").read_text(encoding="utf-8")))
    assert set(recipe.works) <= {scenario.name for scenario in SCENARIOS} and recipe.folds > 1


def test_recipes_are_checked():
    with pytest.raises(KeyError):
        read_recipe({"training": {}})
    with pytest.raises(ValueError, match="no setting colour"):
        read_recipe({"critic": {"colour": 1}})
