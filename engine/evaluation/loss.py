"""How likely the network finds what composers wrote, in nats a note, under the conditions of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from engine.encoding import encode
from engine.evaluation.scenarios import Excerpt
from engine.interface import Engine
from engine.training.examples import collate, rows_of
from engine.training.losses import field_losses
from engine.training.weights import load_weights
from engine.transformer.columns import CONTROLS
from engine.transformer.engine import TransformerEngine
from engine.transformer.network import Network
from engine.transformer.stream import View
from engine.transformer.window import Window, canonical, gathered


def note_losses(engine: Engine, excerpts: Sequence[Excerpt]) -> list[tuple[float, int]]:
    """For each excerpt the mean loss of the composer's notes and their number; nothing for engines without one.

    All fields of a note together; nothing is known of the written parts, no style and no other wish.
    """
    if not isinstance(engine, TransformerEngine):
        return []
    network = load_weights(engine.path)
    return [_loss(network, excerpt) for excerpt in excerpts]


@torch.no_grad()
def _loss(network: Network, excerpt: Excerpt) -> tuple[float, int]:
    sums, notes = field_losses(network, collate([rows_of(window_of(excerpt, network.config.measures))]))
    return float(sums.sum() / notes), int(notes)


def window_of(excerpt: Excerpt, measures: int) -> Window:
    """The excerpt as an engine whose windows have that many measures sees it when it begins to write."""
    view, parts = View.of(excerpt.passage, excerpt.asked.start, measures), len(excerpt.score.parts)
    mask = np.zeros((len(view.measures), parts), np.bool_)
    asked = [i for i, measure in enumerate(view.measures) if measure in excerpt.asked]
    mask[np.ix_(asked, excerpt.written)] = True
    heard, controls = np.ones(parts, np.bool_), np.zeros((parts, len(CONTROLS)), np.int16)
    shift = canonical(excerpt.score.measures[view.first].key.fifths)
    return Window(gathered(encode(excerpt.score), view.measures), 0, len(mask), mask, heard, controls, shift)
