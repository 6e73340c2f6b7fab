from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.instruments import INSTRUMENTS
from engine.interface import Controls
from engine.pitch import Interval, Pitch
from engine.rhythm import VoiceState
from engine.score import Measure, Metre, Note, home_staff, note_order
from engine.transformer.cell import CellState, held_over, tidied
from engine.transformer.rules import WIDEST, RuleSet
from engine.transformer.window import canonical, concert
from engine.vocabulary import DURATION, END, ONSET, PITCH, VOICE

METRES = [Metre(4, 4), Metre(3, 4), Metre(6, 8), Metre(5, 8), Metre(7, 8)]


def random_cell(rng, measure, instrument, controls, fifths=0):
    """What a model without sense writes: every legal id is as likely as any other, the end is rare."""
    shift = canonical(fifths)
    rules, cell = RuleSet(shift), CellState(measure, INSTRUMENTS[instrument], controls)
    for _ in range(60):
        allowed = rules.onsets(cell)
        if rng.random() < 0.97:
            allowed[ONSET.id(END)] = False
        # near onsets are likelier, as with a real model: far ones would leave nothing to test
        candidates = np.flatnonzero(allowed)[:40]
        while len(candidates):
            onset_id = int(rng.choice(candidates))
            onset = ONSET.value(onset_id).quarters
            voices = rules.voices(cell, onset)
            if voices.any():
                break
            candidates = candidates[candidates != onset_id]
        else:
            break
        if onset_id == ONSET.id(END):
            break
        voice = VOICE.value(int(rng.choice(np.flatnonzero(voices))))
        value = DURATION.value(int(rng.choice(np.flatnonzero(rules.durations(cell, onset, voice)))))
        id = int(rng.choice(np.flatnonzero(rules.pitches(cell, onset, voice))))
        pitch = concert(PITCH.value(id), shift)
        cell.add(Note(onset, value.duration, pitch, voice, home_staff(voice), value.tuplet))
    return cell.cell


def sounding(cell, onset):
    return [n for n in cell if n.onset <= onset < n.end]


def assert_playable(cell, measure, instrument):
    assert list(cell) == sorted(cell, key=note_order)
    for note in cell:
        assert instrument.low <= note.pitch.midi <= instrument.high
        assert note.end <= measure.duration
        together = sounding(cell, note.onset)
        hand = [n.pitch.midi for n in together if n.staff == note.staff]
        upper = [n.pitch.midi for n in together if n.voice == 4 * note.staff - 3]
        lower = [n.pitch.midi for n in together if n.voice == 4 * note.staff - 2]
        assert not upper or not lower or max(lower) < min(upper)
        assert len(hand) <= instrument.notes
        assert max(hand) - min(hand) <= instrument.span
        assert len({n.pitch.midi for n in together}) == len(together)
        names = [n.pitch.fifths for n in together]
        assert max(names) - min(names) <= WIDEST


def assert_notatable(cell, measure):
    states = {}
    for note in cell:
        state = states.get(note.voice, VoiceState.of(measure))
        assert state.accepts(note.onset, note.duration, note.tuplet)
        states[note.voice] = state.after(note.onset, note.duration, note.tuplet)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(METRES),
    st.sampled_from(["piano", "guitar", "violin", "alto"]),
    st.integers(-7, 7),
)
def test_whatever_is_drawn_is_playable_and_notatable(seed, metre, name, fifths):
    measure = Measure("1", metre.duration, metre)
    cell = random_cell(np.random.default_rng(seed), measure, name, Controls(), fifths)
    assert_playable(cell, measure, INSTRUMENTS[name])
    assert_notatable(cell, measure)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_users_limits_hold(seed):
    measure = Measure("1", Fraction(4))
    limits = Controls(density=1.5, polyphony=3, low=48, high=72, shortest=Fraction(1, 2))
    cell = random_cell(np.random.default_rng(seed), measure, "piano", limits)
    assert len({n.onset for n in cell}) <= 6
    for note in cell:
        assert 48 <= note.pitch.midi <= 72
        assert note.duration >= Fraction(1, 2)
        assert len(sounding(cell, note.onset)) <= 3


def test_beside_given_names_that_lie_far_apart_new_ones_lie_between():
    cell = CellState(Measure("1", Fraction(4)), INSTRUMENTS["piano"], Controls())
    for pitch in (Pitch("G", -1, 3), Pitch("A", 1, 3)):  # 16 fifths
        cell.add(Note(Fraction(0), Fraction(4), pitch, 5, 2))
    ids = np.flatnonzero(RuleSet(Interval()).pitches(cell, Fraction(0), 1))
    assert {PITCH.value(int(id)).fifths for id in ids} == set(range(-6, 11))


def test_random_cells_are_not_empty():
    measure = Measure("1", Fraction(4))
    cells = [random_cell(np.random.default_rng(i), measure, "piano", Controls()) for i in range(5)]
    assert sum(len(c) for c in cells) > 50
    assert {n.voice for c in cells for n in c} == {1, 2, 5, 6}


def test_one_line_instruments_have_one_voice_and_no_chords():
    measure = Measure("1", Fraction(4))
    cell = random_cell(np.random.default_rng(3), measure, "oboe", Controls())
    assert cell and {n.voice for n in cell} == {1}
    assert all(len(sounding(cell, n.onset)) == 1 for n in cell)


def test_the_end_is_always_legal():
    full = CellState(Measure("1", Fraction(1)), INSTRUMENTS["oboe"], Controls())
    full.add(Note(Fraction(0), Fraction(1), Pitch("C", 0, 5)))
    allowed = RuleSet(Interval()).onsets(full)
    assert allowed[ONSET.id(END)]
    for id in np.flatnonzero(allowed):
        if id != ONSET.id(END):
            assert not RuleSet(Interval()).voices(full, ONSET.value(int(id)).quarters).any()


PITCH_C = Pitch("C", 0, 4)


@pytest.mark.parametrize(
    ("onset", "voice", "expected"),
    [(0, 1, True), (1, 1, False), (2, 1, True), (2, 2, False), (0, 2, False)],
)
def test_a_tie_needs_a_note_of_its_voice_that_ends_here(onset, voice, expected):
    measure = Measure("1", Fraction(4))
    before = (Note(Fraction(3), Fraction(1), PITCH_C), Note(Fraction(0), Fraction(1), Pitch("D", 0, 4)))
    cell = CellState(measure, INSTRUMENTS["piano"], Controls(), held_over(before, measure))
    cell.add(Note(Fraction(0), Fraction(2), PITCH_C))
    assert cell.continues(Fraction(onset), voice, PITCH_C) is expected
    assert not cell.continues(Fraction(0), 1, Pitch("D", 0, 4))


def test_a_tie_is_dropped_when_tidying_moves_it_to_another_voice():
    measure = Measure("1", Fraction(4))
    cell = (Note(Fraction(0), Fraction(4), PITCH_C, voice=2, tied=True),)
    assert tidied(cell, measure, frozenset({(2, PITCH_C)}))[0].tied is False
    assert tidied(cell, measure, frozenset({(1, PITCH_C)}))[0].tied is True


def test_a_cell_that_must_sound_cannot_end_before_its_first_note():
    measure = Measure("1", Fraction(4))
    cell = CellState(measure, INSTRUMENTS["piano"], Controls(), must_sound=True)
    rules = RuleSet(Interval())
    assert not rules.onsets(cell)[ONSET.id(END)]
    cell.add(Note(Fraction(0), Fraction(1), PITCH_C))
    assert rules.onsets(cell)[ONSET.id(END)]
