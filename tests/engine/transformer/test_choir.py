"""Voices of a choir do not move in parallel, whatever the weights say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
import torch

from engine.evaluation.measures import parallels_between
from engine.evaluation.pieces import line_of
from engine.instruments import INSTRUMENTS, SETS
from engine.interface import Controls, Passage, Sampling, written
from engine.pitch import Pitch
from engine.score import Measure, Metre, Note, Part, Score
from engine.transformer.cell import CellState
from engine.transformer.choir import Choir
from engine.transformer.config import ModelConfig
from engine.transformer.engine import TransformerEngine
from engine.transformer.network import Network
from engine.transformer.rules import RuleSet
from engine.transformer.window import canonical
from tests.engine.transformer.untrained import engine_of

F = Fraction
SCALE = [Pitch(step, 0, 4) for step in "CDEFGAB"] + [Pitch("C", 0, 5)]


def line(*keys: int) -> tuple[tuple[Fraction, Fraction, int], ...]:
    """One quarter each, the last one begins the measure."""
    start = 1 - len(keys)
    return tuple((F(start + i), F(start + i + 1), key) for i, key in enumerate(keys))


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        (line(60), line(67, 69), [(7, 60, 69, 1)]),  # from a fifth, the other one rises
        (line(60), line(72, 71), [(0, 60, 71, -1)]),  # from an octave, it falls
        (line(60), line(67, 67), []),  # it stays
        (line(60), line(64, 65), []),  # from a third
        (line(60), ((F(0), F(1), 69),), []),  # it rested
        ((), line(67, 69), []),  # the own voice did
    ],
)
def test_what_would_be_parallel(own, other, expected):
    before = tuple((a - 1, b - 1, key) for a, b, key in own)  # the measure before
    assert list(Choir(before, (other,)).parallels((), F(0))) == expected


def test_there_is_room_between_the_voices_above_and_below():
    passage = choir(0)
    soprano, done = passage.score.parts[0].cells[0][0], {(0, 3): (Note(F(0), F(4), Pitch("G", 0, 2), 1, 1),)}
    found = Choir.around(passage, done, 0, 2)
    assert found.room(F(0)) == (43, soprano.pitch.midi)
    assert Choir.around(passage, {}, 0, 3).room(F(0)) == (0, soprano.pitch.midi)
    assert Choir.around(replace(passage, choir=frozenset()), {}, 0, 3).room(F(0)) == (0, 127)


def test_voices_do_not_cross_where_a_note_begins():
    rules = RuleSet(canonical(0))
    cell = CellState(Measure("1", F(4)), INSTRUMENTS["tenor"], Controls(), choir=Choir(above=(line(55),)))
    assert (
        max(rules.pitch(cell, F(0), int(id)).midi for id in np.flatnonzero(rules.pitches(cell, F(0), 1)))
        == 55
    )


def choir(seed: int, lead: str = "soprano", form: tuple[int, ...] = tuple(range(8))) -> Passage:
    """Eight measures of a soprano, or an instrument, with anything in quarters, and three voices to be written.

    Measures of the same number in ``form`` are alike.
    """
    rng = np.random.default_rng(seed)
    measures = tuple(Measure(str(i + 1), F(4), Metre(4, 4)) for i in range(8))
    tune = tuple(
        tuple(Note(F(i), F(1), SCALE[int(rng.integers(8))], 1, 1) for i in range(4)) for _ in measures
    )
    tune = tuple(tune[letter] for letter in form)
    lower = [Part(name, name, name, 1, ((),) * 8) for name in SETS["satb"][1:]]
    score = Score(measures, (Part(lead, lead, lead, 1, tune), *lower))
    return Passage(score, frozenset((p, m) for p in (1, 2, 3) for m in range(8)), choir=frozenset({0}))


def sung(engine: TransformerEngine, passage: Passage) -> int:
    """Parallels in what an engine writes."""
    cells = {
        (c.part, c.measure): c.notes for c in written(engine, passage, Controls(), Sampling(1, 1.0, 1.0))
    }
    measures, tune = passage.score.measures, passage.score.parts[0].cells
    lines = [line_of(tune, measures)]
    lines += [line_of([cells[p, m] for m in range(8)], measures) for p in (1, 2, 3)]
    assert all(len(found) > 8 for found in lines)
    return sum(parallels_between(a, b) for a, b in combinations(lines, 2))


@pytest.mark.parametrize("seed", range(3))
def test_no_voice_moves_in_parallel_with_another(seed):
    torch.manual_seed(0)
    config = ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=1, feedforward=32, measures=8)
    engine = engine_of(Network(config))
    assert sung(engine, choir(seed)) == 0


@pytest.mark.parametrize("lead", ["soprano", "flute"])
def test_with_the_shipped_weights_it_is_the_rule_that_does_it(monkeypatch, lead):
    engine = TransformerEngine.load()
    assert sum(sung(engine, choir(seed, lead)) for seed in (3, 4)) == 0
    monkeypatch.setattr(Choir, "parallels", lambda *_: iter(()))
    assert sum(sung(engine, choir(seed, lead)) for seed in (3, 4)) > 0


def test_no_voice_comes_back_in_parallel_with_another(monkeypatch):
    """A measure that returns is written anew where what stands before it is not what stood before it."""
    engine = TransformerEngine.load()
    passages = [choir(seed, form=(0, 1, 2, 3, 4, 0, 1, 5)) for seed in (0, 5)]
    assert sum(sung(engine, passage) for passage in passages) == 0
    monkeypatch.setattr(Choir, "forbids", lambda *_: False)
    assert sum(sung(engine, passage) for passage in passages) > 0
