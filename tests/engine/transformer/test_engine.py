from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
import torch
from works import two_part_score

from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Passage, Sampling
from engine.interface import written as written_by
from engine.rhythm import VoiceState
from engine.transformer.columns import T_
from engine.transformer.config import ModelConfig
from engine.transformer.engine import TransformerEngine
from engine.transformer.network import Network
from engine.vocabulary import END, ONSET
from tests.engine.transformer.untrained import engine_of, untrained


@pytest.fixture(scope="module")
def engine():
    torch.manual_seed(0)
    network = Network(
        ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=1, feedforward=32, measures=8)
    )
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    with torch.no_grad():  # or its cells would only end when they are full
        network.heads.outputs[T_["next onset"]].bias[ONSET.id(END)] = 2.5
    return engine_of(network)


def write(engine, score, mask, sampling=Sampling(seed=1), controls=Controls(), listen=frozenset()):
    return list(written_by(engine, Passage(score, frozenset(mask), listen), controls, sampling))


def test_every_masked_cell_comes_once_in_order(engine):
    score = two_part_score(20)
    mask = {(p, m) for p in (0, 1) for m in (2, 3, 9, 10, 11, 12, 13, 19)}
    written = write(engine, score, mask)
    assert [(w.measure, w.part) for w in written] == sorted((m, p) for p, m in mask)


def test_cells_are_notatable_even_from_random_weights(engine):
    score = two_part_score(8)
    written = write(engine, score, {(1, m) for m in range(8)})
    assert sum(len(w.notes) for w in written) > 8
    for w in written:
        states = {}
        for note in w.notes:
            state = states.get(note.voice, VoiceState.of(score.measures[w.measure]))
            assert state.accepts(note.onset, note.duration, note.tuplet)
            states[note.voice] = state.after(note.onset, note.duration, note.tuplet)
            assert INSTRUMENTS["piano"].low <= note.pitch.midi <= INSTRUMENTS["piano"].high


def test_the_seed_decides(engine):
    score, mask = two_part_score(8), {(1, m) for m in range(4)}
    assert write(engine, score, mask) == write(engine, score, mask)
    assert write(engine, score, mask) != write(engine, score, mask, Sampling(seed=2))


def test_what_stands_in_masked_cells_is_not_known(engine):
    score, mask = two_part_score(8), {(1, m) for m in range(8)}
    emptied = replace(score, parts=(score.parts[0], replace(score.parts[1], cells=((),) * 8)))
    assert write(engine, score, mask) == write(engine, emptied, mask)


def test_the_other_parts_and_what_comes_after_are_known(engine):
    score, mask = two_part_score(8), {(1, m) for m in range(4)}
    other = two_part_score(8, seed=3)
    other = replace(other, measures=score.measures)
    melody = replace(score, parts=(other.parts[0], score.parts[1]))
    later = replace(score.parts[1], cells=score.parts[1].cells[:4] + other.parts[1].cells[4:])
    after = replace(score, parts=(score.parts[0], later))
    seeds = [Sampling(seed=s) for s in range(6)]  # one may hit on the same few notes
    plain = [write(engine, score, mask, s) for s in seeds]
    assert [write(engine, melody, mask, s) for s in seeds] != plain
    assert [write(engine, after, mask, s) for s in seeds] != plain
    assert write(engine, melody, mask, listen=frozenset({1})) == write(
        engine, score, mask, listen=frozenset({1})
    )


def test_limits_reach_the_rules(engine):
    score, mask = two_part_score(8), {(1, m) for m in range(8)}
    written = write(engine, score, mask, controls=Controls(low=60, high=64, polyphony=1))
    notes = [n for w in written for n in w.notes]
    assert notes and all(60 <= n.pitch.midi <= 64 for n in notes)


def test_temperature_zero_ignores_the_seed(engine):
    score, mask = two_part_score(8), {(1, 0)}
    cold = [write(engine, score, mask, Sampling(seed=s, temperature=0)) for s in (1, 2)]
    assert cold[0] == cold[1]


@pytest.mark.parametrize(
    ("instrument", "measures", "longest"), [("violin", 7, 1), ("violin", 8, 2), ("piano", 8, 1)]
)
def test_no_part_rests_for_long(instrument, measures, longest):
    """A single line may rest for two measures on end in a passage of eight, a piano never."""
    engine, score, found = untrained(ending=6.0), two_part_score(16), 0
    staves = INSTRUMENTS[instrument].staves
    part = replace(score.parts[1], instrument=instrument, staves=staves, cells=((),) * 16)
    score, mask = replace(score, parts=(score.parts[0], part)), {(1, m) for m in range(4, 4 + measures)}
    for seed in range(6):
        rests = [not w.notes for w in write(engine, score, mask, Sampling(seed=seed))]
        found = max(found, *(len([*run]) for rest, run in groupby(rests) if rest))
    assert found == longest


def test_limits_that_leave_nothing_end_in_silence(engine):
    score, mask = two_part_score(4), {(1, m) for m in range(4)}
    assert all(not w.notes for w in write(engine, score, mask, controls=Controls(density=0.0)))


@pytest.fixture(scope="module")
def shipped():
    return TransformerEngine.load()


def test_what_a_stream_writes_does_not_depend_on_who_else_is_there(shipped):
    """To the last bit, with the real weights: streams of other passages and seeds join and leave at any step."""
    score = two_part_score(12)
    requests = [
        (Passage(score, frozenset((part, m) for m in range(first, first + 2))), Sampling(seed))
        for seed, (part, first) in enumerate(((1, 0), (1, 4), (0, 2), (1, 8), (0, 6), (1, 10)))
    ]
    alone = [list(written_by(shipped, passage, Controls(), sampling)) for passage, sampling in requests]
    rng, together = random.Random(3), [[] for _ in requests]
    waiting, there = list(range(len(requests))), {}
    while waiting or there:
        if waiting and (not there or rng.random() < 0.1):
            number = waiting.pop(0)
            there[number] = shipped.begin(requests[number][0], Controls(), requests[number][1])
        order = rng.sample(sorted(there), len(there))
        for number, outcome in zip(order, shipped.step([there[n] for n in order]), strict=True):
            together[number] += outcome
            if there[number].done:
                del there[number]
    assert together == alone


def test_a_stream_that_fails_ends_alone(engine, monkeypatch):
    score = two_part_score(4)
    good = engine.begin(Passage(score, frozenset({(1, 0)})), Controls(), Sampling(1))
    bad = engine.begin(Passage(score, frozenset({(7, 0)})), Controls(), Sampling(1))
    cells, errors = [], []
    while not (good.done and bad.done):
        for outcome in engine.step([bad, good]):
            (errors if isinstance(outcome, Exception) else cells).append(outcome)
    assert len(errors) == 1 and sum(map(len, cells)) == 1


def test_writing_needs_no_torch():
    """So the first notes come a second sooner."""
    program = (
        "import sys; from bridge import accompany, open_score;"
        "takes = accompany(open_score('examples/ode-to-joy.musicxml'), add=['piano'], measures='1-2', seed=1, takes=2);"
        "assert len(takes) == 2 and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])
