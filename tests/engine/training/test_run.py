from __future__ import annotations

import json

import pytest
import torch
from works import two_part_works

from engine.training import run as training
from engine.training.config import CONFIGS, TrainingConfig, load_config
from engine.training.run import composers_of, train
from engine.training.validation import evaluate
from engine.training.weights import load_weights
from engine.transformer.info import Size


class Stop(Exception):
    pass


def run(out, report=lambda step, numbers: None):
    model, recipe = load_config("tiny", ["model.dropout=0.3"])
    works = two_part_works(4)
    return train(model, recipe, works[:3], works[3:], out, report)


def test_a_run_that_was_stopped_ends_like_one_that_was_not(tmp_path):
    def stop(step, numbers):
        if step == 3:  # after the checkpoint of step 2: step 3 is done again
            raise Stop

    with pytest.raises(Stop):
        run(tmp_path / "a", stop)
    resumed, whole = run(tmp_path / "a"), run(tmp_path / "b")
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()


def test_what_a_run_leaves(tmp_path):
    seen = []
    network = run(tmp_path, lambda step, numbers: seen.append((step, "validation" in numbers)))
    assert seen == [(1, False), (2, True), (3, False), (4, True)]
    meta = json.loads((tmp_path / "model.json").read_text())
    assert meta["parameters"] == network.parameter_count and meta["validation"]["validation"] > 0
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2
    loaded = load_weights(tmp_path / "model")
    for name, weight in network.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], weight, rtol=0.01, atol=0.01)
    assert Size("own", tmp_path / "model").load().info.parameters == network.parameter_count


def test_validation_is_counted_once_and_of_a_run_that_was_done_already(tmp_path, monkeypatch):
    counted = []

    def counting(*given):
        counted.append(evaluate(*given))
        return counted[-1]

    monkeypatch.setattr(training, "evaluate", counting)
    run(tmp_path)
    meta = (tmp_path / "model.json").read_text()
    assert len(counted) == 2 and json.loads(meta)["validation"] == counted[1]
    seen = []
    run(tmp_path, lambda *found: seen.append(found))
    assert seen == [(4, counted[1])]
    assert (tmp_path / "model.json").read_text() == meta
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2


def test_training_learns(tmp_path):
    model, recipe = load_config("tiny")
    works = two_part_works(4)
    settings = {name: getattr(recipe, name) for name in recipe.__slots__} | {
        "steps": 40,
        "validate_every": 10,
    }
    train(model, TrainingConfig(**settings), works[:3], works[3:], tmp_path, lambda step, numbers: None)
    losses = [json.loads(line)["validation"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert losses[-1] < losses[0] - 1


TRANSFORMERS = sorted(
    path for path in CONFIGS.glob("*.toml") if "[model]" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("path", TRANSFORMERS, ids=lambda p: p.stem)
def test_every_shipped_configuration_parses(path):
    model, recipe = load_config(str(path))
    assert model["width"] == 64 * model["heads"]
    assert 0 < recipe.rate(0) <= recipe.learning_rate
    assert recipe.rate(recipe.steps - 1) < recipe.learning_rate


def test_only_frequent_composers_get_a_token():
    works = two_part_works(25)
    for work in works[:21]:
        work.composer = "Often"
    for work in works[21:]:
        work.composer = "Seldom"
    assert composers_of(works) == ("Often",)
