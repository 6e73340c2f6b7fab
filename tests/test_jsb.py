from __future__ import annotations

import re
from math import log

import numpy as np
import pytest
import torch

from benchmarks.jsb import KEYS, losses, mixed_losses, naive, report
from bridge.corpus.jsb import chorale
from engine.encoding import encode
from engine.training.examples import rows_of
from engine.training.validation import evaluate, whole_batches
from engine.training.whole import moved, whole_window
from engine.training.works import Work
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network

Rows = list[list[int]]


def made(name: str, rows: Rows) -> Work:
    return Work(name, "hymn", "", encode(chorale(rows)))


def works() -> list[Work]:
    long = [[72 + i // 4 % 3, 67, 60, 48] for i in range(40)]
    return [made("a", long), made("b", [[-1, 67, 60, 48]] * 8 + [[74, 65, 62, 50]] * 8)]


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return Network(ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=1, feedforward=64)).eval()


def test_naive_models_by_hand() -> None:
    training = [np.array([[60, 50], [60, 50], [62, 50]], np.int16)]
    validation = [np.array([[60, 50], [62, 50]], np.int16)]  # four values: rest, 50, 60, 62
    uniform, unigram, bigram = naive(training, validation).values()
    assert uniform == pytest.approx(log(4))
    first = [3 / 7, 4 / 7]  # 60 in the upper voice, 50 in the lower, one added to each of four
    assert unigram == pytest.approx(-np.log([*first, 2 / 7, 4 / 7]).mean())
    assert bigram == pytest.approx(-np.log([*first, 2 / 6, 3 / 6]).mean())


def test_the_figure_is_all_losses_and_the_length_over_all_cells(network: Network) -> None:
    chorales = works()
    nats = sum(losses(network, work).sum() + log(256) for work in chorales)
    cells, sounding = 4 * 40 + 4 * 16, 4 * 40 + 4 * 16 - 8
    text = "\n".join(report(network, chorales, chorales))
    assert f"| **the network** | **{nats / cells:.3f}**" in text
    assert f"2 chorales, {cells} cells" in text and f"({sounding}) {nats / sounding:.3f}" in text
    fields = [
        float(x) for x in re.findall(r"\| ([\d.]+) \|$", text.split("Where it comes from")[1], re.MULTILINE)
    ]
    assert len(fields) == 7 and sum(fields) == pytest.approx(nats / cells, abs=1e-3)


def test_it_is_what_training_validates_by(network: Network) -> None:
    chorales = works()
    notes = sum(len(work.score.notes) for work in chorales)
    nats = sum(losses(network, work).sum() for work in chorales)
    validated = evaluate(network, whole_batches(chorales), torch.device("cpu"))["validation"]
    assert validated == pytest.approx(nats / notes, rel=0.02)  # bfloat16


def test_a_surer_network_has_a_smaller_loss(network: Network) -> None:
    work = works()[1]
    before = losses(network, work).sum()
    with torch.no_grad():
        network.heads.outputs[2].bias[1] += 10  # staff 1, where all of it stands
    assert losses(network, work)[:, 2].sum() < 0.01
    assert losses(network, work).sum() < before


def test_the_mixture_is_the_mean_of_the_odds_in_all_keys(network: Network) -> None:
    work = works()[1]
    one = losses(network, work).sum(1)
    assert mixed_losses(network, work, 0) == pytest.approx(one)
    keys = np.array([losses(network, moved(work, by)).sum(1) for by in range(-KEYS, KEYS + 1)])
    assert np.exp(-mixed_losses(network, work, KEYS)) == pytest.approx(np.exp(-keys).mean(0))
    assert not np.allclose(keys[0], one)


def test_no_key_loses_an_event() -> None:
    for work in works():
        counted = {(rows_of(whole_window(moved(work, by)))[4] > 0).sum() for by in range(-KEYS, KEYS + 1)}
        assert len(counted) == 1
