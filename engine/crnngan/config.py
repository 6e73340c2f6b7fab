"""What the networks are like and how they are trained: the tables ``crnngan`` and ``training`` of a configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from engine.settings import settled


@dataclass(frozen=True, slots=True)
class Shape:
    """``hidden`` units in each of ``layers``, of either network; ``z``: random numbers of a tone."""

    hidden: PositiveInt = 200
    layers: PositiveInt = 2
    z: PositiveInt = 16

    def to_dict(self) -> dict[str, Any]:
        """For the .json beside the weights."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recipe:
    """``pretraining`` steps in which the generator learns to foretell the next tone, then ``steps`` of the game.

    In these the first ``given`` tones of a sequence of ``tones`` are a player's own and the generator goes on. The
    discriminator rests while its loss is below ``freezing`` times the generator's (section 4 of the paper).
    """

    pretraining: NonNegativeInt
    steps: PositiveInt
    batch: PositiveInt
    given: PositiveInt
    tones: PositiveInt
    learning_rate: PositiveFloat
    freezing: NonNegativeFloat
    seed: NonNegativeInt
    log_every: PositiveInt
    checkpoint_every: PositiveInt
    threads: NonNegativeInt = 0  # 0: torch's own choice


def read_recipe(tables: dict[str, Any]) -> tuple[Shape, Recipe]:
    """The tables ``crnngan`` and ``training``. Raises KeyError and ValueError."""
    return settled(Shape, tables["crnngan"]), settled(Recipe, tables["training"])
