"""A trained generator on disk, see ``engine.tensors``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.musegan.config import Shape
from engine.musegan.network import Generator
from engine.tensors import load_tensors, model_of, save_network


def save_weights(path: Path, network: Generator, meta: dict[str, Any]) -> None:
    """``path``.safetensors, and ``path``.json with the model's shape and ``meta``."""
    save_network(path, network, network.shape.to_dict(), meta)


def load_weights(path: Path) -> Generator:
    """The generator, ready to write. Raises OSError when a file is missing."""
    network = Generator(Shape(**model_of(path)))
    load_tensors(path, network)
    return network
