"""Keys and values: what the rows of one window look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

_CHUNK = 256  # rows by which a cache grows


class KeyValue(NamedTuple):
    """Keys and values of one layer, shape (B, heads, L, 64)."""

    key: Tensor
    value: Tensor

    def of(self, window: int) -> KeyValue:
        """Those of one window of the batch, (1, heads, L, 64)."""
        return KeyValue(self.key[window, None], self.value[window, None])

    def look(self, queries: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """What queries find here, both (B, heads, L, 64); ``mask``: (B, 1, 1 or L, keys), True where a key is seen."""
        return F.scaled_dot_product_attention(queries, *self, attn_mask=mask, is_causal=causal)


def look_each(memories: Sequence[KeyValue], queries: Tensor) -> Tensor:
    """Each query (B, heads, 1, 64) put to a memory of its own; those beyond the memories find zeros."""
    found = torch.zeros_like(queries)
    for n, memory in enumerate(memories):
        found[n] = memory.look(queries[n, None])[0]
    return found


class Cache:
    """What the next row of one window looks at: the encoder's ``memory`` and the decoder's ``rows`` so far."""

    def __init__(self, memory: list[KeyValue]) -> None:
        self.memory = memory
        self.rows = 0
        self._past = [KeyValue(kv.key[:, :, :0], kv.value[:, :, :0]) for kv in memory]

    def extend(self, layer: int, new: KeyValue) -> KeyValue:
        """Put one row after the others and give back all; ``advance`` follows when every layer has it."""
        kept, last = self._past[layer], self.rows + 1
        if kept.key.shape[2] == self.rows:
            kept = self._past[layer] = KeyValue(*(F.pad(x, (0, 0, 0, _CHUNK)) for x in kept))
        kept.key[:, :, self.rows : last] = new.key
        kept.value[:, :, self.rows : last] = new.value
        return KeyValue(kept.key[:, :, :last], kept.value[:, :, :last])

    def advance(self) -> None:
        self.rows += 1
