"""What is asked of the engine besides the limits: rhythm kept, a share varied, an example followed, chords."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from works import two_part_score

from engine.encoding import encode
from engine.frames import frames_of
from engine.interface import Controls, Passage, Sampling, written
from engine.limits import broken_limits
from engine.note_ids import encodable
from engine.pitch import Pitch
from engine.score import ChordSymbol, Measure, Note, Part, Score, home_staff, note_order
from engine.transformer.engine import TransformerEngine
from engine.transformer.stream import View
from engine.vocabulary import DENSITY, POLYPHONY, REGISTER
from tests.engine.transformer.test_rules import METRES, random_cell
from tests.engine.transformer.untrained import untrained

F = Fraction


@pytest.fixture(scope="module")
def engine():
    return untrained(ending=0.0)


@pytest.fixture(scope="module")
def shipped():
    return TransformerEngine.load()


def random_piano(seed):
    """Five measures of anything that can be written, with ties, also over bar lines and into chords."""
    rng = np.random.default_rng(seed)
    metre = METRES[seed % len(METRES)]
    measures = tuple(Measure(str(i + 1), metre.duration, metre) for i in range(5))
    cells, before = [], ()
    for measure in measures:
        cell = random_cell(rng, measure, "piano", Controls())
        ends = {(n.voice, n.pitch) for n in before}
        tied = [
            replace(n, tied=any((o.end, o.pitch, o.voice) == (n.onset, n.pitch, n.voice) for o in cell))
            for n in cell
        ]
        held = [
            Note(F(0), n.duration, p, n.voice, n.staff, n.tuplet, True)
            for n in cell[:1]
            for _, p in [*ends][:1]
        ]
        if held and held[0].onset == cell[0].onset:  # the first note continues one before
            tied[0] = replace(held[0], voice=tied[0].voice)
        cells.append(tuple(sorted(tied, key=note_order)))
        before = tuple(n for n in cells[-1] if n.end == measure.duration)
    return Score(measures, (Part("P1", "Piano", "piano", 2, tuple(cells)),))


def rhythm(cell):
    return sorted((n.onset, n.duration, n.tuplet.actual, n.tuplet.normal, n.voice, n.staff) for n in cell)


def write(engine, score, mask, controls, seed=1, like=()):
    passage = Passage(score, frozenset(mask), like=like)
    return {(w.part, w.measure): w.notes for w in written(engine, passage, controls, Sampling(seed))}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("limits", [{}, {"low": 60, "high": 72}])
def test_the_rhythm_stays_whatever_the_network_wants(engine, seed, limits):
    score = random_piano(seed)
    mask = {(0, m) for m in (1, 2, 3)}
    assert all(encodable(score.parts[0].cells[m]) for _, m in mask)
    result = write(engine, score, mask, Controls(rhythm="keep", **limits), seed)
    for (_, m), cell in result.items():
        old = score.parts[0].cells[m]
        assert rhythm(cell) == rhythm(old)
        assert sum(n.tied for n in cell) == sum(n.tied for n in old)
        assert list(cell) == sorted(cell, key=note_order)
        fixed = {
            g.note.pitch
            for g in frames_of(Passage(score, frozenset(mask)), Controls(rhythm="keep"), seed)[0, m].given
            if g.fixed
        }
        low, high = limits.get("low", 21), limits.get("high", 108)
        assert all(low <= n.pitch.midi <= high or n.pitch in fixed for n in cell)
    assert any(result[0, m] != score.parts[0].cells[m] for _, m in mask)


def test_tied_heads_get_the_pitch_of_the_head_before(engine):
    chord = [Note(F(0), F(4), Pitch(step, 0, 4), 1, 1) for step in "CEG"]
    onward = [
        replace(chord[1], tied=True),
        replace(chord[0], pitch=Pitch("D", 0, 4)),
        replace(chord[2], pitch=Pitch("A", 0, 4)),
    ]
    cells = (tuple(chord), tuple(sorted(onward, key=note_order)), tuple(sorted(onward, key=note_order)))
    measures = tuple(Measure(str(i + 1), F(4)) for i in range(3))
    score = Score(measures, (Part("P1", "Piano", "piano", 2, cells),))
    for seed in range(12):
        result = write(engine, score, {(0, 0), (0, 1), (0, 2)}, Controls(rhythm="keep"), seed)
        for m in (1, 2):
            (tied,) = (n.pitch for n in result[0, m] if n.tied)
            assert tied in {n.pitch for n in result[0, m - 1]}
            assert len({n.pitch.diatonic for n in result[0, m]}) == 3


def test_a_chord_without_room_ends_the_stream_with_an_error(engine):
    chord = tuple(Note(F(0), F(4), Pitch(step, 0, 4)) for step in "CEGB")
    score = Score((Measure("1", F(4)),), (Part("P1", "Piano", "piano", 2, (chord,)),))
    with pytest.raises(ValueError, match="do not fit"):
        write(engine, score, {(0, 0)}, Controls(rhythm="keep", low=60, high=60))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kept", ["new", "keep"])
def test_vary_keeps_what_it_says_and_limits_hold(engine, seed, kept):
    score = random_piano(seed)
    mask = frozenset((0, m) for m in range(5))
    limits = {} if kept == "keep" else {"density": 2.0, "polyphony": 4, "low": 30, "high": 90}
    controls = Controls(vary=0.5, rhythm=kept, **limits)
    frames = frames_of(Passage(score, mask), controls, seed)
    result = write(engine, score, mask, controls, seed)
    for place, frame in frames.items():
        stays = {g.note for g in frame.given if g.fixed}
        assert stays <= set(result[place])
        new = [n for n in result[place] if n not in stays]
        if kept == "new":
            assert all(any(a <= n.onset and n.end <= b for a, b in frame.open) for n in new)
        else:
            assert rhythm(result[place]) == rhythm(score.parts[0].cells[place[1]])
        assert not broken_limits(result[place], score.measures[place[1]], controls)
    assert any(result[0, m] != score.parts[0].cells[m] for m in range(5))


def test_measures_that_are_kept_whole_are_known(engine):
    """A later measure stays: one before it is written to fit it."""
    score, mask, controls = two_part_score(8), frozenset((1, m) for m in range(8)), Controls(vary=0.3)
    unlike = 0
    for seed in (0, 1, 2, 3, 4, 5):  # one may hit on the same few notes
        frames = frames_of(Passage(score, mask), controls, seed)
        first = next(m for m in range(8) if not frames[1, m].settled)
        later = next(m for m in range(first, 8) if frames[1, m].settled)
        cell = score.parts[1].cells[later]
        moved = tuple(replace(n, pitch=replace(n.pitch, octave=n.pitch.octave + 1)) for n in cell)
        scores = (score, score.with_cells({(1, later): moved}))
        one, other = (write(engine, s, mask, controls, seed) for s in scores)
        assert (one[1, later], other[1, later]) == (cell, moved)
        unlike += one[1, first] != other[1, first]
    assert unlike > 0


def test_nothing_new_is_tied_to_what_stays(shipped):
    held = tuple(Note(F(2 * i), F(2), Pitch("C", 0, 3), 5, 2) for i in range(2))
    measures = tuple(Measure(str(i + 1), F(4)) for i in range(8))
    score = Score(measures, (Part("P1", "Piano", "piano", 2, (held,) * 8),))
    passage = Passage(score, frozenset((0, m) for m in range(8)))
    frames = frames_of(passage, Controls(vary=0.5), 3)
    result = write(shipped, score, passage.mask, Controls(vary=0.5), 3)
    for (part, m), cell in result.items():
        given = {g.note for g in frames[part, m].given}
        before = {g.note for g in frames[part, m - 1].given if g.note.end == 4} if m else set()
        for note in cell:
            sources = [n for n in given if n.end == note.onset] + [n for n in before if note.onset == 0]
            assert not (
                note.tied
                and note not in given
                and any(n.pitch == note.pitch and n.voice == note.voice for n in sources)
            )
    assert any(frame.given for frame in frames.values()) and any(frame.open for frame in frames.values())


def test_streams_with_wishes_write_the_same_whoever_else_is_there(shipped):
    score = two_part_score(12)
    mask = frozenset((1, m) for m in (4, 5))
    wishes = [
        (Controls(rhythm="keep"), ()),
        (Controls(vary=0.5), ()),
        (Controls(), (0, 1)),
        (Controls(density=1.0), ()),
    ]
    requests = [
        (Passage(score, mask, like=like), controls, Sampling(s)) for s, (controls, like) in enumerate(wishes)
    ]
    alone = [list(written(shipped, *request)) for request in requests]
    rng, together = random.Random(1), [[] for _ in requests]
    there = {n: shipped.begin(*request) for n, request in enumerate(requests)}
    while there:
        order = rng.sample(sorted(there), len(there))
        for number, outcome in zip(order, shipped.step([there[n] for n in order]), strict=True):
            together[number] += outcome
            if there[number].done:
                del there[number]
    assert together == alone


def test_the_example_stands_before_the_run_however_far_it_is():
    passage = Passage(two_part_score(40), frozenset((1, m) for m in range(30, 34)), like=(0, 1, 2))
    view = View.of(passage, 30, 16)
    assert view.measures == [0, 1, 2, *range(26, 39)] and (view.first, view.write_until) == (30, 38)
    near = View.of(replace(passage, like=(28, 29)), 30, 16)
    assert near.measures == [*range(25, 39)]
    long = View.of(replace(passage, like=tuple(range(20))), 30, 16)
    assert long.measures[:8] == [*range(8)] and len(long.measures) == 16


def test_the_example_is_seen_from_far_away_and_only_then(engine):
    score, mask = two_part_score(40), {(1, 30), (1, 31)}
    other = score.with_cells({(1, 0): score.parts[1].cells[3]})
    for like, same in (((), True), ((0, 1), False)):
        pairs = [
            [write(engine, s, mask, Controls(), seed, like) for s in (score, other)] for seed in range(6)
        ]
        assert all(a == b for a, b in pairs) is same


def test_what_is_not_asked_for_is_asked_for_as_in_the_example(engine):
    score = two_part_score(40)
    encoded = encode(score)
    passage = Passage(score, frozenset({(1, 30)}), like=(0, 1))
    stream = engine.begin(passage, Controls(polyphony=3), Sampling())
    ids = stream._control_ids(passage, encoded, 0)
    assert DENSITY.value(int(ids[1, 2])) == 2.0 and POLYPHONY.value(int(ids[1, 3])) == 3
    assert abs(REGISTER.value(int(ids[1, 4])) - 64) <= 6
    assert not ids[0, 2] and not ids[0, 4]
    assert not stream._control_ids(replace(passage, like=()), encoded, 0)[1, [2, 4]].any()


def test_given_chords_are_followed(shipped):
    """Against the melody and the broken chords that are made of all seven steps in turn."""
    score = two_part_score(8)
    symbols = [ChordSymbol(F(0), root, "major") for root in ("Ab", "Db", "Eb", "Ab")]
    measures = tuple(replace(m, chords=(symbols[i % 4],)) for i, m in enumerate(score.measures))
    cells = write(shipped, replace(score, measures=measures), {(1, m) for m in range(8)}, Controls())
    tones = [{8, 0, 3}, {1, 5, 8}, {3, 7, 10}, {8, 0, 3}]
    fits = [n.pitch.midi % 12 in tones[m % 4] for (_, m), cell in cells.items() for n in cell]
    assert len(fits) > 20 and sum(fits) / len(fits) > 0.8


def test_given_notes_may_be_in_voices_that_are_never_written(engine):
    cell = tuple(
        Note(F(0), F(4), Pitch("C", 0, 3 + i), voice, home_staff(voice)) for i, voice in enumerate((7, 3))
    )
    score = Score((Measure("1", F(4)),), (Part("P1", "Piano", "piano", 2, (cell,)),))
    assert rhythm(write(engine, score, {(0, 0)}, Controls(rhythm="keep"))[0, 0]) == rhythm(cell)
