"""MuseGAN as the registry finds it: what its files say of it, read without torch."""

from __future__ import annotations

from pathlib import Path

from engine.instruments import SETS
from engine.interface import Engine, EngineInfo
from engine.musegan.config import METRES
from engine.musegan.ensembles import ENSEMBLES
from engine.weight_files import WEIGHTS, read_meta

SHIPPED = WEIGHTS  # musegan-ENSEMBLE.safetensors and .json


def weights_in(folder: Path) -> dict[str, Path]:
    """The weights in a folder, by ensemble. Raises FileNotFoundError when there are none."""
    found = {name: folder / f"musegan-{name}" for name in ENSEMBLES}
    found = {name: path for name, path in found.items() if path.with_suffix(".json").exists()}
    if not found:
        raise FileNotFoundError(2, "no weights, `obbligato train musegan` makes them", str(folder))
    return found


def describe(folder: Path = SHIPPED) -> EngineInfo:
    """The engine that the weights in a folder make."""
    weights = weights_in(folder)
    metas = [read_meta(path) for path in weights.values()]
    players = [player for name in weights for player in SETS.get(name, (name,))]
    return EngineInfo(
        name="musegan",
        description="writes whole ensembles as piano rolls, phrase by phrase, led by what is given",
        parameters=sum(int(meta["parameters"]) for meta in metas),
        licence="MIT",
        data="OpenScore Lieder and String Quartets (CC0), Open Hymnal, Mutopia (public domain, CC BY)",
        tasks=("accompany", "fill", "harmonize"),
        instruments=tuple(dict.fromkeys(players)),
        weights=", ".join(path.name for path in weights.values()),
        ensembles=tuple(weights),
        metres=METRES,
        refuses=("like",),
    )


def load() -> Engine:
    """The engine with the weights that are shipped; OSError when they are missing."""
    from engine.musegan.engine import MuseGanEngine

    return MuseGanEngine.load()
