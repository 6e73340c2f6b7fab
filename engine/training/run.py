"""The training loop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.training.checkpoint import log, restored, run_of, save_checkpoint
from engine.training.config import Asked, TrainingConfig
from engine.training.examples import Batch, Examples, Rows, alone_window, collate, make_window, rows_of
from engine.training.growth import grow_from
from engine.training.processes import add_up, rank, share
from engine.training.usual import usual_of
from engine.training.weights import save_weights
from engine.training.whole import in_other_keys, whole_window
from engine.training.works import Work
from engine.transformer.columns import TARGETS
from engine.transformer.config import ModelConfig
from engine.transformer.manner import usual_as_meta
from engine.transformer.network import Network
from engine.transformer.window import Random, with_parts
from engine.vocabulary import INSTRUMENT

Report = Callable[[int, dict[str, float]], None]

_WORKS_PER_COMPOSER = 20  # a token of one's own takes more works than this
_TYPICAL_NOTES = 100  # written in an example
_WINDOWS = 192  # of validation
_PROCESSES = 1024  # at most, each drops out units of its own
_PIANO = INSTRUMENT.id("piano")


def train(
    model: dict[str, Any],
    recipe: TrainingConfig,
    training: Sequence[Work],
    validation: Sequence[Work],
    out: Path,
    report: Report,
) -> Network:
    """Train to the last step, from the last checkpoint in ``out`` if there is one.

    Writes ``checkpoint.pt``, ``log.jsonl`` and, at the end, ``model.safetensors`` with ``model.json``.
    ``report`` is called after each step with the loss in nats a note and, now and then, that of validation;
    once with that alone where all steps were done before.
    Where several processes train (``processes.join``), each calls this with the same arguments; the first writes
    and reports, and all return the same network. Raises NothingToLearnError where no work is of a style that is asked
    for, GrowthError and OtherRunError.
    """
    first = rank() == 0
    if first:
        out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = ModelConfig.from_dict({"composers": composers_of(training), **model})
    torch.manual_seed(recipe.seed)
    network = Network(config)
    if recipe.grown_from:
        grow_from(network, recipe.grown_from)
    network.to(device)
    optimizers = make_optimizers(network, recipe)
    learnt = in_other_keys(training, recipe.transpose)
    examples = Examples(learnt, config.composers, config.measures, recipe.odds, recipe.seed, recipe.asked)
    held_out = _held_out(validation, config, recipe.asked)
    run = run_of(config, recipe, (work.id.encode() for work in training))
    figures: dict[str, float] = {}
    for step in range(restored(out, run, [network], optimizers, recipe.steps), recipe.steps):
        batch = examples.batch(step, recipe.batch, share()).to(device)
        numbers = _step(network, optimizers, recipe, batch, step)
        done = step + 1
        last = done == recipe.steps
        figures = evaluate(network, held_out, device) if last or done % recipe.validate_every == 0 else {}
        if first:
            if figures:
                log(out, done, numbers | figures)
            report(done, numbers | figures)
            if last or done % recipe.checkpoint_every == 0:
                save_checkpoint(out, run, [network], optimizers, done)
    if not figures:  # the checkpoint was of the last step
        figures = evaluate(network, held_out, device)
        if first:
            report(recipe.steps, figures)
    meta = {
        "recipe": asdict(recipe),
        "validation": figures,
        "works": len(training),
        "parameters": network.parameter_count,
    }
    if recipe.asked == "alone":
        meta |= usual_as_meta(usual_of(training, config.composers))
    network.cpu()
    if first:
        save_weights(out / "model", network, meta)
    return network


def composers_of(works: Sequence[Work]) -> tuple[str, ...]:
    """The composers with more than 20 works, most works first."""
    counts = Counter(w.composer for w in works if w.composer)
    return tuple(
        name for name, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])) if n > _WORKS_PER_COMPOSER
    )


def make_optimizers(network: Network, recipe: TrainingConfig) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for the matrices of the layers, AdamW for embeddings, outputs and norms."""
    matrices = [p for n, p in network.named_parameters() if p.ndim == 2 and ("coder." in n or "mixers." in n)]
    chosen = {id(p) for p in matrices}
    rest = [p for p in network.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(
            matrices,
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(rest, lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def _step(
    network: Network,
    optimizers: Sequence[torch.optim.Optimizer],
    recipe: TrainingConfig,
    batch: Batch,
    step: int,
) -> dict[str, float]:
    began = time.perf_counter()
    # Dropout: a resumed run draws the same, each process for units of its own.
    torch.manual_seed((recipe.seed * 10**6 + step) * _PROCESSES + rank())
    network.train()
    sums, notes = field_losses(network, batch)
    # Every note weighs the same, whether its batch, or the share of this process, holds many or few.
    (sums.sum() / (recipe.batch * _TYPICAL_NOTES)).backward()  # type: ignore[no-untyped-call]
    told = torch.stack((sums.detach().sum(), notes.to(sums.dtype)))
    add_up([told, *(p.grad for p in network.parameters() if p.grad is not None)])
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    loss, count = told.tolist()
    return {
        "loss": loss / max(count, 1.0),
        "notes": count,
        "seconds": time.perf_counter() - began,
    }


def field_losses(network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
    """Losses summed per field (6,), and the number of notes written; in bfloat16 where that is the quicker."""
    kind = batch.known.device.type
    # A processor that has no bfloat16 converts at each product, which takes twice the time of float32.
    quicker = kind != "cpu" or torch.cpu._is_avx512_bf16_supported()
    with torch.autocast(kind, torch.bfloat16, enabled=quicker):
        hidden = network(batch.known, batch.known_at, batch.rows, batch.rows_at)
        sums = network.losses(hidden, batch.targets)
    return sums, (batch.targets[:, :, 0] > 0).sum()


def _held_out(works: Sequence[Work], config: ModelConfig, asked: Asked) -> list[Batch]:
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
