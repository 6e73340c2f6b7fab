"""The trained network to disk and back; ``engine.transformer.weights`` reads it without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from engine.tensors import save_network
from engine.transformer.network import Network
from engine.transformer.weights import read_weights


def save_weights(path: Path, network: Network, meta: dict[str, Any]) -> None:
    """``path``.safetensors in bfloat16 and ``path``.json with the model's shape and ``meta``."""
    save_network(path, network, network.config.to_dict(), meta, torch.bfloat16)


def load_weights(path: Path) -> Network:
    """The network with which losses are counted."""
    config, weights = read_weights(path)
    network = Network(config)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network.eval()
