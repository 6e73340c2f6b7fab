"""Training configurations: one TOML file with the model's shape and the recipe."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from engine.settings import settled
from engine.transformer.config import ModelConfig
from engine.vocabulary import STYLE

Asked = Literal["tasks", "alone", "whole"]
CONFIGS = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """``learning_rate`` rises over ``warmup`` steps, stays, and falls over the last ``cooldown`` of the steps.

    ``collections`` are those of the folder to learn from, by default all that Obbligato learns from. ``asked`` says
    what an example is: one of the engine's tasks; parts ``alone``, of which only the controls are known; or a
    ``whole`` work of which nothing is known. ``transpose`` adds each work moved by up to so many semitones either way
    (see ``engine.training.whole``). ``grown_from`` names shipped weights to begin with, of a network that is no larger
    (see ``engine.training.growth``).
    """

    steps: PositiveInt
    batch: PositiveInt
    learning_rate: PositiveFloat
    warmup: PositiveInt
    cooldown: NonNegativeFloat
    weight_decay: NonNegativeFloat
    seed: NonNegativeInt
    validate_every: PositiveInt
    checkpoint_every: PositiveInt
    threads: NonNegativeInt = 0  # 0: torch's own choice
    odds: dict[str, NonNegativeFloat] = field(default_factory=dict)
    collections: list[str] = field(default_factory=list)
    asked: Asked = "tasks"
    transpose: NonNegativeInt = 0
    grown_from: str = ""

    def __post_init__(self) -> None:
        if unknown := [style for style in self.odds if style not in STYLE]:
            raise ValueError(f"odds of {', '.join(unknown)}; the styles are {', '.join(STYLE.values)}")

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        rising = min(1.0, (step + 1) / self.warmup)
        falling = min(1.0, (self.steps - step) / max(1.0, self.cooldown * self.steps))
        return self.learning_rate * rising * falling


def read_tables(name_or_path: str) -> dict[str, Any]:
    """The tables of a configuration file, a bare name meaning a shipped one. Raises OSError and ValueError."""
    path = Path(name_or_path)
    if not path.suffix:
        path = CONFIGS / f"{name_or_path}.toml"
        shipped = sorted(CONFIGS.glob("*.toml"))
        if path not in shipped:
            raise ValueError(f"no shipped configuration; they are {', '.join(p.stem for p in shipped)}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def override(tables: dict[str, Any], setting: str) -> None:
    """Put one value in its place: ``setting`` is TABLE.NAME=VALUE, the value as TOML writes it.

    Raises ValueError for no such table or no such value; a wrong name in a table is for its reader to refuse.
    """
    name, _, text = setting.partition("=")
    *path, last = (key.strip() for key in name.split("."))
    if not path or path[0] not in tables:
        raise ValueError(f"{setting}: must be TABLE.NAME=VALUE; tables are {', '.join(tables)}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raise ValueError(
            f'{setting}: no value as TOML writes it, like 8, 0.5, true, "song", [1, 2]'
        ) from None
    table = tables
    for key in path:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ValueError(f"{setting}: {key} is no table")
    table[last] = value


def folder_name(setting: str) -> str:
    """What is set, as a name that any system takes: a run with other settings must not go on from this one."""
    return re.sub(r"[^\w.=+-]+", "_", setting)


def read_config(tables: dict[str, Any]) -> tuple[dict[str, Any], TrainingConfig]:
    """The table ``model`` as it stands and the recipe. Raises KeyError and ValueError."""
    settled(ModelConfig, tables["model"])  # refuse a bad table before hours of work
    return tables["model"], settled(TrainingConfig, tables["training"])


def load_config(name_or_path: str, settings: Sequence[str] = ()) -> tuple[dict[str, Any], TrainingConfig]:
    """Both from a file, some values overridden. Raises OSError, KeyError and ValueError."""
    tables = read_tables(name_or_path)
    for setting in settings:
        override(tables, setting)
    return read_config(tables)
