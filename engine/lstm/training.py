"""Training on lines of real works, with RMSprop as in the textbook, resumable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.lstm.config import Recipe, Shape
from engine.lstm.examples import Ints, batch, lines_of, pieces
from engine.lstm.network import Network
from engine.tensors import save_network
from engine.training.checkpoint import log, restored, run_of, save_checkpoint
from engine.training.works import NothingToLearnError, Work

Report = Callable[[int, dict[str, float]], None]

_NOTHING = 0  # the note id of what stands behind a short line
_NORM = 1.0  # of gradients
_RISE = 0.3
_FIRST_RATE, _LAST_RATE = 1 / 25, 1 / 250_000  # of the highest


def train(
    shape: Shape, recipe: Recipe, works: Sequence[Work], unseen: Sequence[Work], out: Path, report: Report
) -> dict[str, float]:
    """Train to the last step, from the checkpoint in ``out`` if there is one; the losses on ``unseen`` at the end.

    Losses are nats an event, of notes and of durations. Writes ``checkpoint.pt``, ``log.jsonl``, and at the end
    lstm.safetensors and .json. Raises NothingToLearnError where no work has a line, and OtherRunError.
    """
    out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    lines, others = lines_of(works), lines_of(unseen)
    if not lines:
        raise NothingToLearnError("no line of a voice or violin in these works")
    torch.manual_seed(recipe.seed)
    network = Network(shape)
    optimizer = torch.optim.RMSprop(network.parameters(), recipe.learning_rate)
    figures: dict[str, float] = {}
    run = run_of(shape, recipe, (work.id.encode() for work in works))
    first = restored(out, run, [network], [optimizer], recipe.steps)
    for step in range(first, recipe.steps):
        optimizer.param_groups[0]["lr"] = rate(step, recipe)
        rng = np.random.default_rng([recipe.seed, step])
        torch.manual_seed(recipe.seed * 10**6 + step)  # dropout: a resumed run draws the same
        events = torch.from_numpy(batch(lines, recipe.batch, recipe.events, rng))
        notes, durations = losses(network.train(), events)
        optimizer.zero_grad(set_to_none=True)
        (notes + durations).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), _NORM)
        optimizer.step()
        done = step + 1
        numbers = {"note": notes.item(), "duration": durations.item()}
        kept = done == recipe.steps or done % recipe.checkpoint_every == 0
        figures = evaluated(network, others, recipe) if kept else {}
        if kept:
            save_checkpoint(out, run, [network], [optimizer], done)
        if kept or done % recipe.log_every == 0:
            log(out, done, numbers | figures)
        report(done, numbers)
    figures = figures or evaluated(network, others, recipe)  # of a run that was done already
    meta = {
        "recipe": asdict(recipe),
        "figures": figures,
        "lines": len(lines),
        "events": sum(map(len, lines)),
        "parameters": network.parameter_count,
    }
    save_network(out / "lstm", network, shape.to_dict(), meta)
    return figures


def rate(step: int, recipe: Recipe) -> float:
    """The learning rate: up to its height in the first three tenths and down again, on half waves (Smith 2018)."""
    top = _RISE * (recipe.steps - 1)
    done = step / top if step < top else 1 - (step - top) / max(recipe.steps - 1 - top, 1)
    least = _FIRST_RATE if step < top else _LAST_RATE
    share = (1 - cos(pi * done)) / 2
    return recipe.learning_rate * (least + (1 - least) * share)


def losses(network: Network, events: Tensor) -> tuple[Tensor, Tensor]:
    """Nats an event of (B, N + 1, 3), of the notes and of the durations after the first."""
    notes, durations, _ = network(events[:, :-1])
    there = (events[:, 1:, 0] != _NOTHING).float()
    answers = ((notes, events[:, 1:, 0]), (durations, events[:, 1:, 1]))
    note, duration = (
        (functional.cross_entropy(odds.transpose(1, 2), true, reduction="none") * there).sum() / there.sum()
        for odds, true in answers
    )
    return note, duration


def evaluated(network: Network, lines: Sequence[Ints], recipe: Recipe) -> dict[str, float]:
    """The losses on whole lines, cut as training cuts them; nothing where there are none."""
    cut = [torch.from_numpy(piece)[None] for piece in pieces(lines, recipe.events)]
    if not cut:
        return {}
    with torch.no_grad():
        found = torch.tensor([[float(loss) for loss in losses(network.eval(), piece)] for piece in cut])
    note, duration = found.mean(0).tolist()
    return {"valid note": note, "valid duration": duration}
