"""What each choice is worth to the Transformer: a small model trained once as it is, then with one thing changed.

    python -m benchmarks.ablations --data DIR --runs runs/ablations

Every run is `obbligato train small` with the overrides of the small model (`BASE`) and one more. A run that was
stopped goes on, one that has ended is not run again. Writes benchmarks/results/ablations.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from math import nan
from pathlib import Path
from statistics import fmean, median

import torch

from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.training.config import folder_name, load_config
from engine.training.run import train
from engine.training.validation import evaluate, validation_batches
from engine.training.works import Work
from engine.transformer.columns import TARGETS
from engine.transformer.config import ModelConfig

CONFIG = "small"
STEPS = 200
BASE = (
    "model.width=128",
    "model.heads=2",
    "model.feedforward=288",
    "model.encoder_layers=2",
    "model.decoder_layers=2",
    "model.dropout=0.0",
    f"training.steps={STEPS}",
    "training.batch=8",
    "training.warmup=20",
    "training.cooldown=0.5",
    f"training.validate_every={STEPS}",
    "training.threads=1",
)
SEEDS = ("training.seed=2", "training.seed=3")
CHANGES = (
    "model.measures=8",
    "model.measures=32",
    "training.odds={song = 1.0}",
    "model.composers=[]",
    "model.encoder_layers=0",
    "model.decoder_layers=1",
    "training.learning_rate=0.001",
    "training.learning_rate=0.004",
    "model.dropout=0.1",
)
ALONE = "–"  # the reference: no change
WINDOWS = 192

Figures = dict[str, float]


def figures(changes: Sequence[str], data: Callable[[str], list[Work]], out: Path) -> Figures:
    """What a run comes to: trained to its end in the folder ``out``, or read there if it has been.

    ``validation`` and its fields are nats a note on the reference's windows, also where the run has other ones.
    ``seconds`` is the median of the steps, of processor time, for the machine may have other work; like
    ``notes`` of a step it is nan where a run that was trained to its end is only measured.
    """
    path = out / "figures.json"
    if not path.exists():
        model, recipe = load_config(CONFIG, [*BASE, *changes])
        works = data("valid")
        seconds, notes, before = [], [], time.process_time()

        def report(step: int, numbers: Figures) -> None:
            nonlocal before
            now = time.process_time()
            if "notes" in numbers:  # a step, not the figures of a run that was done already
                seconds.append(now - before)
                notes.append(numbers["notes"])
            before = now

        network = train(model, recipe, data("train"), works, out, report)
        windows = validation_batches(works, ModelConfig.from_dict(load_config(CONFIG, BASE)[0]), WINDOWS)
        found = evaluate(network, windows, torch.device("cpu")) | {
            "parameters": network.parameter_count,
            "seconds": median(seconds or [nan]),
            "notes": fmean(notes or [nan]),
        }
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    read: Figures = json.loads(path.read_text(encoding="utf-8"))
    return read


def spread(found: dict[str, Figures]) -> float:
    """How far apart the reference and its other seeds are: what chance alone does."""
    losses = [found[change]["validation"] for change in (ALONE, *SEEDS)]
    return max(losses) - min(losses)


def table(found: dict[str, Figures]) -> list[str]:
    """A row for each run, the reference first; what is farther from it than its seeds are apart is bold."""
    head = ["override", "parameters", "seconds a step", "notes a step", "loss", "difference", *TARGETS]
    return [_row(head), "|---" * len(head) + "|", *(_row(_cells(name, found)) for name in found)]


def _cells(change: str, found: dict[str, Figures]) -> list[str]:
    own, difference = found[change], found[change]["validation"] - found[ALONE]["validation"]
    beyond = "**" if abs(difference) > spread(found) else ""
    return [
        change if change == ALONE else f"`{change}`",
        f"{own['parameters']:,.0f}",
        f"{own['seconds']:.2f}",
        f"{own['notes']:,.0f}",
        f"{own['validation']:.3f}",
        ALONE if change == ALONE else f"{beyond}{difference:+.3f}{beyond}",
        *(f"{own[f'validation {field}']:.3f}" for field in TARGETS),
    ]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def page(found: dict[str, Figures]) -> list[str]:
    """The table and what there is to know of it."""
    base = " ".join(f"--set {setting}" for setting in BASE)
    return [
        *table(found),
        "",
        "The first row is the reference, a small model trained by",
        "",
        f"    obbligato train {CONFIG} --data DIR {base}",
        "",
        "Each other row is the same with `--set 'OVERRIDE'` at the end. Other seeds give the reference other losses,",
        f"up to {spread(found):.3f} nats apart: so much is chance, and only what differs by more is **bold**.",
        f"These are small models after {STEPS} steps: what is for long runs, like dropout, cannot show its worth here.",
        "",
        "Loss: nats a note, in all and by field, of the piano parts of validation songs, whole and without controls,",
        f"in the same {WINDOWS} windows of 16 measures for all, whatever the windows in training are; those change how",
        "many notes a step learns from. Seconds a step: the median, of processor time, one thread; where models are",
        "alike they differ by what else the machine did.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--runs", type=Path, required=True, help="folder for the runs, each in one of its own"
    )
    arguments = parser.parse_args()
    works = {split: load_corpus(arguments.data, split, cache_folder()) for split in ("train", "valid")}
    found = {}
    for change in (ALONE, *SEEDS, *CHANGES):
        changes = [] if change == ALONE else [change]
        out = arguments.runs / (folder_name(change) if changes else "reference")
        found[change] = figures(changes, works.__getitem__, out)
        print(change, found[change], flush=True)
    write_report(
        "ablations",
        "What each choice is worth",
        page(found),
        "python -m benchmarks.ablations --data DIR --runs DIR",
    )


if __name__ == "__main__":
    main()
