"""The network remembers, and training goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from works import two_part_works

from engine.lstm import training
from engine.lstm.config import Recipe, Shape, read_recipe
from engine.lstm.examples import Ints, batch, lines_of, pieces
from engine.lstm.network import Network
from engine.lstm.training import evaluated, losses, train

SHAPE = Shape(embedding=8, place=4, hidden=16, layers=2, dropout=0.1)
RECIPE = Recipe(
    steps=4, batch=2, events=12, learning_rate=0.01, seed=1, log_every=1, checkpoint_every=2, threads=1
)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return Network(SHAPE).eval()


def test_events_one_by_one_are_events_at_once(network: Network) -> None:
    events = torch.randint(2, 20, (1, 9, 3))
    whole = network(events)
    first = network(events[:, :4])
    memory = first[2]
    for step in range(4, 9):
        notes, durations, memory = network(events[:, step : step + 1], memory)
        assert torch.allclose(notes[:, 0], whole[0][:, step], atol=1e-5)
        assert torch.allclose(durations[:, 0], whole[1][:, step], atol=1e-5)


def test_attention_hears_what_the_layers_forgot(network: Network) -> None:
    events = torch.randint(2, 20, (1, 9, 3))
    _, _, memory = network(events)
    other = replace(memory, total=memory.total + 1)
    after = [network(events[:, :1], m)[0] for m in (memory, other)]
    assert not torch.allclose(*after)


def test_what_stands_behind_a_short_line_costs_nothing(network: Network) -> None:
    events = torch.randint(2, 20, (1, 9, 3))
    longer = torch.cat([events, torch.zeros(1, 4, 3, dtype=torch.long)], 1)
    assert [x.item() for x in losses(network, longer)] == pytest.approx(
        [x.item() for x in losses(network, events)]
    )


def test_lines_are_in_the_signature_without_accidentals() -> None:
    works = two_part_works(3)  # in C, G and D
    found = lines_of(works)
    keys = [[int(note) - 2 for note in line[:4, 0]] for line in found]
    written = [[int(k) for k in work.score.notes[work.score.notes[:, 1] == 0][:4, 7]] for work in works]
    assert [b - a for a, b in zip(keys[1], written[1], strict=True)] == [-5] * 4
    assert [b - a for a, b in zip(keys[2], written[2], strict=True)] == [2] * 4


def test_pieces_overlap_by_the_event_that_is_only_asked_for() -> None:
    line = np.arange(30).reshape(10, 3)
    assert [piece[:, 0].tolist() for piece in pieces([line], 4)] == [[0, 3, 6, 9, 12], [12, 15, 18, 21, 24]]


def test_short_lines_are_filled_with_nothing() -> None:
    found = batch([np.full((3, 3), 5)], 2, 6, np.random.default_rng(0))
    assert found.shape == (2, 7, 3) and found[:, :3].min() == 5 and found[:, 3:].max() == 0


def test_a_resumed_run_ends_as_one_that_was_never_stopped(tmp_path: Path) -> None:
    works = two_part_works(2)
    whole = train(SHAPE, RECIPE, works, works, tmp_path / "a", lambda step, found: None)

    class Stop(Exception):
        pass

    def stop(step: int, found: dict[str, float]) -> None:
        if step == 3:
            raise Stop

    with pytest.raises(Stop):
        train(SHAPE, RECIPE, works, works, tmp_path / "b", stop)
    assert train(SHAPE, RECIPE, works, works, tmp_path / "b", lambda step, found: None) == whole


def test_lines_are_heard_when_a_checkpoint_is_written_and_only_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counted: list[dict[str, float]] = []

    def counting(network: Network, lines: Sequence[Ints], recipe: Recipe) -> dict[str, float]:
        counted.append(evaluated(network, lines, recipe))
        return counted[-1]

    monkeypatch.setattr(training, "evaluated", counting)
    recipe, works = replace(RECIPE, steps=5, log_every=3), two_part_works(2)
    found = train(SHAPE, recipe, works, works, tmp_path, lambda step, found: None)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 3, 4, 5]
    assert [line.get("valid note") for line in lines] == [
        counted[0]["valid note"], None, *(figures["valid note"] for figures in counted[1:])
    ]  # fmt: skip
    assert len(counted) == 3 and found == counted[2]
    assert train(SHAPE, recipe, works, works, tmp_path, lambda step, found: None) == found


def test_it_learns(tmp_path: Path) -> None:
    seen: list[float] = []
    recipe = replace(RECIPE, steps=40)
    train(SHAPE, recipe, two_part_works(2), [], tmp_path, lambda s, found: seen.append(sum(found.values())))
    assert np.mean(seen[-5:]) < 0.6 * np.mean(seen[:5])


def test_works_without_a_line_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no line"):
        train(SHAPE, RECIPE, [], [], tmp_path, lambda step, found: None)


def test_the_shipped_configuration_is_read() -> None:
    shape, recipe = read_recipe({"lstm": {"hidden": 9}, "training": dict.fromkeys(_NEEDED, 1)})
    assert (shape.hidden, recipe.events) == (9, 1)


_NEEDED = ("steps", "batch", "events", "learning_rate", "seed", "log_every", "checkpoint_every")
