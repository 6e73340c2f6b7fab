"""The notator's weights on disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from engine.notator.network import Notator, Shape
from engine.tensors import load_tensors, model_of, save_network
from engine.weight_files import WEIGHTS

SHIPPED = WEIGHTS / "notator"


def save_notator(path: Path, network: Notator, meta: dict[str, Any]) -> None:
    """``path``.safetensors and ``path``.json with the shape, as keyword arguments of ``Shape``, and ``meta``."""
    save_network(path, network, network.shape.to_dict(), meta)


def load_notator(path: Path) -> Notator:
    """The network in float32, ready to be asked. Raises OSError when a file is missing."""
    network = Notator(Shape(**model_of(path)))
    load_tensors(path, network)
    return network


@cache
def shipped() -> Notator:
    """The network that comes with Obbligato, loaded once."""
    return load_notator(SHIPPED)
