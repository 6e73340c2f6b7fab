from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from evaluation.fake_engine import FakeEngine
from works import two_part_works

from engine.evaluation import arms, scenarios
from engine.evaluation.arranger import block_chords
from engine.evaluation.pieces import TICKS, chords
from engine.interface import Sampling, WrittenCell, nats_a_note
from engine.pitch import Pitch
from engine.score import Note

WORKS = two_part_works(12, 30)
EXCERPTS = scenarios.draw_excerpts(WORKS, scenarios.SCENARIOS[0], 10, seed=0)
SAMPLINGS = arms.seeded(Sampling(), len(EXCERPTS))


def no_progress(done, total):
    pass


def test_many_streams_run_at_once_and_are_dropped_when_enough_is_written():
    engine, seen = FakeEngine(), []
    samplings = arms.seeded(Sampling(5), len(EXCERPTS))
    lines = arms.written_by(engine, EXCERPTS, samplings, lambda done, total: seen.append((done, total)))
    assert engine.most == 16 and len(engine.streams) == len(EXCERPTS) == 20
    assert seen[-1] == (20, 20)
    for excerpt, (line,) in zip(EXCERPTS, lines, strict=True):
        assert line[:, 0].tolist() == [i * 4 * TICKS for i in range(8)]
        assert len(excerpt.score.measures) > excerpt.last or not engine.streams[0].cells
    assert any(stream.cells for stream in engine.streams)  # what lies behind the judged measures
    assert sorted(s.sampling.seed for s in engine.streams) == list(range(5, 25))


def test_what_fails_is_raised():
    with pytest.raises(RuntimeError, match="broken"):
        arms.written_by(FakeEngine(fail_at=7), EXCERPTS, SAMPLINGS, no_progress)


def test_the_copy_is_of_the_nearest_measure_outside():
    for excerpt in EXCERPTS:
        (line,) = arms.copied(excerpt)
        piece = excerpt.piece([line])
        cells = excerpt.score.parts[1].cells
        outside = {c for m, c in enumerate(cells) if not excerpt.first <= m < excerpt.last}
        for m in range(8):
            keys = {n[2] for n in piece.cut(m, m + 1).written[0].tolist()}
            assert any(keys == {n.pitch.midi for n in cell} for cell in outside)
        near = cells[excerpt.first - 1] if excerpt.first else cells[excerpt.last]
        first = {n[2] for n in piece.cut(0, 1).written[0].tolist()}
        assert first == {n.pitch.midi for n in near}


def test_block_chords_are_block_chords():
    for excerpt in EXCERPTS:
        (line,) = block_chords(excerpt)
        struck = chords(line)
        assert [t for t, _ in struck] == [i * 2 * TICKS for i in range(16)]
        assert all(4 <= len(notes) <= 5 and np.ptp(notes[:, 1]) == 0 for _, notes in struck)


def test_single_players_get_a_tone_each():
    score = EXCERPTS[0].score
    names = ("soprano", "alto", "bass-voice")
    parts = tuple(replace(score.parts[0], instrument=name) for name in names)
    excerpt = replace(EXCERPTS[0], score=replace(score, parts=parts), given=(0,), written=(1, 2))
    alto, bass = block_chords(excerpt)
    assert len(alto) == len(bass) == 16
    assert not ((alto[:, 2] - bass[:, 2]) % 12 == 0).any()
    assert (bass[:, 2] >= 40).all() and (bass[:, 2] <= 64).all()


def test_all_arms_answer_the_same_excerpts():
    found = [arms.human(e) for e in EXCERPTS]
    engines = {arms.ENGINE: FakeEngine(), "other": FakeEngine(pitch="C")}
    pieces = arms.pieces_of(engines, "accompany", EXCERPTS, found, SAMPLINGS, no_progress)
    simple = [arms.COPY, arms.RETRIEVAL, arms.BLOCKS]
    assert list(pieces) == [arms.HUMAN, arms.ENGINE, arms.BEST, "other", *simple]
    for own in pieces.values():
        assert list(own) == list(range(len(EXCERPTS)))
        assert all(p.given[0] is not None and len(p.written) == 1 for p in own.values())
    asked = [[stream.sampling for stream in engine.streams] for engine in engines.values()]
    assert asked[0][: len(EXCERPTS)] == asked[1] == SAMPLINGS  # one take of the second, with the same seeds
    assert (pieces["other"][0].written[0][:, 2] % 12 == 0).all()
    moved = arms.checks_of(pieces[arms.HUMAN])
    assert list(moved) == list(arms.CHECKS)
    for i, piece in moved[arms.TONE].items():
        assert (piece.written[0][:, 2] - pieces[arms.HUMAN][i].written[0][:, 2] == 2).all()


def test_an_engine_answers_what_it_can_write():
    mixed = [replace(e, written=(0,), given=(1,)) if i % 3 else e for i, e in enumerate(EXCERPTS)]
    engine = FakeEngine(tasks=("fill", "accompany"), instruments=("piano",))
    found = [None if i == 3 else arms.human(e) for i, e in enumerate(mixed)]
    pieces = arms.pieces_of({"narrow": engine}, "accompany", mixed, found, SAMPLINGS, no_progress)
    assert (
        list(pieces["narrow"]) == list(range(0, len(EXCERPTS), 3)) == list(arms.able(engine, "fill", mixed))
    )
    assert [s.sampling.seed for s in engine.streams] == list(
        pieces["narrow"]
    )  # seeds stay with their excerpts
    assert len(pieces[arms.HUMAN]) == len(mixed) and set(range(20)) - set(pieces[arms.RETRIEVAL]) == {3}
    assert arms.BEST not in pieces
    assert arms.able(engine, "continue", mixed) == {}
    other = arms.pieces_of({"narrow": engine}, "continue", mixed, found, SAMPLINGS, no_progress)
    assert "narrow" not in other


def test_where_nothing_is_given_there_are_no_chords():
    melodies = scenarios.draw_excerpts(WORKS, scenarios.SCENARIOS[-1], 4, seed=0)
    engines = {arms.ENGINE: FakeEngine()}
    samplings, none = arms.seeded(Sampling(), len(melodies)), [None] * len(melodies)
    pieces = arms.pieces_of(engines, "continue", melodies, none, samplings, no_progress)
    assert list(pieces) == [arms.HUMAN, arms.ENGINE, arms.BEST, arms.COPY]
    for i, excerpt in enumerate(melodies):
        last = {n.pitch.midi for n in excerpt.score.parts[0].cells[excerpt.first - 1]}
        assert set(pieces[arms.COPY][i].written[0][:, 2].tolist()) == last
        assert pieces[arms.HUMAN][i].given == () and len(pieces[arms.ENGINE][i].written[0]) == 8


def test_the_best_of_four_is_the_one_that_the_critic_likes_best():
    """It likes low notes, which the engine writes for odd seeds; of 19 excerpts every one gets two odd ones."""
    excerpts, engine = EXCERPTS[:19], FakeEngine()
    samplings, found = arms.seeded(Sampling(3), 19), [arms.human(e) for e in EXCERPTS[:19]]
    engines = {arms.ENGINE: engine}
    pieces = arms.pieces_of(engines, "accompany", excerpts, found, samplings, no_progress)
    drawn, best = (
        [p.written[0][:, 2].tolist() for p in pieces[arm].values()] for arm in (arms.ENGINE, arms.BEST)
    )
    assert drawn == [[59 if sampling.seed % 2 else 71] * 8 for sampling in samplings]
    assert best == [[59] * 8] * 19
    assert sorted(s.sampling.seed for s in engine.streams) == list(range(3, 3 + 4 * 19))


def test_a_take_is_judged_by_its_pieces_and_by_what_the_engine_thinks_of_it():
    excerpt = EXCERPTS[0]
    places = sorted(excerpt.passage.mask)
    low, high = (Note(Fraction(0), Fraction(4), Pitch("B", 0, octave)) for octave in (3, 4))

    def take(note, nats):
        return {(p, m): WrittenCell(p, m, (note,) * (1 + m % 2), nats) for p, m in places}

    notes = sum(len(cell.notes) for cell in take(low, 0.0).values())
    assert nats_a_note(take(low, 2.0).values()) == pytest.approx(2.0 * len(places) / notes)
    assert nats_a_note([WrittenCell(1, 0, (), 2.0)]) == 2.0
    assert arms.merit(excerpt, take(low, 2.0)) == pytest.approx(-0.59 - 2.0 * len(places) / notes)
    assert arms.merit(excerpt, take(low, 2.0)) > arms.merit(excerpt, take(high, 2.0))
    assert arms.merit(excerpt, take(low, 2.0)) > arms.merit(excerpt, take(low, 2.1))
