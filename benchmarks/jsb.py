"""JSB Chorales, notes only: the loss of `obbligato train jsb` on the validation split, beside naive models.

    obbligato train jsb --data DIR
    python -m benchmarks.jsb --data DIR

Nats a cell of the grid (a voice in a sixteenth); what is counted is said in docs/evaluation.md. Besides, a mixture: of
each event (a note with its place) the mean of the odds that the network gives it in several keys, each time with all
before it in that key. Events in one key are those of another one moved, so that these odds are one distribution. Writes
benchmarks/results/jsb.md when the weights were trained by engine/configs/jsb.toml as it stands.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.corpus.jsb import REST, grid
from bridge.folders import cache_folder
from engine.encoding import Array
from engine.evaluation.bootstrap import ratio
from engine.training.config import load_config
from engine.training.examples import collate, rows_of
from engine.training.weights import load_weights
from engine.training.whole import moved, whole_window
from engine.training.works import Work
from engine.transformer.columns import TARGETS
from engine.transformer.network import Network
from engine.weight_files import read_meta

Floats = npt.NDArray[np.float64]

KEYS = 3  # semitones either way
_LONGEST = 256  # quarters; a chorale's length is the one thing that the network is told
_SEED = 1


@torch.no_grad()
def losses(network: Network, work: Work) -> Floats:
    """-ln p of everything that writes the work, by event and field (events, 6), in float32, alone in its batch."""
    batch = collate([rows_of(whole_window(work))])
    hidden = network(batch.known, batch.known_at, batch.rows, batch.rows_at)
    found: Floats = network.event_losses(hidden, batch.targets).numpy().astype(np.float64)
    return found


def mixed_losses(network: Network, work: Work, semitones: int) -> Floats:
    """-ln p of each event (events,), as the mean of p in all keys up to so many semitones away."""
    keys = [losses(network, moved(work, by)).sum(1) for by in range(-semitones, semitones + 1)]
    return log(len(keys)) - np.logaddexp.reduce(-np.array(keys), 0)


def naive(training: Sequence[Array], validation: Sequence[Array]) -> dict[str, float]:
    """Nats a cell of models that look no farther than a sixteenth back, counted in training from one each."""
    keys = sorted({int(key) for rows in training for key in np.unique(rows)} | {REST})
    place = {key: i for i, key in enumerate(keys)}
    voices = training[0].shape[1]
    once = np.ones((voices, len(keys)))
    after = np.ones((voices, len(keys), len(keys)))
    for rows in training:
        for voice, line in enumerate(_places(rows, place)):
            np.add.at(once[voice], line, 1)
            np.add.at(after[voice], (line[:-1], line[1:]), 1)
    alone, following = -_log_shares(once), -_log_shares(after)
    lines = [(voice, line) for rows in validation for voice, line in enumerate(_places(rows, place))]
    cells = sum(len(line) for _, line in lines)
    unigram = sum(alone[voice, line].sum() for voice, line in lines)
    first = sum(alone[voice, line[0]] for voice, line in lines)
    bigram = first + sum(following[voice, line[:-1], line[1:]].sum() for voice, line in lines)
    return {
        f"uniform over {len(keys)} values": log(len(keys)),
        "unigram of each voice": float(unigram / cells),
        "each voice from its sixteenth before": float(bigram / cells),
    }


def _places(rows: Array, place: dict[int, int]) -> npt.NDArray[np.int64]:
    return np.array([[place[int(key)] for key in line] for line in rows.T])


def _log_shares(counts: Floats) -> Floats:
    shares: Floats = np.log(counts / counts.sum(-1, keepdims=True))
    return shares


def report(network: Network, training: Sequence[Work], validation: Sequence[Work]) -> list[str]:
    """The lines of the page."""
    grids = [grid(work.score) for work in validation]
    found = np.array([losses(network, work).sum(0) for work in validation])
    mixed = sum(mixed_losses(network, work, KEYS).sum() + log(_LONGEST) for work in validation)
    cells = [rows.size for rows in grids]
    total, sounding = sum(cells), sum(int((rows != REST).sum()) for rows in grids)
    notes = sum(len(work.score.notes) for work in validation)
    whole = found.sum(1) + log(_LONGEST)
    nats = float(whole.sum())
    between = ratio(list(whole), cells, [work.id for work in validation], _SEED)
    lines = [
        "| validation split | nats a cell |",
        "|---|---|",
        *(f"| {name} | {x:.3f} |" for name, x in naive([grid(w.score) for w in training], grids).items()),
        f"| **the network** | **{nats / total:.3f}** ({between.low:.3f} to {between.high:.3f}) |",
        f"| the network, the mean of its odds in {2 * KEYS + 1} keys | {mixed / total:.3f} |",
        "",
        f"{len(validation)} chorales, {total:,} cells; learnt from {len(training)} others;"
        f" {network.parameter_count:,} parameters.",
        "In brackets the 95 % interval of 1000 draws of chorales. Per cell that sounds"
        f" ({sounding:,}) {nats / sounding:.3f}, per written note ({notes:,}) {nats / notes:.3f} nats.",
        "",
        "Where it comes from:",
        "",
        "| field | nats a cell |",
        "|---|---|",
        *(f"| {name} | {x:.4f} |" for name, x in zip(TARGETS, found.sum(0) / total, strict=True)),
        f"| the length, one of {_LONGEST} | {log(_LONGEST) * len(validation) / total:.4f} |",
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=Path("runs/jsb/model"), help="without a suffix")
    arguments = parser.parse_args()
    network = load_weights(arguments.weights)
    training, validation = (
        load_corpus(arguments.data, split, cache_folder(), collections=("jsb",))
        for split in ("train", "valid")
    )
    lines = report(network, training, validation)
    if read_meta(arguments.weights)["recipe"] == asdict(load_config("jsb")[1]):
        write_report("jsb", "JSB Chorales, notes only", lines, "python -m benchmarks.jsb --data DIR")
    else:
        print("\n".join([*lines, "", "Weights of another recipe than jsb.toml: printed only."]))


if __name__ == "__main__":
    main()
