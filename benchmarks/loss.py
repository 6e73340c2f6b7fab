"""Validation loss of the shipped weights beside two naive models, on the same windows.

    python -m benchmarks.loss --data DIR

Windows of 16 measures of the validation songs, the whole piano part to be written, no controls; and of songs that
it learnt from, for how much better it knows those. Writes benchmarks/results/loss.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.evaluation.baselines import Baselines, Written
from engine.training.validation import evaluate, validation_batches
from engine.training.weights import load_weights
from engine.training.works import Work
from engine.transformer.columns import TARGETS
from engine.transformer.config import ModelConfig
from engine.transformer.info import SHIPPED


def windows(works: list[Work], config: ModelConfig, count: int) -> list[Written]:
    """Rows and targets without padding."""
    result = []
    for batch in validation_batches(works, config, count):
        for rows, targets in zip(batch.rows.numpy(), batch.targets.numpy(), strict=True):
            real = targets.any(axis=1)
            result.append((rows[real].astype(np.int16), targets[real].astype(np.int16)))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    network = load_weights(SHIPPED)
    training, validation = (load_corpus(data, split, cache_folder()) for split in ("train", "valid"))
    baselines = Baselines.fit(windows(training, network.config, 2000))
    unigram, copied = baselines.losses(windows(validation, network.config, 192))
    numbers, known = (
        evaluate(network, validation_batches(works, network.config, 192), torch.device("cpu"))
        for works in (validation, training)
    )
    rows = [(name, unigram[name], copied[name], numbers[f"validation {name}"]) for name in TARGETS]
    rows.append(("all", sum(unigram.values()), sum(copied.values()), numbers["validation"]))
    lines = ["| nats a note | unigram | copy of the measure before | shipped weights |", "|---|---|---|---|"]
    lines += [f"| {name} | {a:.3f} | {b:.3f} | {c:.3f} |" for name, a, b, c in rows]
    lines.append(f"\n{network.parameter_count:,} parameters; 192 windows of validation songs.")
    lines.append(f"On as many windows of songs that it learnt from, all: {known['validation']:.3f}.")
    write_report("loss", "Loss", lines, "python -m benchmarks.loss --data DIR")


if __name__ == "__main__":
    main()
