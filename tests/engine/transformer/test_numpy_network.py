"""The network as it writes gives what the network gives that learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.transformer.cache import Cache
from engine.transformer.columns import DECODER, ENCODER, TARGETS
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network
from tests.engine.transformer.untrained import engine_of


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(0)
    network = Network(
        ModelConfig(width=128, heads=2, encoder_layers=2, decoder_layers=2, feedforward=96)
    ).eval()
    for parameter in network.parameters():  # the zeros and ones at the start would hide mistakes
        torch.nn.init.normal_(parameter, mean=0.2 * (parameter.ndim == 1), std=0.2)
    return network


@pytest.fixture
def inputs() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(1)
    known, rows = torch.randint(0, 3, (1, 7, len(ENCODER))), torch.randint(0, 3, (1, 300, len(DECODER)))
    known[:, :, 0] = 1
    return known, torch.rand(1, 7, 3) * 9, rows, torch.rand(1, 300, 3) * 9


def numpy_of(*tensors: torch.Tensor) -> list[np.ndarray]:
    return [tensor[0].numpy() for tensor in tensors]


@torch.no_grad()
def test_steps_equal_all_at_once_beyond_the_room_of_a_new_cache(network, inputs):
    written = engine_of(network).network
    known, known_at, rows, rows_at = numpy_of(*inputs)
    cache = written.encode(known, known_at)
    steps = np.stack([written.steps([(row, at, cache)])[0] for row, at in zip(rows, rows_at, strict=True)])
    whole = network(*inputs)[0].numpy()
    assert whole.std() > 0.5  # or likeness would mean little
    np.testing.assert_allclose(steps, whole, rtol=2e-3, atol=2e-3)


@torch.no_grad()
@pytest.mark.parametrize("ids", [[0] * 6, [5, 150, 2, 1, 40, 3], [190, 350, 1, 2, 700, 16]])
def test_the_fields_have_the_same_scores_after_the_same_choices(network, ids):
    heads, state = (
        engine_of(network).network.heads,
        torch.randn(128, generator=torch.Generator().manual_seed(2)),
    )
    h = state.numpy()
    for name, id in zip(TARGETS, ids, strict=True):
        scores = network.heads.logits(state, name).numpy()
        np.testing.assert_allclose(heads.logits(h, name), scores, rtol=1e-3, atol=1e-3)
        state, h = network.heads.chosen(state, name, torch.tensor(id)), heads.chosen(h, name, id)
        np.testing.assert_allclose(h, state.numpy(), rtol=1e-3, atol=1e-3)


def test_two_windows_do_not_know_of_each_other(network, inputs):
    written = engine_of(network).network
    known, known_at, rows, rows_at = numpy_of(*inputs)

    def some(cache: Cache, count: int) -> list[np.ndarray]:
        return [written.steps([(rows[i], rows_at[i], cache)])[0] for i in range(count)]

    alone = some(written.encode(known, known_at), 4)
    one, other = written.encode(known, known_at), written.encode(known[:3], known_at[:3])
    between = []
    for i in range(4):
        own, _ = written.steps([(rows[i], rows_at[i], one), (rows[-i], rows_at[-i], other)])
        between.append(own)
    assert all((a == b).all() for a, b in zip(alone, between, strict=True))
