"""The attention LSTM as the registry finds it."""

from __future__ import annotations

from pathlib import Path

from engine.interface import Engine, EngineInfo
from engine.melody.info import described
from engine.weight_files import WEIGHTS

SHIPPED = WEIGHTS / "lstm"


def describe(path: Path = SHIPPED) -> EngineInfo:
    """The engine that the weights make. Raises OSError when they are missing."""
    return described(
        path,
        "goes on with a single line, or writes some of it anew, note by note",
        "leading lines of OpenScore Lieder and String Quartets (CC0), Open Hymnal, Mutopia (public domain, CC BY), "
        "OpenEWLD, POP909 (MIT)",
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
