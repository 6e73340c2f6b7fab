"""The evaluation: every scenario by all arms, measured, judged, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from engine.evaluation import measures
from engine.evaluation.arms import ENGINE, HUMAN, Pieces, able, checks_of, pieces_of, retrieved, seeded
from engine.evaluation.bootstrap import Estimate, Table, mean, ratio
from engine.evaluation.context import likelihood, output, swapped
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
_HALVES = 2  # of an excerpt, each a piece for a judge
_JUDGED = MEASURES // _HALVES  # measures in it
_FEWEST = 5  # works for a judge: one for each fold
_TELLING = 10  # features that are named
_VOICES = ("soprano", "alto", "tenor", "bass-voice")


@dataclass(frozen=True, slots=True)
class ScenarioReport:
    """``swapped``: excerpts for which another work's given parts were found too.

    ``arms``: how many of the excerpts each has answered, in the order of the table. ``telling``: by which features the
    forest tells each engine from the composer, the most telling first.
    """

    name: str
    title: str
    works: int
    excerpts: int
    swapped: int
    arms: dict[str, int]
    figures: Table
    telling: dict[str, tuple[Telling, ...]]


def evaluate(
    engines: Mapping[str, Engine],
    training: Sequence[Work],
    validation: Sequence[Work],
    works: int,
    seed: int,
    progress: Progress,
    scenarios: Sequence[Scenario] = SCENARIOS,
) -> Iterator[ScenarioReport]:
    """The report of each scenario for which there are works and an engine that can do it, as soon as it is done.

    ``engines`` by name; the first one has the arms ``ENGINE`` and ``BEST``, each other one an arm of its name,
    which is none of ``arms.COLUMNS``. ``works``: at most so many of them in each. The same arguments give the same
    figures.
    """
    by_arm = {name if place else ENGINE: engine for place, (name, engine) in enumerate(engines.items())}
    for scenario in scenarios:
        excerpts = draw_excerpts(validation, scenario, works, seed)
        if any(able(engine, scenario.task, excerpts) for engine in engines.values()):
            yield _report(by_arm, scenario, training, excerpts, seed, progress)


def _report(
    engines: Mapping[str, Engine],
    scenario: Scenario,
    training: Sequence[Work],
    excerpts: Sequence[Excerpt],
    seed: int,
    progress: Progress,
) -> ScenarioReport:
    """``engines`` by arm."""
    shelf = Shelf(training, scenario)
    rng = np.random.default_rng(seed)
    found = [retrieved(excerpt, shelf, rng) for excerpt in excerpts]
    swaps = swapped(excerpts, shelf, rng)
    samplings = seeded(replace(scenario.sampling, seed=seed), len(excerpts))
    told = partial(progress, f"{scenario.name}: writing")
    pieces = pieces_of(engines, scenario.task, excerpts, found, samplings, told)
    writing = {arm: engine for arm, engine in engines.items() if arm in pieces}
    figures = likelihood(engines[ENGINE], excerpts, swaps, seed)
    told = partial(progress, f"{scenario.name}: writing with other parts given")
    for arm, engine in writing.items():
        written = {i: piece.written for i, piece in pieces[arm].items()}
        for name, row in output(engine, arm, written, samplings, swaps, seed, told).items():
            figures.setdefault(name, {}).update(row)
    progress(f"{scenario.name}: measuring", 0, 0)
    figures |= _measured(excerpts, pieces, seed) | _copying(training, excerpts, pieces, seed)
    progress(f"{scenario.name}: judging", 0, 0)
    judged, telling = _judged(excerpts, pieces, seed)
    return ScenarioReport(
        scenario.name,
        scenario.title,
        len({e.work.id for e in excerpts}),
        len(excerpts),
        len(swaps),
        {arm: len(own) for arm, own in pieces.items()},
        figures | judged,
        {arm: telling[arm] for arm in writing if arm in telling},
    )


def _measured(excerpts: Sequence[Excerpt], pieces: Mapping[str, Pieces], seed: int) -> Table:
    """Every arm, beside what the composer wrote in the same excerpts."""
    table: Table = {}
    for arm, answered in pieces.items():
        own, human = list(answered.values()), [pieces[HUMAN][i] for i in answered]
        asked = [excerpts[i] for i in answered]
        works = [e.work.id for e in asked]
        for name, values in columns(asked, own, human).items():
            table.setdefault(name, {})[arm] = mean(values, works, seed)
        for name, measure in _MEASURE_OF.items():
            shares = ratio([measure(p) for p in own], [measure(p) for p in human], works, seed)
            table.setdefault(f"{name}, against human", {})[arm] = shares
    return table


def columns(
    excerpts: Sequence[Excerpt], own: Sequence[Piece], human: Sequence[Piece]
) -> dict[str, list[float]]:
    """Each measure of all pieces of an arm; without those beside given parts where there are none."""
    found: dict[str, list[float]] = {}
    if excerpts[0].given:
        found["chord-tone share"] = [measures.chord_tone_share(p) for p in own]
        found["coverage"] = [measures.coverage(p) for p in own]
    returns = [measures.returning(p) for p in own]
    found |= {
        **{name: [measure(p) for p in own] for name, measure in _MEASURE_OF.items()},
        "playability faults in 8 measures": [
            faults(p, e.measures) for p, e in zip(own, excerpts, strict=True)
        ],
        "groove like the human's": [
            measures.groove_similarity(p, h) for p, h in zip(own, human, strict=True)
        ],
        "onset F1 against the human's": [measures.onset_f1(p, h) for p, h in zip(own, human, strict=True)],
        "pitch-class entropy, bits": [measures.pitch_class_entropy(p) for p in own],
        "measures that return": [exact for exact, _ in returns],
        "measures that return or are moved": [moved for _, moved in returns],
    }
    if excerpts[0].given and set(human[0].instruments) <= set(_VOICES):
        found["parallel fifths and octaves a measure"] = [measures.parallels(p) for p in own]
    return found


_MEASURE_OF = {"onsets a quarter": measures.density, "notes at once": measures.polyphony}


def _copying(
    training: Sequence[Work], excerpts: Sequence[Excerpt], pieces: Mapping[str, Pieces], seed: int
) -> Table:
    corpus = Corpus(training, {name for piece in pieces[HUMAN].values() for name in piece.instruments})
    table: Table = {RUN: {}, LONGEST: {}}
    for arm, own in pieces.items():
        runs = [max(corpus.longest_run(line) for line in p.written) for p in own.values()]
        most = float(max(runs))
        table[RUN][arm] = mean(runs, [excerpts[i].work.id for i in own], seed)
        table[LONGEST][arm] = Estimate(most, most, most)
    return table


def _judged(
    excerpts: Sequence[Excerpt], pieces: Mapping[str, Pieces], seed: int
) -> tuple[Table, dict[str, tuple[Telling, ...]]]:
    """Every arm, and every check, told from what the composer wrote in the same excerpts; few works tell nothing."""
    human = [half for p in pieces[HUMAN].values() for half in p.cut_up(_JUDGED)]
    (theirs, names), their_tokens = matrix(human), np.stack([tokens(p) for p in human])
    table: Table = {}
    telling = {}
    for arm, own in {**pieces, **checks_of(pieces[HUMAN])}.items():
        rows = [i * _HALVES + half for i in own for half in range(_HALVES)]
        works = [excerpts[row // _HALVES].work.id for row in rows]
        if arm == HUMAN or len(set(works)) < _FEWEST:
            continue
        halves = [half for p in own.values() for half in p.cut_up(_JUDGED)]
        auc, found = forest_auc(theirs[rows], matrix(halves)[0], names, works, seed)
        sequences = np.stack([tokens(p) for p in halves])
        table.setdefault(FOREST, {})[arm] = auc
        table.setdefault(NETWORK, {})[arm] = network_auc(their_tokens[rows], sequences, works, seed)
        telling[arm] = tuple(found[:_TELLING])
    return table, telling
