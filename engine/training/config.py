"""Training configurations: one TOML file with the model's shape and the recipe."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.transformer.config import ModelConfig

CONFIGS = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """``learning_rate`` rises over ``warmup`` steps, stays, and falls over the last ``cooldown`` of the steps.

    ``collections`` are those of the folder to learn from, by default all that Obbligato learns from. With ``whole``
    every example is a whole work of which nothing is known, ``transpose`` adds each work moved by up to so many
    semitones either way (see ``engine.training.whole``).
    """

    steps: int
    batch: int
    learning_rate: float
    warmup: int
    cooldown: float
    weight_decay: float
    seed: int
    validate_every: int
    checkpoint_every: int
    threads: int = 0  # 0: torch's own choice
    odds: dict[str, float] = field(default_factory=dict)
    collections: list[str] = field(default_factory=list)
    whole: bool = False
    transpose: int = 0

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        rising = min(1.0, (step + 1) / self.warmup)
        falling = min(1.0, (self.steps - step) / max(1.0, self.cooldown * self.steps))
        return self.learning_rate * rising * falling


def load_config(name_or_path: str) -> tuple[dict[str, Any], TrainingConfig]:
    """The ``model`` table as it stands and the recipe; a bare name means a shipped file.

    Raises FileNotFoundError, tomllib.TOMLDecodeError, or TypeError for unknown settings.
    """
    path = Path(name_or_path)
    if not path.suffix:
        path = CONFIGS / f"{name_or_path}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    ModelConfig.from_dict(tables["model"])  # refuse a bad table before hours of work
    return tables["model"], TrainingConfig(**tables["training"])
