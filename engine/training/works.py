"""The token file: many encoded works in one compressed archive, and the works as training sees them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.encoding import EncodedScore

_ARRAYS = ("notes", "measures", "starts", "parts", "chords")


class NothingToLearnError(ValueError):
    """The works hold nothing that the model could learn from."""


@dataclass(slots=True)
class Work:
    """One work; ``style`` is a value of ``vocabulary.STYLE``, ``composer`` a name or ""."""

    id: str
    style: str
    composer: str
    score: EncodedScore


def save_works(path: Path, works: Sequence[Work]) -> None:
    """Write all works to one .npz file, atomically."""
    found = {name: [getattr(w.score, name) for w in works] for name in _ARRAYS}
    arrays = {name: np.concatenate(columns or [np.zeros(0)]) for name, columns in found.items()}
    sizes = {f"{name}_sizes": np.array([len(getattr(w.score, name)) for w in works]) for name in _ARRAYS}
    meta = [[w.id, w.style, w.composer, dict(w.score.losses)] for w in works]
    temporary = path.with_suffix(".tmp.npz")
    with temporary.open("wb") as file:
        np.savez_compressed(file, meta=np.array(json.dumps(meta)), **arrays, **sizes)  # type: ignore[arg-type]
    os.replace(temporary, path)


def load_works(path: Path) -> list[Work]:
    """What ``save_works`` wrote."""
    with np.load(path) as file:
        meta = json.loads(str(file["meta"]))
        columns = {name: np.split(file[name], np.cumsum(file[f"{name}_sizes"])[:-1]) for name in _ARRAYS}
    return [
        Work(
            id,
            style,
            composer,
            EncodedScore(**{name: columns[name][i] for name in _ARRAYS}, losses=Counter(losses)),
        )
        for i, (id, style, composer, losses) in enumerate(meta)
    ]
