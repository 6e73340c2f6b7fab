"""The trained network to disk and back; ``engine.transformer.weights`` says how it is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from engine.transformer.network import Network
from engine.transformer.weights import read_weights


def save_weights(path: Path, network: Network, meta: dict[str, Any]) -> None:
    """``path``.safetensors in bfloat16 and ``path``.json with the model's shape and ``meta``."""
    tensors = {name: t.detach().to(torch.bfloat16).contiguous() for name, t in network.state_dict().items()}
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary)
    temporary.chmod(0o644)  # others on the machine may read an installed package
    os.replace(temporary, path.with_suffix(".safetensors"))
    text = json.dumps({"model": network.config.to_dict(), **meta}, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def load_weights(path: Path) -> Network:
    """The network with which losses are counted."""
    config, weights = read_weights(path)
    network = Network(config)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network.eval()
