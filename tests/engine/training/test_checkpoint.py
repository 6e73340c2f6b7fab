"""A checkpoint goes back into the networks that it was of, and into no others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.training.checkpoint import OtherRunError, restored, save_checkpoint


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
    save_checkpoint(tmp_path, networks, optimizers, 7)
    assert restored(tmp_path, others, theirs, 7) == 7
    for one, other in zip(networks, others, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert [o.state_dict()["state"][0]["step"] for o in theirs] == [1, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_without_a_checkpoint_nothing_is_done(tmp_path: Path) -> None:
    assert restored(tmp_path, *made(2), 7) == 0


@pytest.mark.parametrize("sizes", [(2,), (2, 4), (3, 2), (2, 3, 3)])
def test_a_checkpoint_of_other_networks_is_refused(tmp_path: Path, sizes: Sequence[int]) -> None:
    save_checkpoint(tmp_path, *stepped(2, 3), 7)
    networks, optimizers = made(*sizes)
    before = [parameter.clone() for network in networks for parameter in network.parameters()]
    with pytest.raises(OtherRunError, match="another shape") as error:
        restored(tmp_path, networks, optimizers, 9)
    assert str(error.value).startswith(f"{tmp_path}: ")
    after = [parameter for network in networks for parameter in network.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_checkpoint_beyond_the_last_step_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, *stepped(2), 7)
    with pytest.raises(OtherRunError, match="of step 7; training would end with step 6"):
        restored(tmp_path, *made(2), 6)
