"""What writing asks of a network, on whatever device it computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from engine.encoding import Array
from engine.transformer.config import ModelConfig
from engine.transformer.numpy_network import Floats, Heads


class Memory(Protocol):
    """What the next row of one window looks at: what is known and so many rows that were written. The network's own."""

    rows: int


class WritingNetwork(Protocol):
    """Shapes: L rows of C columns, W the width."""

    config: ModelConfig
    heads: Heads

    def encode(self, ids: Array, positions: Floats) -> Any:
        """The ``Memory`` of a window of which rows (L, C) are known, at (L, 3)."""
        ...

    def steps(self, rows: Sequence[tuple[Array, Floats, Any]]) -> list[Floats]:
        """The states (W,) after the next row (C,) of each of some windows, at (3,); the memories have them then."""
        ...
