"""Networks on disk: a safetensors file in half precision and a readable .json beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import nn


def save_network(path: Path, network: nn.Module, model: dict[str, Any], meta: dict[str, Any]) -> None:
    """``path``.safetensors, and ``path``.json with the ``model``'s shape and ``meta``."""
    tensors = {
        name: t.detach().half() if t.is_floating_point() else t for name, t in network.state_dict().items()
    }
    temporary = path.with_suffix(".tmp")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary)
    temporary.chmod(0o644)  # others on the machine may read an installed package
    os.replace(temporary, path.with_suffix(".safetensors"))
    text = json.dumps({"model": model, **meta}, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def model_of(path: Path) -> dict[str, Any]:
    """The shape of the model there. Raises OSError when the file is missing."""
    found: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["model"]
    return found


def load_tensors(path: Path, network: nn.Module) -> None:
    """Fill a network of that shape, and make it ready to write. Raises OSError when the file is missing."""
    tensors = load_file(path.with_suffix(".safetensors"))
    network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()})
    network.eval()
