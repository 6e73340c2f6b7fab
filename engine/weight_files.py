"""Weights on disk: NAME.safetensors and, beside it, NAME.json that says in words and numbers what they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).parent / "weights"  # those that are shipped


def write_weights(path: Path, save: Callable[[Path], object], meta: dict[str, Any]) -> None:
    """What ``save`` writes becomes ``path``.safetensors when it is whole; ``meta`` becomes ``path``.json."""
    temporary = path.with_suffix(".tmp")
    save(temporary)
    temporary.chmod(0o644)  # others on the machine may read an installed package
    os.replace(temporary, path.with_suffix(".safetensors"))
    text = json.dumps(meta, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def read_meta(path: Path) -> dict[str, Any]:
    """The .json beside the weights; raises OSError when there is none."""
    meta: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return meta
