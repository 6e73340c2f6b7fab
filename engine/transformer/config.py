"""The shape of a model, kept beside its weights."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """``width`` must be ``heads`` times 64. ``measures`` is how many measures a window holds."""

    width: int = 256
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 4
    feedforward: int = 576
    dropout: float = 0.0
    measures: int = 16
    composers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.width != self.heads * HEAD or self.heads < 1:
            raise ValueError(f"width must be heads times {HEAD}, not {self.width} with {self.heads} heads")
        if min(self.feedforward, self.measures) < 1 or min(self.encoder_layers, self.decoder_layers) < 0:
            raise ValueError("feedforward and measures must be at least 1, layers at least 0")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be 0 or more and less than 1, not {self.dropout}")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """From JSON or TOML; unknown names raise TypeError."""
        return cls(**{**values, "composers": tuple(values.get("composers", ()))})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


HEAD = 64  # numbers of one head

# Periods of the rotating pairs of one head, per axis: time and onset in quarters, measure in measures.
_PERIODS = (
    [0.5 * 2 ** (i * 0.8) for i in range(12)],
    [0.5 * 2 ** (i * 0.9) for i in range(6)],
    [2.0 * 2 ** (i * 0.7) for i in range(8)],
)


def periods() -> tuple[list[int], list[float]]:
    """For each of the 32 pairs of a head the axis whose time turns it and its period; the last ones stand still."""
    axes = [axis for axis, own in enumerate(_PERIODS) for _ in own]
    still = HEAD // 2 - len(axes)
    return axes + [0] * still, [period for own in _PERIODS for period in own] + [math.inf] * still
