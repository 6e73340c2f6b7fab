"""What a model is like and how it is trained: the table ``musegan`` of a configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from engine.musegan.ensembles import ENSEMBLES, Ensemble
from engine.settings import Share, settled

METRES = ("4/4", "3/4", "2/4", "6/8")
KINDS = ("jamming", "composer", "hybrid")


@dataclass(frozen=True, slots=True)
class Shape:
    """``kind``: section 3.2 of the paper. ``conditional``: some tracks are given, section 3.3.2; else from scratch.

    ``z``: size of each random vector. ``measures``: of a phrase. ``resolution``: steps of a quarter, 24 or a multiple.
    """

    ensemble: str
    kind: Literal["jamming", "composer", "hybrid"]
    conditional: bool
    z: PositiveInt = 32
    measures: PositiveInt = 4
    resolution: PositiveInt = 24

    def __post_init__(self) -> None:
        if self.ensemble not in ENSEMBLES or self.kind not in KINDS:
            raise ValueError(f"no such model: {self.kind} for {self.ensemble}")
        if self.resolution % 24 or self.measures != 4:
            raise ValueError("the steps of a quarter go by 24, and phrases have four measures")

    @property
    def players(self) -> Ensemble:
        """Those it writes for."""
        return ENSEMBLES[self.ensemble]

    @property
    def tracks(self) -> int:
        """How many."""
        return len(self.players.seats)

    def to_dict(self) -> dict[str, Any]:
        """For the .json beside the weights."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recipe:
    """``steps`` of the generators, before each of which the critics take ``critic_steps``.

    ``lead`` is the share of phrases in which the first track alone is given, in the others it is any of the other
    choices, or nothing. ``mismatched`` is the share of those that critics learn to refuse which are composers' own
    tracks beside the given ones of another phrase: so they listen for what belongs together. From ``binary_from`` (a
    share of the steps) on, critics see what is written as the ``binary`` way has it.
    ``decay`` is that of the running mean of the weights, which is what is kept.
    """

    steps: PositiveInt
    batch: PositiveInt = 16
    critic_steps: PositiveInt = 5
    learning_rate: PositiveFloat = 0.001
    penalty: NonNegativeFloat = 10.0
    lead: Share = 0.5
    mismatched: Share = 0.3
    binary_from: Share = 0.5
    binary: Literal["threshold", "sampled"] = "threshold"
    decay: Share = 0.995
    seed: NonNegativeInt = 1
    log_every: PositiveInt = 20
    checkpoint_every: PositiveInt = 100
    threads: NonNegativeInt = 0  # 0: torch's own choice


def read_models(tables: dict[str, Any]) -> dict[str, tuple[Shape, Recipe]]:
    """The models that a configuration lists, by name: its table ``musegan``, in which each may set anything anew.

    Raises KeyError and ValueError.
    """
    common = dict(tables["musegan"])
    models = common.pop("models")
    return {name: _model(common | own) for name, own in models.items()}


def _model(settings: dict[str, Any]) -> tuple[Shape, Recipe]:
    shape = {name: value for name, value in settings.items() if name in Shape.__dataclass_fields__}
    recipe = {name: value for name, value in settings.items() if name not in shape}
    return settled(Shape, shape), settled(Recipe, recipe)
