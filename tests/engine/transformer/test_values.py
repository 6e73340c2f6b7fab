from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.rhythm import VoiceState
from engine.score import PLAIN, Measure, Metre
from engine.transformer.values import notatable
from engine.vocabulary import DURATION, ONSET

LENGTHS = [Fraction(4), Fraction(3), Fraction(5, 2), Fraction(7, 3), Fraction(1), Fraction(35, 6)]
ONSETS = [place.quarters for place in ONSET.values if not place.mark and place.quarters < 6]


def reads_well(state, onset, value):
    """What ``notatable`` stands for, asked of one value."""
    if not state.accepts(onset, value.duration, value.tuplet):
        return False
    groups = state.after(onset, value.duration, value.tuplet).groups
    reduced = value.tuplet.reduced == value.tuplet
    return value.tuplet == PLAIN or (reduced and any(g.end - g.start >= Fraction(1, 2) for g in groups))


@given(st.data(), st.sampled_from(LENGTHS), st.sampled_from([Metre(4, 4), Metre(6, 8), Metre(5, 8)]))
def test_values_at_a_place_are_those_that_the_voice_accepts_and_that_read_well(data, length, metre):
    state = VoiceState.of(Measure("1", length, metre))
    for _ in range(4):
        near = [o for o in ONSETS if state.free_from <= o < min(state.free_from + 1, length)]
        onset = data.draw(
            st.sampled_from([*near, state.last[0] if state.last else Fraction(0), Fraction(1, 3)])
        )
        allowed = notatable(state, onset)
        assert allowed.tolist() == [False] + [reads_well(state, onset, value) for value in DURATION.values]
        if not allowed.any():
            return
        value = DURATION.value(data.draw(st.sampled_from(np.flatnonzero(allowed).tolist())))
        state = state.after(onset, value.duration, value.tuplet)
