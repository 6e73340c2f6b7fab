"""Excerpts of the evaluation, written by an engine for a benchmark, and whether the forest tells it from composers."""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluation import arms
from engine.evaluation.bootstrap import Estimate
from engine.evaluation.features import matrix
from engine.evaluation.judges import forest_auc
from engine.evaluation.measures import Floats
from engine.evaluation.pieces import Piece
from engine.evaluation.scenarios import MEASURES, Excerpt
from engine.interface import Engine, Sampling

PIECE = 4  # measures that are judged at once

Features = tuple[Floats, list[str]]  # (pieces, features) and the features' names


def composed(excerpts: Sequence[Excerpt]) -> list[Piece]:
    """What the composers wrote."""
    return [e.piece(arms.human(e)) for e in excerpts]


def written(engine: Engine, excerpts: Sequence[Excerpt], sampling: Sampling) -> list[Piece]:
    """What the engine writes, with a seed for each excerpt from that of the sampling on."""
    seeded = arms.seeded(sampling, len(excerpts))
    lines = arms.written_by(engine, excerpts, seeded, lambda done, total: None)
    return [e.piece(line) for e, line in zip(excerpts, lines, strict=True)]


def features(pieces: Sequence[Piece]) -> Features:
    """Of every four measures."""
    return matrix([part for piece in pieces for part in piece.cut_up(PIECE)])


def told(excerpts: Sequence[Excerpt], human: Features, writer: Features) -> Estimate:
    """How well the forest tells the writer from the composers, AUC."""
    works = [e.work.id for e in excerpts for _ in range(MEASURES // PIECE)]
    return forest_auc(human[0], writer[0], human[1], works, 0)[0]
