"""Networks of torch on disk; ``engine.weight_files`` says as what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from engine.weight_files import read_meta, weight_files, write_weights


def save_network(
    path: Path,
    network: nn.Module,
    model: dict[str, Any],
    meta: dict[str, Any],
    dtype: torch.dtype = torch.float16,
) -> None:
    """Its tensors in that precision, with the ``model``'s shape and ``meta``."""
    tensors = {
        name: (t.detach().to(dtype) if t.is_floating_point() else t).contiguous()
        for name, t in network.state_dict().items()
    }
    write_weights(path, tensors, save_file, {"model": model, **meta})


def model_of(path: Path) -> dict[str, Any]:
    """The shape of the model there. Raises OSError when the file is missing."""
    found: dict[str, Any] = read_meta(path)["model"]
    return found


def load_tensors(path: Path, network: nn.Module) -> None:
    """Fill a network of that shape, and make it ready to write. Raises OSError when the file is missing."""
    tensors = {name: t for file in weight_files(path) for name, t in load_file(file).items()}
    network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()})
    network.eval()
