"""The engines that are installed, by name."""

from __future__ import annotations

from engine.interface import Engine, EngineInfo

DEFAULT = "transformer"


def available() -> list[EngineInfo]:
    """What each engine says of itself; loads no weights."""
    from engine.transformer.info import describe

    return [describe()]


def load_engine(name: str = DEFAULT) -> Engine:
    """The engine of that name, ready to write. KeyError when there is none, OSError when its weights are missing."""
    if name != DEFAULT:
        raise KeyError(name)
    from engine.transformer.engine import TransformerEngine

    return TransformerEngine.load()
