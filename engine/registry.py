"""The engines that are installed, by name: our own, and those that other distributions add.

An engine is an entry point of the group ``obbligato.engines`` that names a ``Source``; ``docs/engines.md`` makes one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from engine.interface import Engine, EngineInfo

DEFAULT = "transformer"
GROUP = "obbligato.engines"

# As in pyproject.toml, so that a checkout that was never installed has them too. Nobody else takes their names.
OWN = (
    EntryPoint(DEFAULT, "engine.transformer.info:SMALL", GROUP),
    EntryPoint("transformer-base", "engine.transformer.info:BASE", GROUP),
    EntryPoint("musegan", "engine.musegan.info", GROUP),
    EntryPoint("lstm", "engine.lstm.info", GROUP),
    EntryPoint("c-rnn-gan", "engine.crnngan.info", GROUP),
)


class Source(Protocol):
    """What an entry point names: a module with these two functions, or anything else that has them.

    Engines are listed often: neither the import of a source nor ``describe`` should need more than a moment.
    """

    def describe(self) -> EngineInfo:
        """What the engine says of itself, without its weights."""
        ...

    def load(self) -> Engine:
        """The engine, ready to write."""
        ...


def available() -> list[EngineInfo]:
    """What each engine says of itself, the default first; of one that cannot be asked, its ``fault``."""
    return [_described(point) for point in _points().values()]


def described(name: str) -> EngineInfo:
    """What the engine of that name says of itself, as in ``available``. KeyError when there is none."""
    return _described(_points()[name])


def load_engine(name: str = DEFAULT) -> Engine:
    """The engine of that name, ready to write. KeyError when there is none, OSError when its weights are missing.

    The engines of others may raise anything.
    """
    return _source(_points()[name]).load()


@cache
def _points() -> dict[str, EntryPoint]:
    """By name, ours first and not to be replaced; looking for them in all that is installed takes a while."""
    others = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return {point.name: point for point in (*OWN, *others, *OWN)}


def _source(point: EntryPoint) -> Source:
    return cast(Source, point.load())


def _described(point: EntryPoint) -> EngineInfo:
    try:
        return replace(_source(point).describe(), name=point.name)
    except Exception as error:  # others wrote it: one broken engine must not hide the rest
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        return EngineInfo(point.name, fault=" ".join(reason.split()))
