"""The training loop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.training.checkpoint import log, restored, run_of, save_checkpoint
from engine.training.config import TrainingConfig
from engine.training.examples import Batch, Examples
from engine.training.growth import grow_from
from engine.training.losses import field_losses
from engine.training.processes import add_up, rank, share
from engine.training.usual import usual_of
from engine.training.validation import evaluate, held_out
from engine.training.weights import save_weights
from engine.training.whole import in_other_keys
from engine.training.works import Work
from engine.transformer.config import ModelConfig
from engine.transformer.manner import usual_as_meta
from engine.transformer.network import Network

Report = Callable[[int, dict[str, float]], None]

_WORKS_PER_COMPOSER = 20  # a token of one's own takes more works than this
_TYPICAL_NOTES = 100  # written in an example
_PROCESSES = 1024  # at most, each drops out units of its own


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
    network = _begun(config, recipe).to(device)
    optimizers = make_optimizers(network, recipe)
    learnt = in_other_keys(training, recipe.transpose)
    examples = Examples(learnt, config.composers, config.measures, recipe.odds, recipe.seed, recipe.asked)
    unseen = held_out(validation, config, recipe.asked)
    run = run_of(config, recipe, (work.id.encode() for work in training))
    figures: dict[str, float] = {}
    for step in range(restored(out, run, [network], optimizers, recipe.steps), recipe.steps):
        batch = examples.batch(step, recipe.batch, share()).to(device)
        numbers = _step(network, optimizers, recipe, batch, step)
        done = step + 1
        last = done == recipe.steps
        figures = evaluate(network, unseen, device) if last or done % recipe.validate_every == 0 else {}
        if first:
            if figures:
                log(out, done, numbers | figures)
            report(done, numbers | figures)
            if last or done % recipe.checkpoint_every == 0:
                save_checkpoint(out, run, [network], optimizers, done)
    if not figures:  # the checkpoint was of the last step
        figures = evaluate(network, unseen, device)
        if first:
            report(recipe.steps, figures)
    network.cpu()
    if first:
        save_weights(out / "model", network, _meta(network, recipe, training, figures))
    return network


def _begun(config: ModelConfig, recipe: TrainingConfig) -> Network:
    torch.manual_seed(recipe.seed)
    network = Network(config)
    if recipe.grown_from:
        grow_from(network, recipe.grown_from)
    return network


def _meta(
    network: Network, recipe: TrainingConfig, training: Sequence[Work], figures: dict[str, float]
) -> dict[str, Any]:
    """What the weights' file says of them."""
    meta = {
        "recipe": asdict(recipe),
        "validation": figures,
        "works": len(training),
        "parameters": network.parameter_count,
    }
    if recipe.asked == "alone":
        meta |= usual_as_meta(usual_of(training, network.config.composers))
    return meta


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
