"""How likely the network finds what composers wrote, in nats a note, under the conditions of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from engine.encoding import encode
from engine.evaluation.scenarios import Excerpt
from engine.interface import Engine
from engine.training.examples import collate, rows_of
from engine.training.run import field_losses
from engine.training.weights import load_weights
from engine.transformer.columns import CONTROLS
from engine.transformer.engine import TransformerEngine
from engine.transformer.network import Network
from engine.transformer.window import Window, canonical


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
    sums, notes = field_losses(network, collate([rows_of(_window(excerpt))]))
    return float(sums.sum() / notes), int(notes)


def _window(excerpt: Excerpt) -> Window:
    """The whole excerpt, as the engine sees it when it begins to write."""
    score, n = encode(excerpt.score), len(excerpt.score.measures)
    mask = np.zeros((n, len(score.parts)), np.bool_)
    mask[np.ix_(excerpt.asked, excerpt.written)] = True
    heard = np.ones(len(score.parts), np.bool_)
    controls = np.zeros((len(score.parts), len(CONTROLS)), np.int16)
    return Window(score, 0, n, mask, heard, controls, canonical(excerpt.score.measures[0].key.fifths))
