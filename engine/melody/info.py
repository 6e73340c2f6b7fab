"""What the files of a model of single lines say of it, read without torch."""

from __future__ import annotations

from pathlib import Path

from engine.instruments import SINGERS
from engine.interface import EngineInfo
from engine.weight_files import read_meta


def described(path: Path, description: str, data: str) -> EngineInfo:
    """The engine that the weights ``path``.safetensors and .json make. Raises OSError when they are missing."""
    meta = read_meta(path)
    return EngineInfo(
        name=path.name,
        description=description,
        parameters=int(meta["parameters"]),
        licence="MIT",
        data=data,
        tasks=("continue", "fill"),
        instruments=SINGERS,
        weights=path.name,
        parts=1,
        refuses=("like",),
    )
