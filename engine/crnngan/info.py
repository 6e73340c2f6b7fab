"""C-RNN-GAN as the registry finds it."""

from __future__ import annotations

from pathlib import Path

from engine.interface import Engine, EngineInfo
from engine.melody.info import described
from engine.weight_files import WEIGHTS

SHIPPED = WEIGHTS / "c-rnn-gan"


def describe(path: Path = SHIPPED) -> EngineInfo:
    """The engine that the weights make. Raises OSError when they are missing."""
    return described(
        path,
        "goes on with a single line: melodic ideas, of continuous lengths and frequencies",
        "the melodies of POP909 (MIT) as they were played",
    )


def load(path: Path = SHIPPED) -> Engine:
    """The engine, ready to write. Raises OSError when weights are missing."""
    from engine.crnngan.config import Shape
    from engine.crnngan.network import Generator
    from engine.crnngan.writing import Writer
    from engine.melody.engine import LineEngine
    from engine.tensors import load_tensors, model_of

    generator = Generator(Shape(**model_of(path)))
    load_tensors(path, generator)
    return LineEngine(Writer(generator), describe(path))
