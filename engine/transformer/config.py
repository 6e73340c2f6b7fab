"""The shape of a model, kept beside its weights."""

from __future__ import annotations

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

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """From JSON or TOML; unknown names raise TypeError."""
        return cls(**{**values, "composers": tuple(values.get("composers", ()))})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
