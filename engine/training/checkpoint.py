"""Checkpoints: everything that a resumed run needs to go on as if it had never stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.optim import Optimizer

from engine.training.processes import from_first

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Run = dict[str, Any]

_NAME = "checkpoint.pt"
# What may be another one when a run goes on. With other steps the learning rate follows these from here on.
_FREE = ("steps", "threads", "validate_every", "checkpoint_every", "log_every")


class OtherRunError(ValueError):
    """The folder holds a run that was begun with another configuration, or on other data."""


def run_of(shape: DataclassInstance, recipe: DataclassInstance, data: Iterable[bytes]) -> Run:
    """What makes a run what it is: every setting that must stay, by name, and a hash of the ``data`` in order."""
    settings = asdict(shape) | asdict(recipe)
    digest = sha256(b"\n".join(data)).hexdigest()
    return {name: value for name, value in settings.items() if name not in _FREE} | {"data": digest}


def save_checkpoint(
    folder: Path, run: Run, networks: Sequence[nn.Module], optimizers: Sequence[Optimizer], step: int
) -> None:
    """Write what they are after a step, atomically: a stop in the middle leaves the checkpoint before.

    ``run``: see ``run_of``.
    """
    state = {
        "run": run,
        "networks": [network.state_dict() for network in networks],
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "step": step,
    }
    temporary = (folder / _NAME).with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, folder / _NAME)


def restored(
    folder: Path, run: Run, networks: Sequence[nn.Module], optimizers: Sequence[Optimizer], steps: int
) -> int:
    """Fill them from the checkpoint in a folder, if there is one; how many steps are done.

    Where several processes train, the first reads it for all. Raises OtherRunError, with nothing filled, where it is of
    another ``run`` (see ``run_of``) or other networks, or of more than the ``steps`` that are asked for.
    """
    state = from_first(lambda: _fitting(folder, run, networks, steps))
    if state is None:
        return 0
    for network, saved in zip(networks, state["networks"], strict=True):
        network.load_state_dict(saved)
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"])


def _fitting(folder: Path, run: Run, networks: Sequence[nn.Module], steps: int) -> dict[str, Any] | None:
    """The state in the folder, or None when there is none yet."""
    path = folder / _NAME
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    known = state.get("run", {})  # older checkpoints know less of their run, or nothing
    if other := [name for name in run if name in known and run[name] != known[name]]:
        raise OtherRunError(f"{folder}: its checkpoint is of a run with other {' and '.join(other)}")
    saved = state.get("networks", [])  # none in those of the Transformer's earliest versions
    if list(map(_shapes, saved)) != [_shapes(network.state_dict()) for network in networks]:
        raise OtherRunError(f"{folder}: its checkpoint is of a network of another shape")
    if state["step"] > steps:
        raise OtherRunError(
            f"{folder}: its checkpoint is of step {state['step']}; training would end with step {steps}"
        )
    return state


def _shapes(tensors: dict[str, Any]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


def log(folder: Path, step: int, numbers: dict[str, float]) -> None:
    """One more line of ``log.jsonl`` in the folder of a run."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"step": step, **numbers}) + "\n")
