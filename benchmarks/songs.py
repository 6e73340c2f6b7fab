"""Accompaniments to validation songs, counted: human, another song's piano, and the engine at some temperatures.

    python -m benchmarks.songs --data DIR [--songs 20]

The first 24 measures of each song, its piano taken away. Writes benchmarks/results/songs.md.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from bridge.documents.document import open_document
from engine import interface
from engine.evaluation.measures import Accompaniment, measure_accompaniment
from engine.interface import Controls, Engine, Passage, Sampling
from engine.registry import load_engine
from engine.score import Cell, Part, Score

RESULT = Path(__file__).parent / "results" / "songs.md"
MEASURES = 24
SETTINGS = ((0.8, 0.95), (0.9, 0.95), (1.0, 0.95), (1.0, 1.0))


def songs(data: Path, count: int) -> list[Score]:
    """Validation songs for voice and piano, cut to their first measures."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["collection"] == "lieder" and r["split"] == "valid"]
    rows = [r for r in rows if r["staves"] == "1+2"][:count]
    return [_cut(open_document(data / r["path"]).score) for r in rows]


def _cut(score: Score) -> Score:
    parts = tuple(replace(part, cells=part.cells[:MEASURES]) for part in score.parts)
    return Score(score.measures[:MEASURES], parts)


def with_piano(score: Score, cells: Sequence[Cell]) -> Score:
    """The song with other piano cells."""
    piano: Part = replace(score.parts[1], cells=tuple(cells))
    return replace(score, parts=(score.parts[0], piano))


def written(engine: Engine, score: Score, temperature: float, top_p: float) -> Score:
    mask = frozenset((1, m) for m in range(len(score.measures)))
    cells = interface.written(engine, Passage(score, mask), Controls(), Sampling(7, temperature, top_p))
    return with_piano(score, [cell.notes for cell in cells])


def shifted(scores: Sequence[Score]) -> list[Score]:
    """Each song with the piano of the next one, measure for measure."""
    result = []
    for score, other in zip(scores, [*scores[1:], scores[0]], strict=True):
        cells = (other.parts[1].cells * MEASURES)[: len(score.measures)]
        result.append(with_piano(score, cells))
    return result


def row(name: str, figures: Sequence[Accompaniment]) -> str:
    columns = ("chord_tones", "coverage", "density", "repeated")
    return f"| {name} | " + " | ".join(f"{fmean(getattr(f, c) for f in figures):.2f}" for c in columns) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--songs", type=int, default=20)
    arguments = parser.parse_args()
    scores, engine = songs(arguments.data, arguments.songs), load_engine()
    arms = {"human": list(scores), "another song's piano": shifted(scores)}
    for temperature, top_p in SETTINGS:
        name = f"transformer, temperature {temperature}, top-p {top_p}"
        arms[name] = [written(engine, score, temperature, top_p) for score in scores]
    lines = [
        "| piano part | chord-tone share | measures covered | onsets a quarter | measures like the one before |",
        "|---|---|---|---|---|",
        *(row(name, [measure_accompaniment(s, 0, 1) for s in arm]) for name, arm in arms.items()),
        f"\n{len(scores)} validation songs, {MEASURES} measures each; `python -m benchmarks.songs`.",
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
