"""Engines of single lines write whole cells within the rules, and hear what stands before."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from melody.untrained import ENGINES, untrained
from works import two_part_score

from engine.frames import can_be_written
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Passage, Sampling, WrittenCell, written
from engine.limits import broken_limits
from engine.melody.engine import LineEngine, Opening
from engine.pitch import Interval, Pitch
from engine.score import Cell, Measure, Metre, Note, Score
from engine.sounds.rolls import Sound

COUNT = 8
FREE = Controls()
FOUR = Metre(4, 4)
METRES = [FOUR, Metre(3, 64), Metre(5, 32), Metre(3, 4), Metre(6, 8), Metre(5, 8), Metre(7, 4), Metre(2, 2)]


def song(metre: Metre = FOUR, instrument: str = "voice", pickup: F | None = None) -> Score:
    score = two_part_score(COUNT, 1)
    part = replace(score.parts[0], instrument=instrument)
    lengths = [pickup or metre.duration] + [metre.duration] * (COUNT - 1)
    measures = [Measure(str(i), length, metre, score.measures[0].key) for i, length in enumerate(lengths)]
    cells = [
        tuple(n for n in cell if n.end <= length) for cell, length in zip(part.cells, lengths, strict=True)
    ]
    return Score(tuple(measures), (replace(part, cells=tuple(cells)),))


def cells(
    name: str, score: Score, measures: range, seed: int = 1, controls: Controls = FREE
) -> dict[int, WrittenCell]:
    passage = Passage(score, frozenset((0, m) for m in measures))
    found = list(written(untrained(name), passage, controls, Sampling(seed)))
    assert [cell.measure for cell in found] == list(measures)
    return {cell.measure: cell for cell in found}


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    metre=st.sampled_from(METRES),
    instrument=st.sampled_from(["voice", "violin", "clarinet", "tuba", "flute"]),
    first=st.integers(0, COUNT - 1),
    seed=st.integers(0, 100),
    pickup=st.sampled_from([None, F(1), F(1, 2)]),
    controls=st.sampled_from(
        [
            Controls(),
            Controls(density=1.0),
            Controls(shortest=F(1)),
            Controls(low=60, high=64),
            Controls(vary=0.5),
        ]
    ),
)
def test_what_is_written_is_playable_and_fits(
    name: str, metre: Metre, instrument: str, first: int, seed: int, pickup: F | None, controls: Controls
) -> None:
    score = song(metre, instrument, pickup)
    found = cells(name, score, range(first, COUNT), seed, controls)
    player = INSTRUMENTS[instrument]
    for index, cell in found.items():
        measure = score.measures[index]
        assert can_be_written(cell.notes, measure)
        assert len({n.onset for n in cell.notes}) == len(cell.notes)
        assert all(n.end <= measure.duration for n in cell.notes)
        old = score.parts[0].cells[index] if controls.vary is not None else ()
        new = tuple(n for n in cell.notes if n not in old)
        assert not broken_limits(new, measure, controls)
        assert all(player.low <= n.pitch.midi <= player.high for n in new)


@pytest.mark.parametrize("name", ENGINES)
def test_the_same_seed_writes_the_same_and_others_differ(name: str) -> None:
    score, open_ = song(), range(4, COUNT)
    assert cells(name, score, open_) == cells(name, score, open_) != cells(name, score, open_, seed=2)


@pytest.mark.parametrize("name", ENGINES)
def test_it_hears_what_stands_before_and_not_what_was_to_be_written(name: str) -> None:
    score, open_ = song(), range(4, COUNT)
    assert cells(name, score, open_) != cells(name, changed(score, 3), open_)
    assert cells(name, score, open_) == cells(name, changed(score, 5), open_)


def changed(score: Score, measure: int) -> Score:
    """With a measure a third higher."""
    part = score.parts[0]
    cell = tuple(replace(n, pitch=n.pitch.transposed(Interval(2, 4))) for n in part.cells[measure])
    return replace(
        score, parts=(replace(part, cells=(*part.cells[:measure], cell, *part.cells[measure + 1 :])),)
    )


@pytest.mark.parametrize("name", ENGINES)
def test_in_another_key_it_writes_the_same_in_that_key(name: str) -> None:
    score = song()
    tone = Interval(1, 2)
    moved = replace(
        score,
        measures=tuple(replace(m, key=replace(m.key, fifths=m.key.fifths + 2)) for m in score.measures),
        parts=tuple(
            replace(
                p, cells=tuple(tuple(replace(n, pitch=n.pitch.transposed(tone)) for n in c) for c in p.cells)
            )
            for p in score.parts
        ),
    )
    limits = (Controls(low=57, high=76), Controls(low=59, high=78))
    here, there = (
        cells(name, s, range(4, COUNT), controls=c) for s, c in zip((score, moved), limits, strict=True)
    )
    assert any(cell.notes for cell in here.values())
    for index, cell in here.items():
        midi = [n.pitch.midi + 2 for n in cell.notes]
        assert [n.pitch.midi for n in there[index].notes] == midi


@pytest.mark.parametrize("name", ENGINES)
def test_some_of_a_line_can_be_varied(name: str) -> None:
    score = song()
    found = cells(name, score, range(COUNT), controls=Controls(vary=0.5))
    old = score.parts[0].cells
    kept = sum(note in found[i].notes for i, cell in enumerate(old) for note in cell)
    assert 0 < kept < sum(map(len, old))


@pytest.mark.parametrize("name", ENGINES)
def test_a_rhythm_can_be_kept_with_new_pitches(name: str) -> None:
    score = song()
    found = cells(name, score, range(2, COUNT), controls=Controls(rhythm="keep"))

    def rhythm(cell: Cell) -> list[tuple[F, F]]:
        return [(n.onset, n.duration) for n in cell]

    assert all(rhythm(found[i].notes) == rhythm(score.parts[0].cells[i]) for i in found)
    keys = {note.pitch.midi for cell in found.values() for note in cell.notes}
    assert len(keys) > 2


@pytest.mark.parametrize("name", ENGINES)
def test_a_line_that_begins_with_nothing_is_written(name: str) -> None:
    score = song()
    empty = replace(score, parts=(replace(score.parts[0], cells=((),) * COUNT),))
    assert any(cell.notes for cell in cells(name, empty, range(COUNT)).values())


class Recorder:
    """Writes a quarter at the beginning of each stretch, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Opening] = []

    def written(self, opening: Opening, sampling: Sampling) -> list[Sound]:
        self.asked.append(opening)
        return [Sound(begin, begin + 24, opening.low) for begin, _ in opening.stretches]


def test_a_model_is_asked_in_the_signature_without_accidentals() -> None:
    score = song()  # in G
    model = Recorder()
    held = Note(F(3), F(1), score.parts[0].cells[3][3].pitch)
    score = replace(
        score,
        parts=(
            replace(score.parts[0], cells=(*score.parts[0].cells[:3], (held,), *score.parts[0].cells[4:])),
        ),
    )
    passage = Passage(score, frozenset({(0, 4), (0, 5), (0, 7)}))
    engine = LineEngine(model, untrained("lstm").info)
    found = {c.measure: c for c in written(engine, passage, Controls(), Sampling())}
    (asked,) = model.asked
    assert asked.stretches == ((4 * 96, 6 * 96), (7 * 96, 8 * 96))
    assert asked.starts.tolist() == [96 * i for i in range(COUNT + 1)]
    assert [s.on // 96 for s in asked.known] == [0] * 4 + [1] * 4 + [2] * 4 + [3] + [6] * 4
    assert asked.known[12].pitch == held.pitch.midi + 5 and asked.low == INSTRUMENTS["voice"].low + 5
    assert [n.pitch.midi for n in found[4].notes] == [INSTRUMENTS["voice"].low]
    assert not found[5].notes and found[7].notes


def test_after_a_change_of_key_a_model_is_asked_anew_in_the_new_one() -> None:
    score = song()
    sharp = tuple(
        replace(m, key=replace(m.key, fifths=4)) if i >= 5 else m for i, m in enumerate(score.measures)
    )
    model = Recorder()
    engine = LineEngine(model, untrained("lstm").info)
    passage = Passage(replace(score, measures=sharp), frozenset((0, m) for m in range(3, COUNT)))
    found = {c.measure: c for c in written(engine, passage, Controls(), Sampling())}
    first, second = model.asked
    assert (first.stretches, second.stretches) == (((3 * 96, 5 * 96),), ((5 * 96, 8 * 96),))
    low = INSTRUMENTS["voice"].low
    assert (first.low, second.low) == (low + 5, low - 4)  # from G upwards to C, from E downwards
    assert second.known[-1] == Sound(3 * 96, 3 * 96 + 24, low - 4)  # what was written for the first
    assert [found[m].notes[0].pitch.midi for m in (3, 5)] == [low, low]


@pytest.mark.parametrize("name", ENGINES)
def test_keys_at_the_ends_of_midi_are_read(name: str) -> None:
    score = song()
    ends = (Note(F(0), F(1), Pitch("G", 0, 9)), Note(F(1), F(1), Pitch("C", 0, -1)))
    cells_ = (ends, *score.parts[0].cells[1:])
    for fifths in (-6, -1, 6):
        measures_ = tuple(replace(m, key=replace(m.key, fifths=fifths)) for m in score.measures)
        cells(name, Score(measures_, (replace(score.parts[0], cells=cells_),)), range(4, COUNT))


def test_a_line_that_begins_with_nothing_begins_near_the_middle_of_its_range() -> None:
    opening = Opening((), ((96, 192),), np.array([0, 96, 192]), 40, 83)
    assert opening.before(96, [], 8) == [Sound(72, 96, 60)]
    assert opening.before(96, [Sound(0, 24, 70)], 8) == [Sound(0, 24, 70)]


def test_the_last_sounds_before_a_stretch_are_heard_in_order() -> None:
    known = tuple(Sound(24 * i, 24 * i + 24, 60 + i) for i in (0, 1, 2, 6, 7))
    opening = Opening(known, ((72, 144),), np.array([0, 96, 192]), 40, 83)
    new = [Sound(72, 96, 50)]
    assert opening.before(144, new, 3) == [known[1], known[2], new[0]]
