"""Keys and values of what was written so far, in memory that is taken once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.transformer.config import ModelConfig


class KeyValue(NamedTuple):
    """Keys and values of one layer, shape (B, heads, L, 64)."""

    key: Tensor
    value: Tensor


class Cache:
    """Room for ``rows`` rows in every decoder layer; each tensor is (1, heads, rows, 64)."""

    def __init__(self, config: ModelConfig, rows: int, device: torch.device) -> None:
        shape = (1, config.heads, rows, 64)
        self._layers = [
            KeyValue(torch.zeros(shape, device=device), torch.zeros(shape, device=device))
            for _ in range(config.decoder_layers)
        ]
        self.rows = 0

    def extend(self, layer: int, new: KeyValue) -> KeyValue:
        """Put one row after the others and give back all; ``advance`` follows when every layer has it."""
        kept, last = self._layers[layer], self.rows + 1
        kept.key[:, :, self.rows : last] = new.key
        kept.value[:, :, self.rows : last] = new.value
        return KeyValue(kept.key[:, :, :last], kept.value[:, :, :last])

    def advance(self) -> None:
        self.rows += 1
