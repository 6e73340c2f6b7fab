from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import pitches

from engine.pitch import Interval, Pitch

intervals = st.integers(-14, 14).flatmap(
    lambda d: st.integers(-1, 1).map(lambda a: Interval(d, round(d * 12 / 7) + a))
)


@given(pitches, intervals)
def test_there_and_back(pitch, interval):
    moved = pitch.transposed(interval)
    assert moved.midi == pitch.midi + interval.chromatic
    assert moved.fifths == pitch.fifths + interval.fifths
    assert moved.transposed(-interval) == pitch


@given(pitches)
def test_other_forms(pitch):
    assert Pitch.from_diatonic(pitch.diatonic, pitch.midi) == pitch
    assert Pitch.from_fifths(pitch.fifths, pitch.octave) == pitch


def test_known_pitches():
    assert Pitch("C", 0, 4).midi == 60 and Pitch("A", 0, 4).midi == 69
    assert Pitch("B", 1, 3).midi == 60 and Pitch("C", -1, 4).midi == 59
    assert str(Pitch("B", -2, 3)) == "Bbb3"
    assert Interval(-1, -2).fifths == -2
