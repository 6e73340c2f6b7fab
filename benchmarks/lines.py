"""The engines of single lines against their data: the LSTM's loss, and the statistics of C-RNN-GAN's paper.

    python -m benchmarks.lines --lstm runs/lstm/lstm --c-rnn-gan runs/c-rnn-gan/c-rnn-gan --data DIR

Writes benchmarks/results/lines.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.corpus.melodies import load_melodies
from bridge.folders import cache_folder
from engine.crnngan import config as crnngan
from engine.crnngan.network import Generator
from engine.crnngan.tones import ONSET, melody_of, tones_of
from engine.evaluation import tones
from engine.lstm import config as lstm
from engine.lstm.events import DURATIONS, NOTES
from engine.lstm.examples import lines_of, pieces
from engine.lstm.network import Network
from engine.lstm.training import losses
from engine.tensors import load_tensors, model_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EVENTS = 96  # of a piece, as in training
GIVEN, TONES = 16, 48  # of a melody: as in training
MELODIES = 200
STATISTICS: dict[str, Callable[[Floats], float]] = {
    "scale consistency": tones.scale_consistency,
    "tone span, semitones": tones.tone_span,
    "unique tones": tones.unique_tones,
    "repetitions of three tones": tones.repetitions,
    "intensity span": tones.intensity_span,
    "polyphony": tones.polyphony,
    "length, quarters": lambda melody: float(melody[:, 1].mean()),
    "time between tones, quarters": lambda melody: float(np.diff(melody[:, ONSET]).mean()),
}


def lstm_losses(path: Path, cut: Sequence[Ints]) -> tuple[float, float]:
    """Nats an event of the network's notes and durations."""
    network = Network(lstm.Shape(**model_of(path)))
    load_tensors(path, network)
    with torch.no_grad():
        found = [[x.item() for x in losses(network, torch.from_numpy(piece)[None])] for piece in cut]
    note, duration = np.mean(found, 0)
    return float(note), float(duration)


def naive_losses(lines: Sequence[Ints], cut: Sequence[Ints], order: int) -> tuple[float, float]:
    """The same of a table that counts, for notes and durations each, what comes after the last ``order`` (0 or 1)."""
    answers = []
    for column, size in ((0, NOTES), (1, len(DURATIONS))):
        counts = np.full((size if order else 1, size), 0.1)
        for line in lines:
            np.add.at(counts, (line[:-1, column] * order, line[1:, column]), 1)
        odds = np.log(counts / counts.sum(1, keepdims=True))
        nats = [-odds[piece[:-1, column] * order, piece[1:, column]].mean() for piece in cut]
        answers.append(float(np.mean(nats)))
    return answers[0], answers[1]


def gone_on(path: Path, melodies: Sequence[Floats], seed: int) -> tuple[list[Floats], list[Floats]]:
    """From the first tones of melodies: what their players and what the generator went on with."""
    generator = Generator(crnngan.Shape(**model_of(path)))
    load_tensors(path, generator)
    rng = np.random.default_rng(seed)
    long = [melody for melody in melodies if len(melody) > TONES]
    real, written = [], []
    for index in rng.integers(len(long), size=MELODIES):
        first = int(rng.integers(len(long[index]) - TONES + 1))
        piece = long[index][first : first + TONES]
        given = torch.from_numpy(tones_of(piece)[:GIVEN]).float()[None]
        noise = torch.randn(
            1, TONES - 1, generator.shape.z, generator=torch.Generator().manual_seed(len(real))
        )
        with torch.no_grad():
            told = generator.going_on(given, noise)[0].double().numpy()
        real.append(piece[GIVEN:])
        written.append(melody_of(told, float(piece[GIVEN - 1, ONSET])))
    return real, written


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lstm", type=Path, required=True)
    parser.add_argument("--c-rnn-gan", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    learnt, unseen = (
        lines_of(load_corpus(asked.data, split, cache_folder())) for split in ("train", "valid")
    )
    cut = list(pieces(unseen, EVENTS))
    rows = {
        "a table of single events": naive_losses(learnt, cut, 0),
        "a table of pairs": naive_losses(learnt, cut, 1),
        "attention LSTM": lstm_losses(asked.lstm, cut),
    }
    real, written = gone_on(asked.c_rnn_gan, load_melodies(asked.data, "valid", cache_folder()), 1)
    lines = [
        f"Loss in nats an event, {len(cut)} pieces of {EVENTS} events of the validation split's leading lines.",
        "",
        "| | note | duration | both |",
        "|---|---|---|---|",
        *(f"| {name} | {a:.3f} | {b:.3f} | {a + b:.3f} |" for name, (a, b) in rows.items()),
        "",
        f"C-RNN-GAN: {MELODIES} times {TONES - GIVEN} tones after {GIVEN} of a melody of the validation split, beside "
        "what was played there.",
        "",
        "| | players | C-RNN-GAN |",
        "|---|---|---|",
        *(
            f"| {name} | {np.mean([of(m) for m in real]):.2f} | {np.mean([of(m) for m in written]):.2f} |"
            for name, of in STATISTICS.items()
        ),
    ]
    command = "python -m benchmarks.lines --lstm PATH --c-rnn-gan PATH --data DIR"
    write_report("lines", "The engines of single lines", lines, command)


if __name__ == "__main__":
    main()
