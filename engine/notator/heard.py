"""What the network sees of the other parts, which stand on the page already: names for the keys, and where they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.notator.sounds import LOWEST_NAME, NAMES, Placed

Array = npt.NDArray[np.int64]

_FAR = 5  # doublings of a quarter: what is further off is as if there were nothing
_STEP = 14  # signed semitones
_LATEST = 12  # heard notes that may still sound

# Name and number of values of each column; 0 is nothing in all of them.
HEARD_COLUMNS = {
    "heard before": NAMES + 1,  # name of the same pitch class where it was heard last, or is
    "heard ago": _FAR + 3,
    "heard after": NAMES + 1,
    "heard in": _FAR + 3,
    "heard near": 2 * _STEP + 2,  # nearest that sounds at the onset
}


def heard_columns(
    onset: Array,
    midi: Array,
    fifths: Array,
    heard: Sequence[Placed],
    times: tuple[Array, Array],
    quarter: int,
) -> dict[str, Array]:
    """Columns of sounds, each of n values.

    ``onset`` in ticks, ``quarter`` of them to the quarter, ``fifths`` the signature at each sound; ``times``: onsets
    and ends of the ``heard`` notes.
    """
    columns = {name: np.zeros(len(midi), np.int64) for name in HEARD_COLUMNS}
    if not heard:
        return columns
    order = np.argsort(times[0], kind="stable")
    begins, ends = times[0][order], times[1][order]
    keys = np.array([placed.sound.midi for placed in heard])[order]
    names = np.array([placed.pitch.fifths for placed in heard])[order]
    for pitch_class in set((midi % 12).tolist()) & set((keys % 12).tolist()):
        mine, theirs = np.flatnonzero(midi % 12 == pitch_class), np.flatnonzero(keys % 12 == pitch_class)
        now, after = onset[mine], np.searchsorted(begins[theirs], onset[mine], side="right")
        last, next_ = theirs[np.maximum(after - 1, 0)], theirs[np.minimum(after, len(theirs) - 1)]
        ago = np.where(after > 0, _nearness(now - ends[last], quarter), 0)
        ahead = np.where(after < len(theirs), _nearness(begins[next_] - now, quarter), 0)
        columns["heard ago"][mine], columns["heard in"][mine] = ago, ahead
        columns["heard before"][mine] = np.where(ago > 0, _named(names[last] - fifths[mine]), 0)
        columns["heard after"][mine] = np.where(ahead > 0, _named(names[next_] - fifths[mine]), 0)
    columns["heard near"] = _nearest(onset, midi, begins, ends, keys)
    return columns


def _named(above_tonic: Array) -> Array:
    return np.clip(above_tonic - LOWEST_NAME, 0, NAMES - 1) + 1


def _nearness(distance: Array, quarter: int) -> Array:
    """1 for now, then by doublings of a quarter; 0 for what is too far off."""
    doublings = np.ceil(np.log2(np.maximum(distance, 1) / quarter)).astype(np.int64)
    classes = np.where(distance <= 0, 1, np.maximum(doublings, 0) + 2)
    return np.where(classes <= _FAR + 2, classes, 0)


def _nearest(onset: Array, midi: Array, begins: Array, ends: Array, keys: Array) -> Array:
    """The heard key that sounds at the onset and is nearest, of the latest: from 1, 0 for none."""
    latest = np.searchsorted(begins, onset, side="right")[:, None] - 1 - np.arange(_LATEST)
    place = np.maximum(latest, 0)
    sounding = (latest >= 0) & (ends[place] > onset[:, None])
    interval = keys[place] - midi[:, None]
    distance = np.where(sounding, np.abs(interval), 999)
    best = np.take_along_axis(interval, distance.argmin(1)[:, None], 1)[:, 0]
    return np.where(distance.min(1) < 999, np.clip(best, -_STEP, _STEP) + _STEP + 1, 0)
