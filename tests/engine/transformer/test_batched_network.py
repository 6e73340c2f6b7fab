"""Many windows in one step: each gets what it would get alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from works import two_part_score, two_part_works

from engine.device import CPU, CUDA, VARIABLE, choose, chosen, together
from engine.interface import Controls, Passage, Sampling, written
from engine.training.examples import make_window, rows_of
from engine.training.weights import load_weights
from engine.transformer import batched_network
from engine.transformer.batched_network import BatchedNetwork
from engine.transformer.columns import T_, TARGETS
from engine.transformer.engine import TransformerEngine
from engine.transformer.info import SMALL
from engine.transformer.weights import load_network

DEVICES = [
    CPU,
    pytest.param(CUDA, marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")),
]


def rows(seed: int, measures: int = 6):
    """Known rows, their positions, written rows, their positions and targets of a window."""
    work = two_part_works(seed + 1, measures)[seed]
    mask = np.zeros((measures, 2), np.bool_)
    mask[seed % 3 :, 1] = True
    return rows_of(make_window(work, 0, mask, np.ones(2, np.bool_), None, {}))


@pytest.fixture(scope="module")
def alone():
    return load_network(SMALL.path)


def states_alone(network, window):
    known, known_at, written_rows, at, _ = window
    cache = network.encode(known, known_at)
    return [network.steps([(*row, cache)])[0] for row in zip(written_rows, at, strict=True)]


@pytest.mark.parametrize("device", DEVICES)
def test_windows_come_and_go_and_each_gets_what_it_gets_alone(alone, monkeypatch, device):
    monkeypatch.setattr(batched_network, "_SLOTS", 2)  # so that slots, rows and what is known need more room
    monkeypatch.setattr(batched_network, "_ROOM", 16)
    network = BatchedNetwork(load_weights(SMALL.path), device, torch.float32)
    windows = {i: rows(i) for i in range(5)}
    under_way: dict[int, object] = {}
    found: dict[int, list] = {i: [] for i in windows}
    rng, waiting = np.random.default_rng(0), list(windows)
    while waiting or under_way:
        if waiting and (not under_way or rng.random() < 0.1):
            i = waiting.pop(0)
            under_way[i] = network.encode(*windows[i][:2])
        some = [i for i in under_way if rng.random() < 0.8]  # the others rest
        at = [len(found[i]) for i in some]
        asked = [(windows[i][2][n], windows[i][3][n], under_way[i]) for i, n in zip(some, at, strict=True)]
        for i, state in zip(some, network.steps(asked) if asked else [], strict=True):
            found[i].append(state.copy())
            if len(found[i]) == len(windows[i][2]):
                del under_way[i]  # its slot is free for the next
        asked.clear()
    for i, window in windows.items():
        np.testing.assert_allclose(found[i], states_alone(alone, window), rtol=1e-3, atol=2e-3)
    assert sorted(network._free) == list(range(len(network._free)))  # nothing is held any more


def loss(network, window) -> float:
    """Nats a note of the window's own notes, each state asked as it is when it writes."""
    known, known_at, written_rows, at, targets = window
    memory, nats = network.encode(known, known_at), 0.0
    for row, place, target in zip(written_rows, at, targets, strict=True):
        (h,) = network.steps([(row, place, memory)])
        for name in TARGETS:
            id = int(target[T_[name]])
            if id:
                scores = network.heads.logits(h, name)[1:].astype(np.float64)
                nats += np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[id - 1]
            h = network.heads.chosen(h, name, id)
    return nats / (targets[:, 0] > 0).sum()


@pytest.mark.parametrize("device", DEVICES)
def test_bfloat16_gives_the_loss_of_float32_within_a_hundredth(alone, device):
    network = BatchedNetwork(load_weights(SMALL.path), device, torch.bfloat16)
    windows = [rows(i) for i in range(2)]
    exact = np.mean([loss(alone, window) for window in windows])
    assert np.mean([loss(network, window) for window in windows]) == pytest.approx(exact, rel=0.01)


def test_an_engine_writes_with_it():
    network = BatchedNetwork(load_weights(SMALL.path), CPU)
    engine = TransformerEngine(network, SMALL.describe())
    score = two_part_score(4)
    bare = replace(score, parts=(score.parts[0], replace(score.parts[1], cells=((),) * 4)))
    passage = Passage(bare, frozenset((1, m) for m in range(4)))
    here, there = (
        [cell.notes for cell in written(own, passage, Controls(), Sampling(3, temperature=0.01))]
        for own in (engine, TransformerEngine.load())
    )
    assert len(here) == 4 and here == there


def test_the_device_is_that_of_the_environment(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert chosen() == CPU and together() == 4
    monkeypatch.setenv(VARIABLE, CPU)  # so that it is as before when the test has ended
    choose(CUDA)
    assert chosen() == CUDA and together() > 4
    choose("abacus")
    with pytest.raises(ValueError, match="OBBLIGATO_DEVICE is abacus; there are cpu, cuda"):
        chosen()
