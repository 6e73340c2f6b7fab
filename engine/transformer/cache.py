"""Keys and values: what the rows of one window look at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_ROWS = 256  # room at first; it doubles


class KeyValue(NamedTuple):
    """Keys and values of one layer, (heads, L, 64); the queries that come have the scale of the scores in them."""

    key: Floats
    value: Floats

    def look(self, queries: Floats) -> Floats:
        """What those of one row find, (heads, 64) -> (heads * 64,)."""
        scores = np.matmul(self.key, queries[:, :, None])[:, :, 0]
        found: Floats = np.matmul(softmax(scores)[:, None], self.value).reshape(-1)
        return found

    def look_all(self, queries: Floats) -> Floats:
        """What those of many rows find, (heads, N, 64) -> (heads, N, 64)."""
        found: Floats = softmax(queries @ self.key.swapaxes(1, 2)) @ self.value
        return found


def softmax(x: Floats) -> Floats:
    """Of the last axis, in place."""
    x -= np.maximum.reduce(x, axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= np.add.reduce(x, axis=-1, keepdims=True)
    return x


class Cache:
    """What the next row of one window looks at: the encoder's ``memory`` and the decoder's ``rows`` so far."""

    def __init__(self, memory: list[KeyValue]) -> None:
        self.memory = memory
        self.rows = 0
        self._past = [
            KeyValue(*(np.empty((len(x), _ROWS, x.shape[2]), x.dtype) for x in kv)) for kv in memory
        ]

    def next_row(self) -> list[KeyValue]:
        """Room for one row more: for each layer all rows with the new one, still to be filled, at the end."""
        self.rows += 1
        if self.rows > self._past[0].key.shape[1]:
            self._past = [
                KeyValue(*(np.concatenate([x, np.empty_like(x)], axis=1) for x in kv)) for kv in self._past
            ]
        return [KeyValue(kv.key[:, : self.rows], kv.value[:, : self.rows]) for kv in self._past]
