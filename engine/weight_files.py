"""Weights on disk: NAME.safetensors and, beside it, NAME.json that says in words and numbers what they are.

Many are in several files, NAME-1-of-3.safetensors and so on, each small enough for any place that keeps files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

WEIGHTS = Path(__file__).parent / "weights"  # those that are shipped
LARGEST = 16_000_000  # bytes of tensors in one file


class Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=Sized)


def write_weights(
    path: Path, tensors: Mapping[str, T], save: Callable[[dict[str, T], Path], object], meta: dict[str, Any]
) -> None:
    """What ``save`` writes of the tensors becomes files when it is whole; ``meta`` becomes ``path``.json."""
    pieces = _pieces(tensors)
    names = _names(path, len(pieces))
    for piece, name in zip(pieces, names, strict=True):
        temporary = name.with_suffix(".tmp")
        save(piece, temporary)
        temporary.chmod(0o644)  # others on the machine may read an installed package
        os.replace(temporary, name)
    for old in {path.with_suffix(".safetensors"), *_found(path)} - set(names):
        old.unlink(missing_ok=True)
    text = json.dumps(meta, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def weight_files(path: Path) -> list[Path]:
    """The files with the tensors of ``path``, whether they are there or not."""
    found = _found(path)
    return (
        _names(path, int(found[0].stem.rpartition("-")[2])) if found else [path.with_suffix(".safetensors")]
    )


def read_meta(path: Path) -> dict[str, Any]:
    """The .json beside the weights; raises OSError when there is none."""
    meta: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return meta


def _pieces(tensors: Mapping[str, T]) -> list[dict[str, T]]:
    """In order, so many in each as fit."""
    pieces: list[dict[str, T]] = [{}]
    for name, tensor in tensors.items():
        if pieces[-1] and sum(t.nbytes for t in pieces[-1].values()) + tensor.nbytes > LARGEST:
            pieces.append({})
        pieces[-1][name] = tensor
    return pieces


def _names(path: Path, count: int) -> list[Path]:
    if count == 1:
        return [path.with_suffix(".safetensors")]
    return [path.with_name(f"{path.name}-{i}-of-{count}.safetensors") for i in range(1, count + 1)]


def _found(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}-*-of-*.safetensors"))
