"""Training the notator: minutes on one processor core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from engine.notator.accuracy import accuracy
from engine.notator.examples import Array, Example, examples_of
from engine.notator.features import HEARD
from engine.notator.network import Notator, Shape
from engine.notator.sounds import NAMES
from engine.notator.weights import load_notator, save_notator
from engine.settings import Share, settled
from engine.training.works import NothingToLearnError, Work

Report = Callable[[int, int, float], None]
Stretch = tuple[int, int, int]  # example, from row, to row
Pair = tuple[Array, Array]  # rows and answers of a stretch

COUNTED = ("spelling", "staff", "voice")
_WARMUP = 100  # steps


@dataclass(frozen=True, slots=True)
class Recipe:
    """``passes`` over all parts, cut into stretches of ``length`` sounds, ``batch`` stretches a step.

    ``alone`` is the share of single staves of keyboards that a pass takes as parts of their own, ``deaf`` that of
    stretches that hear no other part. The learning
    rate rises over the first 100 steps and falls to zero in a line. ``held_out`` songs are never learnt from.
    """

    passes: PositiveInt
    length: PositiveInt
    batch: PositiveInt
    alone: Share
    deaf: Share
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    seed: NonNegativeInt
    held_out: NonNegativeInt


def read_recipe(tables: dict[str, Any]) -> tuple[Shape, Recipe]:
    """The tables ``notator`` and ``training`` of a configuration. Raises KeyError and ValueError."""
    return settled(Shape, tables["notator"]), settled(Recipe, tables["training"])


def run(
    shape: Shape, recipe: Recipe, works: Sequence[Work], songs: Sequence[Work], out: Path, report: Report
) -> Counter[str]:
    """Train on the works, and count what the weights, as written into ``out``, get right of the songs.

    Writes ``model.safetensors`` and ``model.json``. See ``accuracy`` for the counts. Raises NothingToLearnError where
    no work has a part with notes.
    """
    examples = [example for work in works for example in examples_of(work)]
    if not examples:
        raise NothingToLearnError("no part with notes in these works")
    out.mkdir(parents=True, exist_ok=True)
    network = train(shape, recipe, examples, report)
    meta = {"recipe": asdict(recipe), "works": len(works), "parameters": network.parameter_count}
    save_notator(out / "model", network, meta)
    found = accuracy(load_notator(out / "model"), songs)
    save_notator(out / "model", network, meta | {"right": dict(found)})
    return found


def train(shape: Shape, recipe: Recipe, examples: Sequence[Example], report: Report) -> Notator:
    """A network trained on those parts. ``report`` gets the step, the steps in all and the loss in nats a note."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    network = Notator(shape).train()
    optimizers = _optimizers(network, recipe)
    batches = [batch for _ in range(recipe.passes) for batch in _batches(examples, recipe, rng)]
    for step, stretches in enumerate(batches):
        rate = recipe.learning_rate * min(1.0, (step + 1) / _WARMUP) * (1 - step / len(batches))
        pairs = [
            (_deafened(examples[i].rows[a:b], recipe.deaf > rng.random()), examples[i].answers[a:b])
            for i, a, b in stretches
        ]
        loss = _step(network, optimizers, rate, pairs)
        report(step + 1, len(batches), loss)
    return network.eval()


def _deafened(rows: Array, deaf: bool) -> Array:
    return np.where(HEARD, 0, rows).astype(rows.dtype) if deaf else rows


def _optimizers(network: Notator, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for the recurrent matrices, AdamW for the rest."""
    matrices = [p for p in network.layers.parameters() if p.ndim == 2]
    chosen = {id(p) for p in matrices}
    rest = [p for p in network.parameters() if id(p) not in chosen]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    muon = torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)]


def _step(
    network: Notator, optimizers: Sequence[torch.optim.Optimizer], rate: float, pairs: Sequence[Pair]
) -> float:
    rows, answers = _collated(pairs)
    loss = _loss(network(rows), answers)
    network.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    return float(loss.detach())


def _batches(
    examples: Sequence[Example], recipe: Recipe, rng: np.random.Generator
) -> Iterator[list[Stretch]]:
    """One pass: every part cut at new places, stretches of like length together."""
    stretches: list[Stretch] = []
    for i, example in enumerate(examples):
        if example.alone and rng.random() >= recipe.alone:
            continue
        n = len(example.rows)
        cuts = [0, *range(int(rng.integers(1, recipe.length + 1)), n, recipe.length), n]
        stretches += [(i, a, b) for a, b in pairwise(cuts)]
    stretches.sort(key=lambda s: s[2] - s[1] + rng.random())
    batches = [stretches[i : i + recipe.batch] for i in range(0, len(stretches), recipe.batch)]
    for i in rng.permutation(len(batches)):
        yield batches[i]


def _collated(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Padded to the longest: rows with 0, answers with -1."""
    rows = [torch.from_numpy(rows.astype(np.int64)) for rows, _ in pairs]
    answers = [torch.from_numpy(answers.astype(np.int64)) for _, answers in pairs]
    pad = nn.utils.rnn.pad_sequence
    return pad(rows, batch_first=True), pad(answers, batch_first=True, padding_value=-1)


def _loss(scores: Tensor, answers: Tensor) -> Tensor:
    """Nats a note of all three answers together. Of a single staff the upper is the only answer, soon learnt."""
    there = answers[:, :, 0] >= 0
    scores, answers = scores[there], answers[there]
    bits = functional.binary_cross_entropy_with_logits
    names = functional.cross_entropy(scores[:, :NAMES], answers[:, 0])
    return names + bits(scores[:, NAMES:], answers[:, 1:].float()) * 2
