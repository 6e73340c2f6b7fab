"""Tones as four numbers each: length, frequency, intensity, and the time since the tone before (section 3).

Melodies are (tones, 4): onset and length in quarters, MIDI key, velocity. Networks see lengths and times as powers of
two and frequencies as keys, which is their logarithm too, all of them roughly between -1 and 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COLUMNS = 4
LENGTH, FREQUENCY, INTENSITY, SINCE = range(COLUMNS)
ONSET, QUARTERS, KEY, VELOCITY = range(4)  # of a melody

_SHORTEST, _LONGEST = 1 / 16, 16.0  # quarters
_MIDDLE, _REACH = 66.0, 24.0  # the middle of a voice, and how far keys go from there


def tones_of(melody: Floats) -> Floats:
    """(tones, 4) as the networks see them; the first tone follows on itself."""
    since = np.diff(melody[:, ONSET], prepend=melody[:1, ONSET])
    since[:1] = melody[:1, QUARTERS]
    return np.stack(
        [
            _power(melody[:, QUARTERS]),
            (melody[:, KEY] - _MIDDLE) / _REACH,
            melody[:, VELOCITY] / 63.5 - 1,
            _power(since),
        ],
        1,
    )


def melody_of(tones: Floats, onset: float) -> Floats:
    """The inverse of ``tones_of``; the tone before the first one began at ``onset``."""
    return np.stack(
        [
            onset + _quarters(tones[:, SINCE]).cumsum(),
            _quarters(tones[:, LENGTH]),
            tones[:, FREQUENCY] * _REACH + _MIDDLE,
            np.clip((tones[:, INTENSITY] + 1) * 63.5, 1, 127),
        ],
        1,
    )


def _power(quarters: Floats) -> Floats:
    power: Floats = np.log2(np.clip(quarters, _SHORTEST, _LONGEST)) / 4
    return power


def _quarters(power: Floats) -> Floats:
    quarters: Floats = 2 ** (4 * np.clip(power, -1, 1))
    return quarters
