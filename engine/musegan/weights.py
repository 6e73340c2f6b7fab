"""A trained generator on disk: a safetensors file in half precision and a readable .json beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from engine.musegan.config import Shape
from engine.musegan.network import Generator


def save_weights(path: Path, network: Generator, meta: dict[str, Any]) -> None:
    """``path``.safetensors, and ``path``.json with the model's shape and ``meta``."""
    tensors = {
        name: t.detach().half() if t.is_floating_point() else t for name, t in network.state_dict().items()
    }
    temporary = path.with_suffix(".tmp")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary)
    temporary.chmod(0o644)  # others on the machine may read an installed package
    os.replace(temporary, path.with_suffix(".safetensors"))
    text = json.dumps({"model": network.shape.to_dict(), **meta}, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def load_weights(path: Path) -> Generator:
    """The generator, ready to write. Raises OSError when a file is missing."""
    shape = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["model"]
    network = Generator(Shape(**shape))
    tensors = load_file(path.with_suffix(".safetensors"))
    network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()})
    return network.eval()
