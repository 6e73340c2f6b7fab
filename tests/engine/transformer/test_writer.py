"""What the writer makes of the network's scores."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from works import two_part_score

from engine.encoding import encode
from engine.evaluation.loss import window_of
from engine.evaluation.scenarios import Excerpt
from engine.interface import Controls, Passage, Sampling, written
from engine.pitch import Pitch
from engine.score import Note, Tuplet
from engine.training.examples import collate, rows_of
from engine.training.weights import load_weights
from engine.training.works import Work
from engine.transformer.engine import TransformerEngine
from engine.transformer.writer import merged
from engine.vocabulary import DURATION


def test_a_tuplet_written_in_larger_numbers_gives_its_odds_to_the_same_in_smaller_ones() -> None:
    scores = np.random.default_rng(1).standard_normal(len(DURATION), dtype=np.float32)
    odds = np.exp(merged(scores))
    found = 0
    for value in DURATION.values:
        same = [v for v in DURATION.values if v != value and replace(v, tuplet=v.tuplet.reduced) == value]
        counted = [np.exp(scores[DURATION.id(v)]) for v in (value, *same)]
        given = replace(value, tuplet=value.tuplet.reduced)
        kept = float(sum(counted)) if given == value or given not in DURATION else 0.0
        assert float(odds[DURATION.id(value)]) == pytest.approx(kept, rel=1e-5)
        found += len(same)
    assert odds.sum() == pytest.approx(np.exp(scores).sum(), rel=1e-5)
    assert found > 10  # or the test would show nothing


@pytest.fixture(scope="module")
def shipped() -> TransformerEngine:
    return TransformerEngine.load()


def test_a_given_sextuplet_costs_what_the_network_finds_it_to(shipped: TransformerEngine) -> None:
    sixth = Fraction(1, 6)
    cell = tuple(Note(i * sixth, sixth, Pitch("A", 0, 4), tuplet=Tuplet(6, 4)) for i in range(6))
    score = two_part_score(1)
    score = replace(score, parts=(score.parts[0], replace(score.parts[1], cells=(cell,))))
    (found,) = written(shipped, Passage(score, frozenset({(1, 0)})), Controls(rhythm="keep"), Sampling())
    assert {note.tuplet for note in found.notes} == {Tuplet(6, 4)} and math.isfinite(found.nats)


@pytest.mark.parametrize("instrument", ["violin", "flute"])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_written_costs_what_the_loss_says(
    shipped: TransformerEngine, instrument: str, seed: int
) -> None:
    """So the network is asked just as it was taught, refused onsets cost nothing, and no rule or leaning counts.

    One window, and one voice, so that nothing is tidied after it is written. The writer adds the odds of a sextuplet
    to those of a triplet, and so on, and the loss does not: hence the tolerance.
    """
    score, silence = two_part_score(8, seed=1), ((),) * 8
    part = replace(score.parts[1], instrument=instrument, staves=1, cells=silence)
    bare = replace(score, parts=(score.parts[0], part))
    passage = Passage(bare, frozenset((1, m) for m in range(8)))
    cells = list(written(shipped, passage, Controls(), Sampling(seed)))
    notes = sum(len(cell.notes) for cell in cells)
    whole = replace(bare, parts=(bare.parts[0], replace(part, cells=tuple(cell.notes for cell in cells))))
    batch = collate(
        [rows_of(window_of(Excerpt(Work("w", "song", "", encode(whole)), 0, whole, (0,), (1,), 0, 8), 16))]
    )
    with torch.no_grad():
        network = load_weights(shipped.path)
        hidden = network(batch.known, batch.known_at, batch.rows, batch.rows_at)
        loss = float(network.losses(hidden, batch.targets).sum())
    nats = sum(cell.nats for cell in cells)
    assert notes > 10 and nats / notes == pytest.approx(loss / notes, abs=0.002)
