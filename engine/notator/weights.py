"""The notator's weights on disk: a safetensors file in half precision and a readable .json beside it."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from engine.notator.network import Notator, Shape

SHIPPED = Path(__file__).parent.parent / "weights" / "notator"  # .safetensors and .json


def save_notator(path: Path, network: Notator, meta: dict[str, Any]) -> None:
    """``path``.safetensors and ``path``.json with the shape, as keyword arguments of ``Shape``, and ``meta``."""
    tensors = {name: t.detach().half().contiguous() for name, t in network.state_dict().items()}
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary)
    temporary.chmod(0o644)  # others on the machine may read an installed package
    os.replace(temporary, path.with_suffix(".safetensors"))
    text = json.dumps({"shape": network.shape.to_dict(), **meta}, indent=1)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def load_notator(path: Path) -> Notator:
    """The network in float32, ready to be asked. Raises OSError when a file is missing."""
    meta = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    network = Notator(Shape(**meta["shape"]))
    tensors = load_file(path.with_suffix(".safetensors"))
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return network.eval()


@cache
def shipped() -> Notator:
    """The network that comes with Obbligato, loaded once."""
    return load_notator(SHIPPED)
