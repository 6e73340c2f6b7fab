"""Asked for a style or a composer: what a judge that knows composers' own music takes the engine's for.

    python -m benchmarks.manner --data DIR [--excerpts 16]

The judge is a forest that has learnt from piano parts of the ``train`` split, each by itself, of which style or
composer they are. It judges those of the ``valid`` split, and what the engine writes to melodies of songs and of pop:
asked for nothing, and for each style and composer in turn. Hymns are those for four voices, as a piano plays them.
Writes benchmarks/results/manner.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from benchmarks.controls import is_choir
from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.evaluation.arms import human, lines_of
from engine.evaluation.features import matrix
from engine.evaluation.measures import chord_tone_share
from engine.evaluation.pieces import Piece
from engine.evaluation.scenarios import (
    Excerpt,
    Random,
    Roles,
    Scenario,
    draw_excerpts,
    piano_to_the_rest,
)
from engine.interface import Controls, Engine, Sampling, written
from engine.registry import load_engine
from engine.training.alone import played
from engine.training.works import Work
from engine.vocabulary import INSTRUMENT

LEARNT = 250  # excerpts of a style, works of a composer
_TREES, _LEAF = 400, 2
_FEWEST = 20  # works of a composer that the judge learns from
_COMPOSERS = 6  # those with the most works


def alone(instruments: Sequence[str], rng: Random) -> Roles | None:
    """A piano that plays by itself."""
    return ((), (0,)) if list(instruments) == ["piano"] else None


STYLES = {
    "song": Scenario("songs", "", "song", piano_to_the_rest),
    "keyboard": Scenario("keyboard", "", "keyboard", alone),
    "pop": Scenario("pop", "", "pop", piano_to_the_rest),
    "hymn": Scenario("hymns", "", "hymn", alone),
}
MELODIES = ("song", "pop")
Lines = Iterator[str]
Floats = npt.NDArray[np.float64]
Judged = list[tuple[Piece, str]]  # and what it is


class Judge:
    """Says of a piano part by itself what it is likeliest to be, and how likely each is."""

    def __init__(self, learnt: Judged) -> None:
        self._forest = RandomForestClassifier(
            _TREES, min_samples_leaf=_LEAF, class_weight="balanced", random_state=0
        )
        self._forest.fit(_numbers([piece for piece, _ in learnt]), [name for _, name in learnt])
        self.names: list[str] = self._forest.classes_.tolist()

    def odds(self, pieces: Sequence[Piece]) -> Floats:
        """(pieces, names)."""
        return np.asarray(self._forest.predict_proba(_numbers(pieces)))

    def shares(self, pieces: Sequence[Piece]) -> list[float]:
        """Of the pieces that are taken for each."""
        found = Counter(self.names[i] for i in self.odds(pieces).argmax(1))
        return [found[name] / len(pieces) for name in self.names]


def _numbers(pieces: Sequence[Piece]) -> Floats:
    return matrix([replace(piece, given=()) for piece in pieces])[0]


def with_hymns_played(works: Sequence[Work]) -> list[Work]:
    """The works, hymns for four voices as piano parts."""
    piano = INSTRUMENT.id("piano")
    return [replace(w, score=played(w.score, piano)) if is_choir(w) else w for w in works]


def humans(works: Sequence[Work], scenario: Scenario, count: int, seed: int) -> list[Piece]:
    return [excerpt.piece(human(excerpt)) for excerpt in draw_excerpts(works, scenario, count, seed)]


def answers(engine: Engine, excerpts: Sequence[Excerpt], controls: Controls) -> list[Piece]:
    """What the engine writes."""
    found = []
    for seed, excerpt in enumerate(excerpts):
        cells = written(engine, excerpt.passage, controls, Sampling(seed))
        lines = lines_of(excerpt, {(cell.part, cell.measure): cell for cell in cells})
        found.append(excerpt.piece(lines))
    return found


def styles(engine: Engine, train: Sequence[Work], valid: Sequence[Work], count: int) -> Lines:
    judge = Judge([(p, name) for name, s in STYLES.items() for p in humans(train, s, LEARNT, 1)])
    yield f"| piano part | pieces | {' | '.join(f'taken for {name}' for name in judge.names)} | chord tones |"
    yield "|---|---|" + "---|" * (len(judge.names) + 1)
    for name, scenario in STYLES.items():
        yield _row(f"composers', {name}", judge, humans(valid, scenario, 40, 2))
    kept, of = 0.0, 0
    for melody in MELODIES:
        excerpts = draw_excerpts(valid, STYLES[melody], count // 2, 3)
        yield _row(f"to a {melody}, asked for nothing", judge, answers(engine, excerpts, Controls()))
        for style in STYLES:
            pieces = answers(engine, excerpts, Controls(style=style))
            yield _row(f"to a {melody}, asked for {style}", judge, pieces)
            kept += judge.shares(pieces)[judge.names.index(style)] * len(pieces)
            of += len(pieces)
    yield f"\nTaken for what was asked: {kept / of:.1%} of {of}."


def _row(name: str, judge: Judge, pieces: Sequence[Piece]) -> str:
    shares = " | ".join(f"{share:.0%}" for share in judge.shares(pieces))
    tones = [chord_tone_share(piece) for piece in pieces if piece.given]
    return f"| {name} | {len(pieces)} | {shares} | {f'{fmean(tones):.2f}' if tones else ''} |"


def composers(engine: Engine, train: Sequence[Work], valid: Sequence[Work], count: int) -> Lines:
    """How well each composer's are told from the others': by the composers themselves, and as asked for."""
    songs = [work for work in train if work.style == "song"]
    names = [n for n, k in Counter(w.composer for w in songs if w.composer).most_common() if k >= _FEWEST]
    names = [name for name in names if name in engine.info.composers][:_COMPOSERS]

    def of(works: Sequence[Work], name: str) -> list[Piece]:
        return humans([w for w in works if w.composer == name], STYLES["song"], LEARNT, 1)

    judge = Judge([(piece, name) for name in names for piece in of(songs, name)])
    excerpts = draw_excerpts(valid, STYLES["song"], count // 2, 3)
    arms: dict[str, Callable[[str], list[Piece]]] = {
        "composers'": lambda name: of(valid, name),
        "asked for": lambda name: answers(engine, excerpts, Controls(composer=name)),
    }
    yield f"| piano parts | {' | '.join(names)} | mean |"
    yield "|---|" + "---|" * (len(names) + 1)
    for arm, pieces_of in arms.items():
        pieces = [(piece, name) for name in names for piece in pieces_of(name)]
        odds, true = judge.odds([piece for piece, _ in pieces]), np.array([name for _, name in pieces])
        aucs = {n: _auc(true == n, odds[:, judge.names.index(n)]) for n in names}
        known = [auc for auc in aucs.values() if auc is not None]
        cells = " | ".join("–" if aucs[n] is None else f"{aucs[n]:.2f}" for n in names)
        yield f"| {arm} ({len(pieces)}) | {cells} | {fmean(known):.2f} |"


def _auc(right: npt.NDArray[np.bool_], odds: Floats) -> float | None:
    return float(roc_auc_score(right, odds)) if right.any() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--excerpts", type=int, default=16)
    arguments = parser.parse_args()
    train, valid = (
        with_hymns_played(load_corpus(arguments.data, split, cache_folder())) for split in ("train", "valid")
    )
    engine = load_engine()
    lines = [
        *styles(engine, train, valid, arguments.excerpts),
        "",
        "How well the judge tells each composer's piano parts to songs from the others' (AUC, .5 is chance):",
        "",
        *composers(engine, train, valid, arguments.excerpts),
        "",
        "Eight measures each. docs/evaluation.md says what the chord tones are.",
    ]
    command = "python -m benchmarks.manner --data DIR"
    write_report("manner", "Asked for a style or a composer", lines, command)


if __name__ == "__main__":
    main()
