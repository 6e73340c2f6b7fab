"""The Transformer as the registry finds it, in its sizes: what its files say of it, read without its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.device import chosen, require
from engine.instruments import INSTRUMENTS
from engine.interface import Engine, EngineInfo
from engine.vocabulary import STYLE
from engine.weight_files import WEIGHTS, read_meta

MANNER = WEIGHTS / "manner"


@dataclass(frozen=True, slots=True)
class Size:
    """The engine that the files at ``path`` make, under its name: a ``Source`` for the registry."""

    name: str
    path: Path
    description: str = "writes any masked measures from what stands around them"

    def describe(self) -> EngineInfo:
        """What its files say of it. Raises OSError when they are missing."""
        meta = read_meta(self.path)
        return EngineInfo(
            name=self.name,
            description=self.description,
            parameters=int(meta["parameters"]),
            licence="MIT",
            data="OpenScore Lieder and String Quartets (CC0), Open Hymnal, Mutopia (public domain, CC BY), OpenEWLD, "
            "POP909 (MIT)",
            tasks=("accompany", "fill", "harmonize", "continue"),
            instruments=tuple(INSTRUMENTS),
            styles=tuple(STYLE.values),
            composers=tuple(meta["model"]["composers"]),
            weights=self.path.name,
        )

    def load(self) -> Engine:
        """The engine, ready to write on the device that is chosen.

        OSError when weights are missing, ValueError without the device.
        """
        from engine.transformer.engine import TransformerEngine

        require(chosen())
        return TransformerEngine.load(self, chosen())


SMALL = Size("transformer", WEIGHTS / "small")
BASE = Size("transformer-base", WEIGHTS / "base", "the same with a larger network: slower")
