"""Validation loss of the shipped weights, both sizes, beside two naive models, on the same windows.

    python -m benchmarks.loss --data DIR

Windows of 16 measures of the validation songs, the whole piano part to be written, no controls; and of songs that
they learnt from, for how much better they know those. Writes benchmarks/results/loss.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.evaluation.baselines import Baselines, Written
from engine.training.examples import Batch
from engine.training.validation import evaluate, validation_batches
from engine.training.weights import load_weights
from engine.training.works import Work
from engine.transformer.columns import TARGETS
from engine.transformer.config import ModelConfig
from engine.transformer.info import BASE, SMALL
from engine.transformer.network import Network

ALL = "all"


def windows(works: list[Work], config: ModelConfig, count: int) -> list[Written]:
    """Rows and targets without padding."""
    result = []
    for batch in validation_batches(works, config, count):
        for rows, targets in zip(batch.rows.numpy(), batch.targets.numpy(), strict=True):
            real = targets.any(axis=1)
            result.append((rows[real].astype(np.int16), targets[real].astype(np.int16)))
    return result


def total(losses: Mapping[str, float]) -> dict[str, float]:
    """Losses by field, and their sum."""
    return {**losses, ALL: sum(losses.values())}


def of_network(network: Network, batches: list[Batch]) -> dict[str, float]:
    """The same of a network."""
    found = evaluate(network, batches, torch.device("cpu"))
    return total({name: found[f"validation {name}"] for name in TARGETS})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    networks = [load_weights(size.path) for size in (SMALL, BASE)]
    training, validation = (load_corpus(data, split, cache_folder()) for split in ("train", "valid"))
    config = networks[0].config
    baselines = Baselines.fit(windows(training, config, 2000))
    naive = [total(losses) for losses in baselines.losses(windows(validation, config, 192))]
    held_out, known = (validation_batches(works, config, 192) for works in (validation, training))
    found = naive + [of_network(network, held_out) for network in networks]
    lines = [
        "| nats a note | unigram | copy of the measure before | `small` | `base` |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {name} | " + " | ".join(f"{f[name]:.3f}" for f in found) + " |" for name in (*TARGETS, ALL)]
    learnt = " | ".join(f"{of_network(network, known)[ALL]:.3f}" for network in networks)
    lines.append(f"| {ALL}, songs that they learnt from | – | – | {learnt} |")
    sizes = " and ".join(f"{network.parameter_count:,}" for network in networks)
    lines.append(f"\n{sizes} parameters; 192 windows of validation songs, and as many of training songs.")
    write_report("loss", "Loss", lines, "python -m benchmarks.loss --data DIR")


if __name__ == "__main__":
    main()
