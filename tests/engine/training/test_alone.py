"""Parts by themselves, and choirs as a keyboard plays them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from strategies import scores
from works import choir, two_part_score

from engine.encoding import PART, decode_cell, encode
from engine.instruments import INSTRUMENTS, SETS
from engine.score import Score, note_order
from engine.training.alone import draw_alone, played
from engine.training.examples import Examples
from engine.training.validation import alone_batches, validation_batches
from engine.training.works import Work
from engine.transformer.columns import D_, E_, KINDS
from engine.transformer.config import ModelConfig
from engine.vocabulary import INSTRUMENT


def test_a_choir_is_played_with_two_voices_in_each_hand():
    score = choir()
    one = played(encode(score), INSTRUMENT.id("organ"))
    assert one.parts.tolist() == [INSTRUMENT.id("organ")] and not one.notes[:, PART].any()
    for m in range(8):
        cell = decode_cell(row for row in one.notes if row[0] == m)
        assert list(cell) == sorted(cell, key=note_order)
        assert Counter(note.voice for note in cell) == {1: 4, 2: 4, 5: 4, 6: 4}
        assert {note.voice: note.staff for note in cell} == {1: 1, 2: 1, 5: 2, 6: 2}
        sung = [note.pitch for part in score.parts for note in part.cells[m]]
        assert Counter(note.pitch for note in cell) == Counter(sung)


def test_a_choir_is_sung_and_played():
    rng, encoded = np.random.default_rng(0), encode(choir())
    found = Counter(tuple(draw_alone(rng, encoded, []).parts.tolist()) for _ in range(200))
    keyboards = [(INSTRUMENT.id("piano"),), (INSTRUMENT.id("organ"),)]
    assert all(25 < found[one] < 75 for one in keyboards)
    assert all(found[(INSTRUMENT.id(name),)] > 5 for name in SETS["satb"])
    assert found[tuple(INSTRUMENT.id(name) for name in SETS["satb"])] > 5


@given(scores())
def test_what_is_drawn_is_as_it_stands(score: Score) -> None:
    encoded = encode(score)
    if not encoded.parts.any():
        return
    for seed in range(3):
        alone = draw_alone(np.random.default_rng(seed), encoded, [])
        whole = Counter(tuple(row) for row in np.delete(encoded.notes, PART, 1).tolist())
        drawn = Counter(tuple(row) for row in np.delete(alone.notes, PART, 1).tolist())
        assert not drawn - whole and (alone.notes[:, PART] < len(alone.parts)).all()
        assert all(INSTRUMENTS[INSTRUMENT.value(int(part))] for part in alone.parts)


@pytest.mark.parametrize("seed", range(10))
def test_of_a_part_alone_only_the_controls_are_known(seed):
    works = [Work(str(i), "song", "Someone", encode(two_part_score(8, i))) for i in range(3)]
    examples = Examples(works, ("Someone",), 4, {"song": 1.0}, seed=0, asked="alone")
    known, _, rows, _, targets = examples.example(seed)
    assert not (known[:, E_["kind"]] == KINDS.index("note") + 1).any()
    assert targets.any() and rows[:, D_["slot"]].min() == 1
    told = [examples.example(s)[2][0, D_["style"]] for s in range(40)]
    assert 5 < sum(style > 0 for style in told) < 35


@pytest.mark.parametrize("batches", [alone_batches, validation_batches])
def test_without_works_nothing_is_held_out(batches):
    assert batches([], ModelConfig(), 8) == []
