from __future__ import annotations

import pytest
import torch

from engine.transformer.columns import DECODER, ENCODER, TARGETS
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = Network(
        ModelConfig(width=64, heads=1, encoder_layers=2, decoder_layers=2, feedforward=32)
    ).eval()
    for parameter in network.parameters():  # the zeros at the start would hide mistakes
        torch.nn.init.normal_(parameter, std=0.2)
    return network


@pytest.fixture
def inputs():
    torch.manual_seed(1)
    known, rows = torch.randint(0, 3, (2, 7, len(ENCODER))), torch.randint(0, 3, (2, 5, len(DECODER)))
    known[:, :, 0] = 1
    return known, torch.rand(2, 7, 3) * 9, rows, torch.rand(2, 5, 3) * 9


@torch.no_grad()
def test_padding_changes_nothing(network, inputs):
    known, known_at, rows, rows_at = inputs
    plain = network(known, known_at, rows, rows_at)
    padded = torch.nn.functional.pad(known, (0, 0, 0, 4))
    padded_at = torch.nn.functional.pad(known_at, (0, 0, 0, 4))
    torch.testing.assert_close(network(padded, padded_at, rows, rows_at), plain, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_row_does_not_see_what_comes_after(network, inputs):
    known, known_at, rows, rows_at = inputs
    before = network(known, known_at, rows, rows_at)
    changed = rows.clone()
    changed[:, 3] = 2 - changed[:, 3]
    after = network(known, known_at, changed, rows_at)
    torch.testing.assert_close(after[:, :3], before[:, :3])
    assert not torch.allclose(after[:, 3:], before[:, 3:])


@torch.no_grad()
def test_only_time_differences_matter(network, inputs):
    known, known_at, rows, rows_at = inputs
    moved = torch.tensor([12.0, 0.0, 3.0])
    torch.testing.assert_close(
        network(known, known_at + moved, rows, rows_at + moved),
        network(known, known_at, rows, rows_at),
        rtol=1e-3,
        atol=1e-3,
    )


def test_targets_of_zero_are_not_scored(network):
    hidden = torch.randn(1, 4, 64)
    targets = torch.zeros(1, 4, len(TARGETS), dtype=torch.long)
    assert network.losses(hidden, targets).sum() == 0
    targets[0, 1] = 1
    once = network.losses(hidden, targets)
    assert (once > 0).all()
    torch.testing.assert_close(network.losses(hidden[:, 1:2], targets[:, 1:2]), once)
