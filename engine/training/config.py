"""Training configurations: one TOML file with the model's shape and the recipe."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
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


def read_tables(name_or_path: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The tables of a configuration file, a bare name meaning a shipped one, with ``overrides`` in their places.

    Each override is TABLE.NAME=VALUE, the value as TOML writes it; a table within a table has one more name before it.
    Raises OSError for a missing file and ValueError for text that is no TOML or an override without a place.
    """
    path = Path(name_or_path)
    if not path.suffix:
        path = CONFIGS / f"{name_or_path}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    for override in overrides:
        _put(tables, override)
    return tables


def _put(tables: dict[str, Any], override: str) -> None:
    name, _, text = override.partition("=")
    *path, last = (key.strip() for key in name.split("."))
    if not path or path[0] not in tables:
        raise ValueError(f"{override}: must be TABLE.NAME=VALUE, and the tables are {', '.join(tables)}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raise ValueError(f"{override}: not a value as TOML writes it, like 8, 0.5, true, \"a\" or [1, 2]") from None
    table = tables
    for key in path:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ValueError(f"{override}: {key} is not a table")
    table[last] = value


def read_config(tables: dict[str, Any]) -> tuple[dict[str, Any], TrainingConfig]:
    """The table ``model`` as it stands and the recipe. Raises KeyError, TypeError and ValueError."""
    ModelConfig.from_dict(tables["model"])  # refuse a bad table before hours of work
    return tables["model"], TrainingConfig(**tables["training"])


def load_config(name_or_path: str, overrides: Sequence[str] = ()) -> tuple[dict[str, Any], TrainingConfig]:
    """``read_config`` of ``read_tables``."""
    return read_config(read_tables(name_or_path, overrides))
