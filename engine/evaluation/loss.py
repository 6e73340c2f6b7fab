"""How likely the network finds what composers wrote, in nats a note, under the conditions of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from engine.evaluation.scenarios import Excerpt
from engine.interface import Engine
from engine.training.examples import collate, make_window, rows_of
from engine.training.run import field_losses
from engine.transformer.engine import TransformerEngine
from engine.transformer.network import Network


def note_losses(engine: Engine, excerpts: Sequence[Excerpt]) -> list[tuple[float, int]]:
    """For each excerpt the mean loss of the composer's notes and their number; nothing for engines without one.

    All fields of a note together; nothing is known of the written parts, no style and no other wish.
    """
    if not isinstance(engine, TransformerEngine):
        return []
    return [_loss(engine.network, excerpt) for excerpt in excerpts]


@torch.no_grad()
def _loss(network: Network, excerpt: Excerpt) -> tuple[float, int]:
    score = excerpt.work.score
    parts = np.flatnonzero(score.parts)  # those of the excerpt, among all of the work
    mask = np.zeros((len(excerpt.score.measures), len(score.parts)), np.bool_)
    mask[:, parts[list(excerpt.written)]] = True
    window = make_window(excerpt.work, excerpt.begin, mask, np.ones(len(score.parts), np.bool_), None, {})
    window.controls[:] = 0
    sums, notes = field_losses(network, collate([rows_of(window)]))
    return float(sums.sum() / notes), int(notes)
