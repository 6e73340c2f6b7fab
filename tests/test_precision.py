from __future__ import annotations

import numpy as np
import pytest
import torch
from evaluation.fake_engine import FakeEngine
from works import two_part_works

pytest.importorskip("sklearn")

from benchmarks.excerpts import composed, written
from benchmarks.precision import (
    HUMAN,
    INTEGERS,
    OTHER_SEEDS,
    STORED,
    Bfloat16,
    bfloat16,
    in_bfloat16,
    in_int8,
    in_numpy,
    quality,
    rounded,
)
from engine.evaluation import judges
from engine.evaluation.scenarios import SCENARIOS, draw_excerpts
from engine.interface import Sampling
from engine.transformer.columns import DECODER, ENCODER
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network
from engine.transformer.numpy_network import NumpyNetwork


def network() -> Network:
    torch.manual_seed(0)
    made = Network(ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=2, feedforward=64)).eval()
    for parameter in made.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=0.1)  # at first some are zero
    return made


def state(network: NumpyNetwork) -> np.ndarray:
    known = np.ones((3, len(ENCODER)), np.int16)
    cache = network.encode(known, np.ones((3, 3), np.float32))
    (found,) = network.steps([(np.ones(len(DECODER), np.int16), np.ones(3, np.float32), cache)])
    return found


def test_int8_has_255_steps_for_each_row() -> None:
    weights = torch.randn(3, 4000) * torch.tensor([[1.0], [1e-3], [0.0]])
    step = weights.abs().amax(1, keepdim=True) / 127
    found = rounded(weights)
    assert ((found - weights).abs() <= step / 2 * 1.001).all()
    assert len(found[0].unique()) > 150 and all(len(row.unique()) <= 255 for row in found)


def test_products_are_those_of_bfloat16() -> None:
    rng = np.random.default_rng(0)
    rows, weight = (rng.normal(size=shape).astype(np.float32) for shape in ((5, 64), (64, 32)))
    found = rows @ bfloat16(weight).view(Bfloat16)
    theirs = torch.from_numpy(rows).bfloat16() @ torch.from_numpy(weight).bfloat16()
    assert type(found) is np.ndarray and found.dtype == np.float32
    np.testing.assert_array_equal(found, bfloat16(found))
    np.testing.assert_allclose(found, theirs.float().numpy(), rtol=2**-7, atol=1e-6)


def test_all_matrices_of_a_network_are_in_bfloat16() -> None:
    small = in_bfloat16(network())
    layer, heads = small._decoder[0], small.heads
    for matrix in (layer._projected, layer.listening.out, layer._feedforward.down, *heads._outputs):
        assert isinstance(matrix, Bfloat16)
        np.testing.assert_array_equal(matrix, bfloat16(matrix))
    assert not isinstance(in_numpy(network())._decoder[0]._projected, Bfloat16)


@pytest.mark.parametrize("less", [in_bfloat16, lambda network: in_numpy(in_int8(network))])
def test_a_state_is_nearly_that_of_float32(less) -> None:
    full, found = state(in_numpy(network())), state(less(network()))
    assert 1e-5 < np.linalg.norm(found - full) / np.linalg.norm(full) < 0.05


def test_quality(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "_TREES", 10)
    monkeypatch.setattr(judges, "_DRAWS", 20)
    excerpts = draw_excerpts(two_part_works(5, 28), SCENARIOS[0], 5, 0)
    shipped = written(FakeEngine(), excerpts, Sampling())
    other = written(FakeEngine(), excerpts, Sampling(1))  # another octave
    found = {
        HUMAN: composed(excerpts),
        STORED: shipped,
        INTEGERS: [*shipped[:5], *other[5:]],
        OTHER_SEEDS: other,
    }
    heads, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in quality(excerpts, found)]
    table = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    assert list(table) == list(found)
    assert [row["same notes as shipped"] for row in table.values()] == ["–", "100%", "50%", "0%"]
    assert table[HUMAN]["onsets a quarter"] == "2.000" and table[STORED]["onsets a quarter"] == "0.250"
    assert table[STORED]["told from human by the forest, AUC"] == "1.00 [1.00, 1.00]"
