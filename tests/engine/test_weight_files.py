from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

from engine import weight_files as files
from engine.tensors import load_tensors, save_network
from engine.training.weights import load_weights, save_weights
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network
from engine.weight_files import read_meta, weight_files, write_weights

TENSORS = {
    name: np.full(size, i, np.float32)
    for i, (name, size) in enumerate(zip("abcd", (3, 5, 1, 9), strict=True))
}


def write(path: Path, largest: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(files, "LARGEST", largest)
    write_weights(path, TENSORS, save_file, {"kind": "a test"})
    return [file.name for file in weight_files(path)]


@pytest.mark.parametrize(
    ("largest", "count"),
    [(72, 1), (71, 2), (36, 2), (32, 3), (20, 4), (1, 4)],  # bytes; one tensor is 36
)
def test_tensors_are_in_as_few_files_as_may_be_and_all_come_back(
    largest: int, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = write(tmp_path / "own", largest, monkeypatch)
    assert len(names) == count and (names == ["own.safetensors"]) == (count == 1)
    found = {name: array for file in names for name, array in load_file(tmp_path / file).items()}
    assert list(found) == list(TENSORS) and all((found[name] == TENSORS[name]).all() for name in TENSORS)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["own.json", *names])
    assert (
        read_meta(tmp_path / "own") == {"kind": "a test"} == json.loads((tmp_path / "own.json").read_text())
    )
    sizes = [sum(a.nbytes for a in load_file(tmp_path / file).values()) for file in names]
    assert all(
        size <= largest or len(load_file(tmp_path / name)) == 1
        for size, name in zip(sizes, names, strict=True)
    )


@pytest.mark.parametrize(("before", "after"), [(100, 20), (20, 100), (20, 36), (36, 36)])
def test_files_of_weights_that_were_there_before_do_not_stay(
    before: int, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "own", before, monkeypatch)
    names = write(tmp_path / "own", after, monkeypatch)
    assert sorted(path.name for path in tmp_path.glob("*.safetensors")) == sorted(names)


def test_a_missing_piece_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 100_000)
    network = Network(ModelConfig(width=64, heads=1, feedforward=64, encoder_layers=1, decoder_layers=1))
    save_weights(tmp_path / "own", network, {})
    assert len(weight_files(tmp_path / "own")) > 2
    loaded = load_weights(tmp_path / "own").state_dict()
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(loaded[name], tensor.bfloat16().float(), rtol=0, atol=0)
    weight_files(tmp_path / "own")[1].unlink()
    with pytest.raises(FileNotFoundError, match="own-2-of-"):
        load_weights(tmp_path / "own")


def test_other_networks_are_kept_in_pieces_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 50)
    one, other = nn.Linear(5, 6), nn.Linear(5, 6)
    save_network(tmp_path / "own", one, {}, {}, torch.float32)
    load_tensors(tmp_path / "own", other)
    assert torch.equal(one.weight, other.weight) and torch.equal(one.bias, other.bias)
    assert len(weight_files(tmp_path / "own")) == 2
