"""What the network is like and how it is trained: the tables ``lstm`` and ``training`` of a configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """``embedding``: of a note and of a duration each. ``place``: of where in the measure the next one stands."""

    embedding: int = 100
    place: int = 32
    hidden: int = 256
    layers: int = 2
    dropout: float = 0.2

    def to_dict(self) -> dict[str, Any]:
        """For the .json beside the weights."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recipe:
    """``steps`` of RMSprop on ``batch`` pieces of ``events`` each."""

    steps: int
    batch: int
    events: int
    learning_rate: float
    seed: int
    log_every: int
    checkpoint_every: int
    threads: int = 0  # 0: torch's own choice


def read_recipe(tables: dict[str, Any]) -> tuple[Shape, Recipe]:
    """The tables ``lstm`` and ``training``. Raises KeyError and TypeError."""
    return Shape(**tables["lstm"]), Recipe(**tables["training"])
