"""A checkpoint goes back into the networks that it was of, and into no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.training.checkpoint import OtherRunError, restored, run_of, save_checkpoint


@dataclass
class Shape:
    width: int = 2


@dataclass
class Recipe:
    steps: int = 7
    threads: int = 1
    validate_every: int = 2
    checkpoint_every: int = 2
    log_every: int = 2
    seed: int = 1


DATA = (b"a", b"b")
RUN = run_of(Shape(), Recipe(), DATA)


def made(*sizes: int) -> tuple[list[nn.Module], list[torch.optim.Optimizer]]:
    networks: list[nn.Module] = [nn.Linear(size, 1) for size in sizes]
    return networks, [torch.optim.Adam(network.parameters()) for network in networks]


def stepped(*sizes: int) -> tuple[list[nn.Module], list[torch.optim.Optimizer]]:
    """After a step, so that the optimizers remember one."""
    networks, optimizers = made(*sizes)
    for network, optimizer in zip(networks, optimizers, strict=True):
        sum(parameter.sum() for parameter in network.parameters()).backward()  # type: ignore[union-attr]
        optimizer.step()
    return networks, optimizers


def test_what_was_saved_is_what_comes_back(tmp_path: Path) -> None:
    (networks, optimizers), (others, theirs) = stepped(2, 3), made(2, 3)
    save_checkpoint(tmp_path, RUN, networks, optimizers, 7)
    assert restored(tmp_path, RUN, others, theirs, 7) == 7
    for one, other in zip(networks, others, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert [o.state_dict()["state"][0]["step"] for o in theirs] == [1, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_without_a_checkpoint_nothing_is_done(tmp_path: Path) -> None:
    assert restored(tmp_path, RUN, *made(2), 7) == 0


@pytest.mark.parametrize("sizes", [(2,), (2, 4), (3, 2), (2, 3, 3)])
def test_a_checkpoint_of_other_networks_is_refused(tmp_path: Path, sizes: Sequence[int]) -> None:
    save_checkpoint(tmp_path, RUN, *stepped(2, 3), 7)
    networks, optimizers = made(*sizes)
    before = [parameter.clone() for network in networks for parameter in network.parameters()]
    with pytest.raises(OtherRunError, match="another shape") as error:
        restored(tmp_path, RUN, networks, optimizers, 9)
    assert str(error.value).startswith(f"{tmp_path}: ")
    after = [parameter for network in networks for parameter in network.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_checkpoint_beyond_the_last_step_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, RUN, *stepped(2), 7)
    with pytest.raises(OtherRunError, match="of step 7; training would end with step 6"):
        restored(tmp_path, RUN, *made(2), 6)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (run_of(Shape(3), Recipe(), DATA), "a run with other width"),
        (run_of(Shape(), Recipe(seed=2), DATA), "a run with other seed"),
        (run_of(Shape(), Recipe(), (b"ab",)), "a run with other data"),
        (run_of(Shape(3), Recipe(), DATA[:1]), "a run with other width and data"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path, run: dict[str, Any], message: str) -> None:
    save_checkpoint(tmp_path, RUN, *stepped(2), 7)
    with pytest.raises(OtherRunError, match=f"its checkpoint is of {message}$"):
        restored(tmp_path, run, *made(2), 7)


@pytest.mark.parametrize("saved", [RUN, {}, {"seed": 1}])
def test_a_run_goes_on_with_more_steps_and_from_a_checkpoint_that_knows_less(
    tmp_path: Path, saved: dict[str, Any]
) -> None:
    save_checkpoint(tmp_path, saved, *stepped(2), 7)
    run = run_of(Shape(), Recipe(9, 4, 3, 3, 3), DATA)
    assert restored(tmp_path, run, *made(2), 9) == 7
