"""A grown network answers as the one it began as, and all that is new of it learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from works import two_part_works

from engine.training import growth
from engine.training import run as training
from engine.training.config import TrainingConfig, load_config
from engine.training.examples import Batch, Examples
from engine.training.growth import GrowthError, grow
from engine.training.losses import field_losses
from engine.training.run import make_optimizers, train
from engine.training.weights import save_weights
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network

SMALL = ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=1, feedforward=48)
RECIPE = load_config("tiny")[1]


def learnt(config: ModelConfig = SMALL) -> Network:
    """A network in which no matrix is zero, as after training."""
    network = Network(config)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return network.eval()


def batch() -> Batch:
    return Examples(two_part_works(3), (), 8, {"song": 1.0}, seed=1).batch(0, 4)


def losses(network: Network, of: Batch) -> torch.Tensor:
    """In float32, (6,)."""
    with torch.no_grad():
        return network.losses(network(of.known, of.known_at, of.rows, of.rows_at), of.targets)


@pytest.mark.parametrize(
    "more",
    [
        {"width": 128, "heads": 2},
        {"width": 192, "heads": 3},
        {"feedforward": 80},
        {"encoder_layers": 2},
        {"decoder_layers": 3},
        {
            "width": 128,
            "heads": 2,
            "encoder_layers": 3,
            "decoder_layers": 2,
            "feedforward": 112,
            "measures": 32,
        },
        {},
    ],
)
def test_it_answers_as_what_it_began_as(more: dict[str, int]) -> None:
    small, large = learnt(), Network(replace(SMALL, **more)).eval()
    asked = batch()
    before = losses(large, asked)
    grow(large, small)
    expected = losses(small, asked)
    assert not torch.allclose(before, expected, rtol=0.01)
    torch.testing.assert_close(losses(large, asked), expected, rtol=1e-4, atol=1e-3)


def test_all_of_it_learns() -> None:
    large = Network(replace(SMALL, width=128, heads=2, decoder_layers=2, feedforward=80))
    grow(large, learnt())
    optimizers = make_optimizers(large, RECIPE)
    begun = {name: weight.detach().clone() for name, weight in large.named_parameters()}
    for _ in range(3):  # the first moves what makes the new numbers, the next what reads them
        field_losses(large, batch())[0].sum().backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    for name, weight in large.named_parameters():
        if weight.ndim == 2 and "coder." in name:
            assert (weight != begun[name]).float().mean() > 0.95, name
    assert (
        large.write.table.weight[:, SMALL.width :].any()
        and not begun["write.table.weight"][:, SMALL.width :].any()
    )


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"width": 64, "heads": 1, "feedforward": 40}, "feedforward.up is larger"),
        ({"encoder_layers": 0}, "it has a encoder.0.norms.0 more"),
        ({"composers": ("Bach",)}, "it knows other composers"),
    ],
)
def test_what_is_no_part_of_it_is_refused(other: dict[str, Any], told: str) -> None:
    with pytest.raises(GrowthError, match=told):
        grow(Network(replace(SMALL, **other)), learnt())


def test_a_run_begins_as_the_weights_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    works = two_part_works(4)
    small = learnt()
    save_weights(tmp_path / "first", small, {"parameters": 1})
    monkeypatch.setattr(growth, "WEIGHTS", tmp_path)
    begun: list[torch.Tensor] = []

    def make(network: Network, recipe: TrainingConfig) -> list[torch.optim.Optimizer]:
        begun.append(losses(network.eval(), batch()))
        return make_optimizers(network, recipe)

    monkeypatch.setattr(training, "make_optimizers", make)
    model = replace(SMALL, width=128, heads=2).to_dict()
    recipe = replace(RECIPE, grown_from="first", steps=1)
    train(model, recipe, works[:3], works[3:], tmp_path / "run", lambda step, numbers: None)
    torch.testing.assert_close(begun[0], losses(small, batch()), rtol=0.02, atol=1.0)  # kept in bfloat16


@pytest.mark.parametrize("name", ["nothing", "notator", "../weights"])
def test_weights_that_are_no_transformer_are_refused(name: str, tmp_path: Path) -> None:
    works = two_part_works(4)
    recipe = replace(RECIPE, grown_from=name)
    with pytest.raises(GrowthError, match=f"no weights of a Transformer are shipped as {name}"):
        train(SMALL.to_dict(), recipe, works[:3], works[3:], tmp_path / "run", lambda step, numbers: None)
    assert not (tmp_path / "run/checkpoint.pt").exists()
