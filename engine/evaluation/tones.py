"""The statistics of C-RNN-GAN's paper (Mogren 2016, section 5), of melodies as in ``engine.crnngan.tones``."""

from __future__ import annotations

from collections import Counter

import numpy as np

from engine.crnngan.tones import KEY, ONSET, QUARTERS, VELOCITY, Floats

_SCALE = np.array([0, 2, 4, 5, 7, 9, 11])  # of a major key; each is that of a minor one too
_TOGETHER = 3  # tones of a subsequence


def scale_consistency(melody: Floats) -> float:
    """Share of the tones that are of the scale which most of them are of."""
    classes = np.round(melody[:, KEY]).astype(np.int64) % 12
    return float(max(np.isin(classes, (_SCALE + tonic) % 12).mean() for tonic in range(12)))


def tone_span(melody: Floats) -> float:
    """Semitones from the lowest tone to the highest."""
    return float(np.ptp(np.round(melody[:, KEY])))


def unique_tones(melody: Floats) -> int:
    """How many different keys there are."""
    return len(np.unique(np.round(melody[:, KEY])))


def intensity_span(melody: Floats) -> float:
    """Velocities from the weakest tone to the strongest."""
    return float(np.ptp(np.round(melody[:, VELOCITY])))


def repetitions(melody: Floats) -> int:
    """How often three tones in a row have been there before."""
    keys = np.round(melody[:, KEY]).astype(int).tolist()
    found = Counter(tuple(keys[i : i + _TOGETHER]) for i in range(len(keys) - _TOGETHER + 1))
    return sum(count - 1 for count in found.values())


def polyphony(melody: Floats) -> float:
    """Share of the tones that begin while the one before still sounds, for more than a 64th.

    The paper counts how often two begin together, which a line never does.
    """
    ends = melody[:-1, ONSET] + melody[:-1, QUARTERS]
    return float((ends > melody[1:, ONSET] + 1 / 16).mean())
