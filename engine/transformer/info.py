"""The Transformer as the registry finds it: what its files say of it, read without its weights."""

from __future__ import annotations

from pathlib import Path

from engine.device import chosen, require
from engine.instruments import INSTRUMENTS
from engine.interface import Engine, EngineInfo
from engine.vocabulary import STYLE
from engine.weight_files import WEIGHTS, read_meta

SHIPPED, MANNER = WEIGHTS / "small", WEIGHTS / "manner"


def describe(path: Path = SHIPPED) -> EngineInfo:
    """The engine that those files make."""
    meta = read_meta(path)
    return EngineInfo(
        name="transformer",
        description="writes any masked measures from what stands around them",
        parameters=int(meta["parameters"]),
        licence="MIT",
        data="OpenScore Lieder and String Quartets (CC0), Open Hymnal, Mutopia (public domain, CC BY), OpenEWLD, "
        "POP909 (MIT)",
        tasks=("accompany", "fill", "harmonize", "continue"),
        instruments=tuple(INSTRUMENTS),
        styles=tuple(STYLE.values),
        composers=tuple(meta["model"]["composers"]),
        weights=path.name,
    )


def load() -> Engine:
    """The engine with the weights that are shipped, on the device that is chosen.

    OSError when weights are missing, ValueError without the device.
    """
    from engine.transformer.engine import TransformerEngine

    require(chosen())
    return TransformerEngine.load(device=chosen())
