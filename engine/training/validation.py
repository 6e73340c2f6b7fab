"""Validation: works that are held out as batches, the same ones for every run, and the losses of a network on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice

import numpy as np
import torch

from engine.training.config import Asked
from engine.training.examples import Batch, Rows, alone_window, collate, make_window, rows_of
from engine.training.losses import field_losses
from engine.training.processes import add_up, share
from engine.training.whole import whole_window
from engine.training.works import Work
from engine.transformer.columns import TARGETS
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network
from engine.transformer.window import Random, with_parts
from engine.vocabulary import INSTRUMENT

_WINDOWS = 192
_PIANO = INSTRUMENT.id("piano")


def held_out(works: Sequence[Work], config: ModelConfig, asked: Asked) -> list[Batch]:
    """What a run that asks for that is validated with."""
    if asked == "whole":
        return whole_batches(works)
    return (alone_batches if asked == "alone" else validation_batches)(works, config, _WINDOWS)


def validation_batches(works: Sequence[Work], config: ModelConfig, windows: int) -> list[Batch]:
    """Fixed windows of the validation songs with the whole piano part masked and no controls, in batches of 8."""
    composers = {name: i for i, name in enumerate(config.composers, start=1)}
    songs = [
        w for w in works if w.style == "song" and _PIANO in w.score.parts and (w.score.parts > 0).sum() > 1
    ]
    rng = np.random.default_rng(0)
    rows = []
    for work, first, n in _places(songs, config.measures, windows, rng):
        mask = np.zeros((n, len(work.score.parts)), np.bool_)
        mask[:, np.flatnonzero(work.score.parts == _PIANO)[0]] = True
        window = make_window(work, first, mask, np.ones(mask.shape[1], np.bool_), None, composers)
        window.controls[:] = 0
        rows.append(rows_of(window))
    return _batches(rows)


def alone_batches(works: Sequence[Work], config: ModelConfig, windows: int) -> list[Batch]:
    """Fixed windows of single parts, all controls known, in batches of 8."""
    composers = {name: i for i, name in enumerate(config.composers, start=1)}
    rng = np.random.default_rng(0)
    rows = []
    for work, first, n in _places(works, config.measures, windows, rng):
        part = int(rng.choice(np.flatnonzero(work.score.parts)))
        alone = replace(work, score=with_parts(work.score, [part]))
        rows.append(rows_of(alone_window(alone, first, n, None, composers)))
    return _batches(rows)


def _places(
    works: Sequence[Work], measures: int, windows: int, rng: Random
) -> Iterator[tuple[Work, int, int]]:
    """So many windows of the works in turn, anywhere in each: work, first measure, measures; none without works."""
    for work in islice(cycle(works), windows):
        n = min(measures, len(work.score.measures))
        yield work, int(rng.integers(0, len(work.score.measures) - n + 1)), n


def whole_batches(works: Sequence[Work]) -> list[Batch]:
    """All of those works, nothing known of them, in batches of 8."""
    return _batches([rows_of(whole_window(work)) for work in works])


def _batches(examples: list[Rows]) -> list[Batch]:
    examples = sorted(examples, key=lambda rows: len(rows[2]))
    return [collate(examples[i : i + 8]) for i in range(0, len(examples), 8)]


@torch.no_grad()
def evaluate(network: Network, batches: Sequence[Batch], device: torch.device) -> dict[str, float]:
    """Validation loss in nats a note, in all and by field."""
    network.eval()
    total, notes = torch.zeros(len(TARGETS), device=device), torch.zeros(1, device=device)
    for batch in batches[share()]:
        sums, n = field_losses(network, batch.to(device))
        total, notes = total + sums, notes + n
    add_up([total, notes])
    per_note = (total / notes.clamp(min=1)).tolist()
    return {"validation": sum(per_note)} | {
        f"validation {n}": x for n, x in zip(TARGETS, per_note, strict=True)
    }
