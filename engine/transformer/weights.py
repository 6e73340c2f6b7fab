"""Weights on disk: safetensors in bfloat16 and a readable .json beside them; read without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import deserialize

from engine.transformer.config import ModelConfig
from engine.transformer.numpy_network import Floats, NumpyNetwork, Weights
from engine.weight_files import read_meta, weight_files


def read_weights(path: Path) -> tuple[ModelConfig, Weights]:
    """Shape and arrays, by name and in float32, of the weights ``path``; OSError without them."""
    config = ModelConfig.from_dict(read_meta(path)["model"])
    tensors = [
        tensor
        for file in weight_files(path)
        for tensor in deserialize(file.read_bytes())  # type: ignore[no-untyped-call]
    ]
    return config, {name: _float32(of["data"]).reshape(of["shape"]) for name, of in tensors}


def _float32(data: bytes) -> Floats:
    """Numbers in bfloat16 are the upper halves of such."""
    return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)


def load_network(path: Path) -> NumpyNetwork:
    """The network, ready to write."""
    return NumpyNetwork(*read_weights(path))
