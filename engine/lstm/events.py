"""A line as events: a note or a rest, how long it lasts, and where in its measure the next one stands.

Times are steps of 24 to the quarter, as in ``engine.sounds.rolls``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.sounds.rolls import Ints, Sound

# Ids of notes; 0 is what stands behind the end of a line.
REST = 1
FIRST_KEY = 2  # MIDI key 0
NOTES = FIRST_KEY + 128

# Multiples of a 32nd and of a triplet sixteenth up to a whole note, then of quarters up to two.
DURATIONS = np.array(
    [d for d in range(1, 97) if d % 3 == 0 or d % 4 == 0] + list(range(108, 145, 12)) + [168, 192], np.int64
)
_PLACES_A_QUARTER = 12
PLACES = 8 * _PLACES_A_QUARTER  # what lies behind eight quarters of a measure counts as there


@dataclass(frozen=True, slots=True)
class Event:
    """``note`` and ``duration`` are ids; ``place`` is that of the event after it."""

    note: int
    duration: int
    place: int


def events_of(sounds: Sequence[Sound], starts: Ints, end: int) -> Iterator[Event]:
    """The line from its first sound to ``end``, with its rests, which end at bar lines too.

    ``starts`` are the beginnings of the measures, and the end of the last one.
    """
    times = [*(sound.on for sound in sounds), end][1:]
    for sound, following in zip(sounds, times, strict=True):
        off = min(sound.off, following)
        yield Event(FIRST_KEY + sound.pitch, duration_id(off - sound.on), place_of(off, starts))
        while off < following:
            line = int(np.searchsorted(starts, off, "right"))
            bound = min(following, int(starts[line])) if line < len(starts) else following
            yield Event(REST, duration_id(bound - off), place_of(bound, starts))
            off = bound


def duration_id(steps: int) -> int:
    """The id of the longest duration that is not longer, or of the shortest one."""
    return max(int(np.searchsorted(DURATIONS, steps, "right")) - 1, 0)


def place_of(time: int, starts: Ints) -> int:
    """The id of where in its measure a time is."""
    start = int(starts[np.searchsorted(starts, time, "right") - 1])
    return min((time - start) * _PLACES_A_QUARTER // 24, PLACES - 1)
