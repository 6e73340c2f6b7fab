from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from strategies import scores

from engine.pitch import Pitch
from engine.rhythm import VoiceState
from engine.score import Measure, Note
from engine.voices import fewest_voices


def note(onset, duration, name="C4", voice=1):
    return Note(
        Fraction(onset), Fraction(duration), Pitch(name[0], 0, int(name[1])), voice, (voice - 1) // 4 + 1
    )


MEASURE = Measure("1", Fraction(4))


def test_voices_that_take_turns_become_one():
    cell = (note(0, 2), note(2, 2, "E4", 2))
    assert {n.voice for n in fewest_voices(cell, MEASURE)} == {1}


def test_equal_rhythms_become_chords():
    cell = (note(0, 4, "C3", 5), note(0, 4, "G3", 6))
    assert [n.voice for n in fewest_voices(cell, MEASURE)] == [5, 5]


def test_heads_on_one_staff_step_become_no_chord():
    sharp = replace(note(0, 4, "C5"), pitch=Pitch("C", 1, 5))
    cell = (sharp, note(0, 4, "C5", 2))
    assert fewest_voices(cell, MEASURE) == cell


def test_a_lone_second_voice_becomes_the_first():
    assert [n.voice for n in fewest_voices((note(1, 1, voice=2),), MEASURE)] == [1]


def test_voices_that_need_each_other_stay():
    cell = (note(0, 4), note(0, 1, "E4", 2))
    assert fewest_voices(cell, MEASURE) == cell


@given(scores(), st.data())
def test_nothing_but_voices_changes(score, data):
    index = data.draw(st.integers(0, len(score.measures) - 1))
    measure, cell = score.measures[index], score.parts[1].cells[index]
    tidy = fewest_voices(cell, measure)
    assert sorted((n.onset, n.duration, n.pitch.midi, n.staff) for n in tidy) == sorted(
        (n.onset, n.duration, n.pitch.midi, n.staff) for n in cell
    )
    assert {n.voice for n in tidy} <= {n.voice for n in cell} | {1, 5}
    states = {}
    for n in tidy:
        state = states.get(n.voice, VoiceState.of(measure))
        assert state.accepts(n.onset, n.duration, n.tuplet)
        states[n.voice] = state.after(n.onset, n.duration, n.tuplet)
