"""C-RNN-GAN as the registry finds it: what its files say of it, read without torch."""

from __future__ import annotations

import json
from pathlib import Path

from engine.instruments import SINGERS
from engine.interface import Engine, EngineInfo

SHIPPED = Path(__file__).parent.parent / "weights" / "c-rnn-gan"  # .safetensors and .json


def describe(path: Path = SHIPPED) -> EngineInfo:
    """The engine that the weights make. Raises OSError when they are missing."""
    meta = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return EngineInfo(
        name="c-rnn-gan",
        description="goes on with a single line: melodic ideas, of continuous lengths and frequencies",
        parameters=int(meta["parameters"]),
        licence="MIT",
        data="the melodies of POP909 (MIT) as they were played",
        tasks=("continue", "fill"),
        instruments=SINGERS,
        weights=path.name,
        parts=1,
        refuses=("like",),
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
