"""The attention LSTM as the registry finds it: what its files say of it, read without torch."""

from __future__ import annotations

import json
from pathlib import Path

from engine.instruments import SINGERS
from engine.interface import Engine, EngineInfo

SHIPPED = Path(__file__).parent.parent / "weights" / "lstm"  # .safetensors and .json


def describe(path: Path = SHIPPED) -> EngineInfo:
    """The engine that the weights make. Raises OSError when they are missing."""
    meta = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return EngineInfo(
        name="lstm",
        description="goes on with a single line, or writes some of it anew, note by note",
        parameters=int(meta["parameters"]),
        licence="MIT",
        data="the leading lines of OpenScore Lieder and String Quartets (CC0), Open Hymnal, Mutopia (public domain), "
        "POP909 (MIT)",
        tasks=("continue", "fill"),
        instruments=SINGERS,
        weights=path.name,
        parts=1,
        refuses=("like",),
    )


def load(path: Path = SHIPPED) -> Engine:
    """The engine, ready to write. Raises OSError when weights are missing."""
    from engine.lstm.config import Shape
    from engine.lstm.network import Network
    from engine.lstm.writing import Writer
    from engine.melody.engine import LineEngine
    from engine.tensors import load_tensors, model_of

    network = Network(Shape(**model_of(path)))
    load_tensors(path, network)
    return LineEngine(Writer(network), describe(path))
