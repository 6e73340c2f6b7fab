"""What the networks are like and how they are trained: the tables ``crnngan`` and ``training`` of a configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """``hidden`` units in each of ``layers``, of either network; ``z``: random numbers of a tone."""

    hidden: int = 200
    layers: int = 2
    z: int = 16

    def to_dict(self) -> dict[str, Any]:
        """For the .json beside the weights."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recipe:
    """``pretraining`` steps in which the generator learns to foretell the next tone, then ``steps`` of the game.

    In these the first ``given`` tones of a sequence of ``tones`` are a player's own and the generator goes on. The
    discriminator rests while its loss is below ``freezing`` times the generator's (section 4 of the paper).
    """

    pretraining: int
    steps: int
    batch: int
    given: int
    tones: int
    learning_rate: float
    freezing: float
    seed: int
    log_every: int
    checkpoint_every: int
    threads: int = 0  # 0: torch's own choice


def read_recipe(tables: dict[str, Any]) -> tuple[Shape, Recipe]:
    """The tables ``crnngan`` and ``training``. Raises KeyError and TypeError."""
    return Shape(**tables["crnngan"]), Recipe(**tables["training"])
