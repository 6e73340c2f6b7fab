"""Lines as events."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.lstm.events import DURATIONS, FIRST_KEY, REST, duration_id, events_of, place_of
from engine.sounds.rolls import Sound

STARTS = np.arange(0, 96 * 9, 96)
FITTING = [int(d) for d in DURATIONS if d % 6 == 0 and d <= 48]


@st.composite
def lines(draw: st.DrawFn) -> list[Sound]:
    sounds, time = [], 0
    for _ in range(draw(st.integers(1, 12))):
        time += draw(st.sampled_from([0, 0, 12, 24]))
        length = draw(st.sampled_from(FITTING))
        sounds.append(Sound(time, time + length, draw(st.integers(40, 90))))
        time += length
    return [sound for sound in sounds if sound.off <= STARTS[-1]] or [Sound(0, 24, 60)]


@given(lines())
def test_events_tell_the_line_and_its_rests(sounds: list[Sound]) -> None:
    end = int(STARTS[-1])
    time, found = sounds[0].on, []
    for event in events_of(sounds, STARTS, end):
        length = int(DURATIONS[event.duration])
        if event.note != REST:
            found.append(Sound(time, time + length, event.note - FIRST_KEY))
        time += length
        assert event.place == place_of(time, STARTS)
    assert (found, time) == (sounds, end)


def test_rests_end_at_bar_lines() -> None:
    events = list(events_of([Sound(0, 24, 60)], STARTS, 240))
    assert [int(DURATIONS[e.duration]) for e in events] == [24, 72, 96, 48]
    assert [e.place for e in events] == [12, 0, 0, 24]


def test_an_odd_duration_is_the_longest_below() -> None:
    assert [int(DURATIONS[duration_id(steps)]) for steps in (1, 5, 24, 97, 1000)] == [3, 4, 24, 96, 192]
