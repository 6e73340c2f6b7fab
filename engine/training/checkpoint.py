"""Checkpoints: everything that a resumed run needs to go on as if it had never stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer


class OtherModelError(ValueError):
    """What was saved is of a model of another shape."""


def state_of(networks: Sequence[nn.Module], optimizers: Sequence[Optimizer], step: int) -> dict[str, Any]:
    """What a game of several networks needs to go on after a step."""
    return {
        "networks": [network.state_dict() for network in networks],
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "step": step,
    }


def restored(
    state: dict[str, Any] | None, networks: Sequence[nn.Module], optimizers: Sequence[Optimizer]
) -> int:
    """Fill them from a state, if there is one; how many steps are done. Raises OtherModelError."""
    if state is None:
        return 0
    for network, saved in zip(networks, state["networks"], strict=True):
        fill(network, saved)
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"])


def fill(network: nn.Module, saved: dict[str, Any]) -> None:
    """Give a network the weights that were saved of it. Raises OtherModelError."""
    try:
        network.load_state_dict(saved)
    except RuntimeError:
        raise OtherModelError("the checkpoint there is of a model of another shape") from None


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write atomically: a stop in the middle leaves the checkpoint before."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The state, or None when there is none yet."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def log(folder: Path, step: int, numbers: dict[str, float]) -> None:
    """One more line of ``log.jsonl`` in the folder of a run."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"step": step, **numbers}) + "\n")
