"""The critic's network and its weights on disk. It needs numpy alone: two small products for each piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from engine.critic.material import Cells, Floats, matrix, pieces_of
from engine.evaluation.pieces import Piece
from engine.interface import Passage
from engine.weight_files import WEIGHTS, read_meta, write_weights

SHIPPED = WEIGHTS / "critic"
_FAR = 4.0  # standard deviations beyond which a feature says no more


@dataclass(frozen=True, slots=True)
class Critic:
    """Several small networks with one hidden layer, whose odds are averaged.

    F features, N networks, H hidden units. ``mean`` and ``spread`` are (F,), of the pieces that it learnt from;
    ``into`` (N, F, H), ``hidden`` (N, H), ``out`` (N, H), ``bias`` (N,).
    """

    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    into: Floats
    hidden: Floats
    out: Floats
    bias: Floats

    def score(self, passage: Passage, written: Cells, nats: float) -> float:
        """Log odds that a composer wrote it, the mean over its pieces by their measures; ``nats``: a note."""
        pieces = pieces_of(passage, written)
        odds = self.odds(pieces, [nats] * len(pieces))
        return float(np.average(odds, weights=[piece.measures for piece in pieces]))

    def odds(self, pieces: Sequence[Piece], nats: Sequence[float]) -> Floats:
        """(pieces,) log odds that a composer wrote each."""
        rows, names = matrix(pieces, nats)
        columns = [names.index(name) for name in self.names]
        x = normal(rows[:, columns], self.mean, self.spread)
        hidden = np.maximum(np.einsum("pf,nfh->pnh", x, self.into) + self.hidden, 0)
        result: Floats = ((hidden * self.out).sum(2) + self.bias).mean(1)
        return result


def normal(rows: Floats, mean: Floats, spread: Floats) -> Floats:
    """Features (pieces, F) in standard deviations from the mean, the far ones brought near."""
    result: Floats = np.clip((rows - mean) / np.where(spread > 0, spread, 1.0), -_FAR, _FAR)
    return result


def save_critic(path: Path, critic: Critic, meta: dict[str, Any]) -> None:
    """``path``.safetensors and ``path``.json with the features' names and ``meta``."""
    arrays = ("mean", "spread", "into", "hidden", "out", "bias")
    # safetensors writes an array as it lies in memory, whatever its axes are
    tensors = {name: np.ascontiguousarray(getattr(critic, name), np.float32) for name in arrays}
    write_weights(path, tensors, save_file, {"features": critic.names, **meta})


def load_critic(path: Path) -> Critic:
    """Raises OSError when a file is missing."""
    names = read_meta(path)["features"]
    tensors = load_file(path.with_suffix(".safetensors"))
    return Critic(tuple(names), **{name: array.astype(np.float64) for name, array in tensors.items()})


@cache
def shipped() -> Critic:
    """The critic that comes with Obbligato, loaded once."""
    return load_critic(SHIPPED)
