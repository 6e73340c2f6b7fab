"""Settings of the sampler by what they write: how well a forest tells it from the composers, and what it is made of.

    python -m benchmarks.sampling --data DIR [--works 40] [--scenario songs] [--seeds 3]

Works of the validation split, written at each setting with each of the seeds; see docs/evaluation.md for the measures.
The AUC differs by up to a tenth between seeds, so one says little about a setting. The first writer is the network
alone, drawn as it is usual: every field at one temperature and top-p, nothing leant on. Prints a table;
benchmarks/results/sampling.md holds those from which the defaults were chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from benchmarks.excerpts import composed, features, told, written
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.evaluation.scenarios import SCENARIOS, draw_excerpts
from engine.interface import Sampling
from engine.registry import load_engine
from engine.transformer import leaning
from engine.transformer.sampling import Manner, Sampler

SETTINGS = ((0.9, 0.95), (1.0, 0.95), (1.0, 0.97))
APART = 1000  # between seeds: each excerpt has one of its own from them on
SHOWN = {
    "chord tones": "chord tones",
    "onsets a quarter": "onsets a quarter",
    "bass struck again": "bass moves -0.5 to 0.5",
    "top struck again": "top moves -0.5 to 0.5",
    "held over the bar line": "held over the bar line",
    "semitone within": "semitone within",
}


@contextmanager
def network_alone() -> Iterator[None]:
    """Without what ``leaning`` adds, chord symbols apart, and with one manner for all fields."""
    draw, plain = Sampler.draw, Manner(1.0, 1.0)
    alike = lambda self, logits, allowed, leaning=0.0, *_: draw(self, logits, allowed, leaning, plain)  # noqa: E731
    with ExitStack() as stack:
        for habit in (
            "AGAIN",
            "AGAIN_IN_POP",
            "AGAIN_ALONE",
            "CLASH",
            "DOUBLED",
            "REPEATING",
            "RISING",
            "WAITING",
        ):
            stack.enter_context(mock.patch.object(leaning, habit, 0.0))
        stack.enter_context(mock.patch.object(Sampler, "draw", alike))
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description="Settings of the sampler by what they write.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--works", type=int, default=40)
    parser.add_argument("--scenario", default="songs")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    engine = load_engine()
    [scenario] = [s for s in SCENARIOS if s.name == arguments.scenario]
    works = load_corpus(arguments.data, "valid", cache_folder())
    excerpts = draw_excerpts(works, scenario, arguments.works, 0)
    human = features(composed(excerpts))
    columns = [human[1].index(feature) for feature in SHOWN.values()]
    print(f"{scenario.title}; {len(excerpts)} excerpts of {len({e.work.id for e in excerpts})} works")
    print(f"| | told from human, AUC (each seed) | {' | '.join(SHOWN)} |")
    print("|---" * (2 + len(SHOWN)) + "|")
    print(row("human", "", human[0][:, columns]))

    def show(name: str, chosen: Sampling) -> None:
        seeded = [replace(chosen, seed=APART * number) for number in range(arguments.seeds)]
        sets = [features(written(engine, excerpts, sampling)) for sampling in seeded]
        aucs = [told(excerpts, human, writer).value for writer in sets]
        each = ", ".join(f"{auc:.2f}" for auc in aucs)
        values = np.concatenate([writer[0] for writer in sets])
        print(row(name, f"{np.mean(aucs):.2f} ({each})", values[:, columns]), flush=True)

    with network_alone():
        show("the network alone, 1, 0.97", Sampling(0, 1.0, 0.97))
    for temperature, top_p in SETTINGS:
        show(f"{temperature:g}, {top_p:g}", replace(scenario.sampling, temperature=temperature, top_p=top_p))


def row(name: str, auc: str, values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
    return f"| {name} | {auc} | {' | '.join(f'{value:.3f}' for value in values.mean(0))} |"


if __name__ == "__main__":
    main()
