"""Temperature and top-p by what they write: how well a forest tells it from the composers, and a few plain figures.

    python -m benchmarks.sampling --data DIR [--works 24] [--scenario songs]

Works of the validation split, written once at each setting; see docs/evaluation.md for the measures. Prints a table;
benchmarks/results/sampling.md holds those from which the defaults were chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.evaluation import arms, measures
from engine.evaluation.features import matrix
from engine.evaluation.judges import forest_auc
from engine.evaluation.pieces import Piece
from engine.evaluation.report import halves_of
from engine.evaluation.scenarios import SCENARIOS, draw_excerpts
from engine.interface import Sampling
from engine.registry import load_engine

SETTINGS = ((0.9, 0.95), (1.0, 0.95), (1.0, 0.97), (1.0, 0.985))


def mean(pieces: Sequence[Piece], measure: Callable[[Piece], float]) -> float:
    return float(np.mean([measure(piece) for piece in pieces]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Temperature and top-p by what they write.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--works", type=int, default=24)
    parser.add_argument("--scenario", default="songs")
    arguments = parser.parse_args()
    engine = load_engine()
    [scenario] = [s for s in SCENARIOS if s.name == arguments.scenario]
    works = load_corpus(arguments.data, "valid", cache_folder())
    excerpts = draw_excerpts(works, scenario, arguments.works, 0)
    ids = [e.work.id for e in excerpts for _ in (0, 1)]
    human = [e.piece(arms.human(e)) for e in excerpts]
    known, names = matrix([half for piece in human for half in halves_of(piece)])
    rows = [("human", human, "")]
    for temperature, top_p in SETTINGS:
        sampling = Sampling(0, temperature, top_p)
        lines = arms.written_by(engine, excerpts, sampling, lambda done, total: None)
        own = [e.piece(line) for e, line in zip(excerpts, lines, strict=True)]
        found, _ = matrix([half for piece in own for half in halves_of(piece)])
        auc, _ = forest_auc(known, found, names, ids, 0)
        rows.append((f"{temperature:g}, {top_p:g}", own, f"{auc.value:.2f} [{auc.low:.2f}, {auc.high:.2f}]"))
    print(f"{scenario.title}; {len(excerpts)} excerpts of {len(set(ids))} works")
    print("| temperature, top-p | told from human, AUC | chord-tone share | onsets a quarter | parallels |")
    print("|---|---|---|---|---|")
    for name, pieces, told in rows:
        figures = (measures.chord_tone_share, measures.density, measures.parallels)
        print(f"| {name} | {told} | {' | '.join(f'{mean(pieces, f):.2f}' for f in figures)} |", flush=True)


if __name__ == "__main__":
    main()
