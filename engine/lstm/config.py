"""What the network is like and how it is trained: the tables ``lstm`` and ``training`` of a configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from engine.settings import Share, settled


@dataclass(frozen=True, slots=True)
class Shape:
    """``embedding``: of a note and of a duration each. ``place``: of where in the measure the next one stands."""

    embedding: PositiveInt = 100
    place: PositiveInt = 32
    hidden: PositiveInt = 256
    layers: PositiveInt = 2
    dropout: Share = 0.2

    def to_dict(self) -> dict[str, Any]:
        """For the .json beside the weights."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recipe:
    """``steps`` of RMSprop on ``batch`` pieces of ``events`` each."""

    steps: PositiveInt
    batch: PositiveInt
    events: PositiveInt
    learning_rate: PositiveFloat
    seed: NonNegativeInt
    log_every: PositiveInt
    checkpoint_every: PositiveInt
    threads: NonNegativeInt = 0  # 0: torch's own choice


def read_recipe(tables: dict[str, Any]) -> tuple[Shape, Recipe]:
    """The tables ``lstm`` and ``training``. Raises KeyError and ValueError."""
    return settled(Shape, tables["lstm"]), settled(Recipe, tables["training"])
