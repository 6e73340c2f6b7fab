"""The evaluation: every scenario by all arms, measured, judged, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from engine.evaluation import measures
from engine.evaluation.arms import ARMS, CHECKS, ENGINE, HUMAN, Lines, pieces_of, retrieved, seeded
from engine.evaluation.bootstrap import Estimate, Table, mean, ratio
from engine.evaluation.context import Swapped, likelihood, output, swapped
from engine.evaluation.copying import Corpus
from engine.evaluation.features import matrix
from engine.evaluation.judges import Telling, forest_auc, network_auc
from engine.evaluation.pieces import Piece
from engine.evaluation.playability import faults
from engine.evaluation.scenarios import MEASURES, SCENARIOS, Excerpt, Scenario, draw_excerpts
from engine.evaluation.shelf import Shelf
from engine.evaluation.tokens import tokens
from engine.interface import Engine
from engine.training.works import Work

Progress = Callable[[str, int, int], None]  # what is being done, how much of it, of how much

FOREST, NETWORK = "told from human by the forest, AUC", "told from human by the network, AUC"
RUN, LONGEST = "longest run shared with training, notes", "the same, longest of all"
_JUDGED = MEASURES // 2  # measures in a piece that a judge is shown
_FEWEST = 5  # works for a judge: one for each fold
_TELLING = 10  # features that are named
_VOICES = ("soprano", "alto", "tenor", "bass-voice")


@dataclass(frozen=True, slots=True)
class ScenarioReport:
    """``swapped``: excerpts for which another work's given parts were found too.

    ``telling``: by which features the forest tells the engine from the composer, the most telling first.
    """

    name: str
    title: str
    works: int
    excerpts: int
    swapped: int
    figures: Table
    telling: tuple[Telling, ...]


def evaluate(
    engine: Engine,
    training: Sequence[Work],
    validation: Sequence[Work],
    works: int,
    seed: int,
    progress: Progress,
    scenarios: Sequence[Scenario] = SCENARIOS,
) -> Iterator[ScenarioReport]:
    """The report of each scenario for which there are works, as soon as it is done.

    ``works``: at most so many of them in each. The same arguments give the same figures.
    """
    for scenario in scenarios:
        drawn = draw_excerpts(validation, scenario, works, seed)
        shelf, rng = Shelf(training, scenario), np.random.default_rng(seed)
        found = [(e, lines) for e in drawn if (lines := retrieved(e, shelf, rng))]
        if found:  # every arm answers the same excerpts, so those that have no counterpart are left out
            excerpts, others = [e for e, _ in found], [lines for _, lines in found]
            swaps = swapped(excerpts, shelf, rng)
            yield _report(engine, scenario, shelf.works, excerpts, others, swaps, seed, progress)


def _report(
    engine: Engine,
    scenario: Scenario,
    training: Sequence[Work],
    excerpts: Sequence[Excerpt],
    found: Sequence[Lines],
    swaps: Swapped,
    seed: int,
    progress: Progress,
) -> ScenarioReport:
    """``found`` are the parts that were retrieved for each excerpt from the works of the ``training`` split."""
    samplings = seeded(replace(scenario.sampling, seed=seed), len(excerpts))
    told = partial(progress, f"{scenario.name}: writing")
    pieces = pieces_of(engine, excerpts, found, samplings, told)
    told = partial(progress, f"{scenario.name}: writing with other parts given")
    listening = output(engine, [piece.written for piece in pieces[ENGINE]], samplings, swaps, seed, told)
    progress(f"{scenario.name}: measuring", 0, 0)
    figures = {
        **likelihood(engine, excerpts, swaps, seed),
        **listening,
        **_measured(excerpts, pieces, seed),
        **_copying(training, excerpts, pieces, seed),
    }
    progress(f"{scenario.name}: judging", 0, 0)
    ids = [e.work.id for e in excerpts]
    judged, telling = _judged(ids, pieces, seed)
    counts = len(set(ids)), len(ids), len(swaps)
    return ScenarioReport(scenario.name, scenario.title, *counts, figures | judged, telling)


def _measured(excerpts: Sequence[Excerpt], pieces: Mapping[str, Sequence[Piece]], seed: int) -> Table:
    works, human = [e.work.id for e in excerpts], pieces[HUMAN]
    table: Table = {}
    for arm in ARMS:
        own = pieces[arm]
        returns = [measures.returning(p) for p in own]
        columns: dict[str, list[float]] = {
            "chord-tone share": [measures.chord_tone_share(p) for p in own],
            "coverage": [measures.coverage(p) for p in own],
            "onsets a quarter": [measures.density(p) for p in own],
            "notes at once": [measures.polyphony(p) for p in own],
            "playability faults in 8 measures": [
                faults(p, e.measures) for p, e in zip(own, excerpts, strict=True)
            ],
            "groove like the human's": [
                measures.groove_similarity(p, h) for p, h in zip(own, human, strict=True)
            ],
            "onset F1 against the human's": [
                measures.onset_f1(p, h) for p, h in zip(own, human, strict=True)
            ],
            "pitch-class entropy, bits": [measures.pitch_class_entropy(p) for p in own],
            "measures that return": [exact for exact, _ in returns],
            "measures that return or are moved": [moved for _, moved in returns],
        }
        if set(human[0].instruments) <= set(_VOICES):
            columns["parallel fifths and octaves a measure"] = [measures.parallels(p) for p in own]
        for name, values in columns.items():
            table.setdefault(name, {})[arm] = mean(values, works, seed)
        for name in ("onsets a quarter", "notes at once"):
            theirs = [_MEASURE_OF[name](p) for p in human]
            table.setdefault(f"{name}, against human", {})[arm] = ratio(columns[name], theirs, works, seed)
    return table


_MEASURE_OF = {"onsets a quarter": measures.density, "notes at once": measures.polyphony}


def _copying(
    training: Sequence[Work], excerpts: Sequence[Excerpt], pieces: Mapping[str, Sequence[Piece]], seed: int
) -> Table:
    corpus = Corpus(training, {name for piece in pieces[HUMAN] for name in piece.instruments})
    works = [e.work.id for e in excerpts]
    runs = {arm: [max(corpus.longest_run(line) for line in p.written) for p in pieces[arm]] for arm in ARMS}
    most = {arm: float(max(found)) for arm, found in runs.items()}
    return {
        RUN: {arm: mean(found, works, seed) for arm, found in runs.items()},
        LONGEST: {arm: Estimate(value, value, value) for arm, value in most.items()},
    }


def _judged(
    works: Sequence[str], pieces: Mapping[str, Sequence[Piece]], seed: int
) -> tuple[Table, tuple[Telling, ...]]:
    if len(set(works)) < _FEWEST:
        return {}, ()
    halves = {arm: [half for p in own for half in p.cut_up(_JUDGED)] for arm, own in pieces.items()}
    twice = [work for work in works for _ in range(MEASURES // _JUDGED)]
    features = {arm: matrix(own) for arm, own in halves.items()}
    sequences = {arm: np.stack([tokens(p) for p in own]) for arm, own in halves.items()}
    table: Table = {FOREST: {}, NETWORK: {}}
    telling: tuple[Telling, ...] = ()
    for arm in (*ARMS[1:], *CHECKS):
        (human, names), (own, _) = features[HUMAN], features[arm]
        table[FOREST][arm], found = forest_auc(human, own, names, twice, seed)
        table[NETWORK][arm] = network_auc(sequences[HUMAN], sequences[arm], twice, seed)
        if arm == ENGINE:
            telling = tuple(found[:_TELLING])
    return table, telling
