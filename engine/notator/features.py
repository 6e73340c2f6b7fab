"""What the network sees of each sound: small integers, among them how it lies to the sounds around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from engine.exact import Fraction
from engine.notator.heard import HEARD_COLUMNS, heard_columns
from engine.notator.sounds import Placed, Sound
from engine.score import Measure

Array = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

TICKS = 10080  # of a quarter: 64ths, triplets, fives and sevens are whole
_REACH = 16  # sounds before and after that are looked at
_INTERVAL = 24  # semitones that are told apart
_STEP = 14  # signed, of a line that moves on
_SPAN = 48
_LOG = 8  # lengths per octave
_LONGEST = 8 * _LOG  # 16 quarters, in steps from 1/16
_KEY = 7  # flats of a signature at most

# Name and number of values of each column.
COLUMNS = {
    "degree": 12,  # semitones above the signature's major tonic
    "height": 88,
    "key": 15,
    "quarter": 16,  # of the measure
    "place": 24,  # in the quarter
    "remaining": 33,  # eighths until the measure ends
    "beats": 13,
    "unit": 7,
    "duration": _LONGEST + 2,
    "before": _LONGEST + 2,  # since the last onset
    "after": _LONGEST + 2,  # until the next one
    "below": 8,  # sounds with the same onset
    "above": 8,
    "held": 6,
    "during": 8,  # onsets while it sounds
    "beyond": 2,  # sounds into the next measure
    "same below": _INTERVAL + 2,  # nearest with the same onset and length
    "same above": _INTERVAL + 2,
    "other below": _INTERVAL + 2,  # nearest with the same onset and another length
    "other above": _INTERVAL + 2,
    "held below": _INTERVAL + 2,
    "held above": _INTERVAL + 2,
    "during below": _INTERVAL + 2,
    "during above": _INTERVAL + 2,
    "bottom": _SPAN + 1,  # distance from the lowest that sounds at the onset
    "top": _SPAN + 1,
    "last": 2 * _STEP + 2,  # nearest of the last onset
    "next": 2 * _STEP + 2,
    "ended": 2 * _STEP + 2,  # nearest that ends with the onset
    "goes on": 2 * _STEP + 2,  # nearest that begins with the end
    "staves": 2,
} | HEARD_COLUMNS
SIZES = tuple(COLUMNS.values())
HEARD: Mask = np.isin(list(COLUMNS), list(HEARD_COLUMNS))  # columns that are of other parts


def features(
    sounds: Sequence[Sound], measures: Sequence[Measure], staves: int, heard: Sequence[Placed] = ()
) -> Array:
    """One row of ``COLUMNS`` for each sound, (n, columns); the sounds must be in ``sound_order``.

    ``heard``: notes of other parts, with the names that they have on the page.
    """
    onset, duration = ticks([s.onset for s in sounds]), ticks([s.duration for s in sounds])
    midi = np.array([sound.midi for sound in sounds], np.int64)
    columns = _places(onset, duration, midi, measures) | _neighbours(onset, duration, midi)
    columns["staves"] = np.full(len(midi), staves > 1)
    begins = ticks([placed.sound.onset for placed in heard])
    ends = ticks([placed.sound.end for placed in heard])
    columns |= heard_columns(onset, midi, columns["key"] - _KEY, heard, (begins, ends), TICKS)
    stacked = np.stack([columns[name] for name in COLUMNS], axis=1)
    return np.clip(stacked, 0, np.array(SIZES) - 1).astype(np.int64)


def ticks(times: Sequence[Fraction]) -> Array:
    """Times in quarters as whole numbers of ``TICKS``, the nearest."""
    return np.array([round(time * TICKS) for time in times], np.int64)


def measure_at(onsets: Array, measures: Sequence[Measure]) -> tuple[Array, Array]:
    """The index of the measure that holds each onset (in ticks), and the time since it began."""
    durations = [measure.duration for measure in measures[:-1]]
    starts = ticks(list(accumulate(durations, initial=Fraction(0))))
    index = np.maximum(np.searchsorted(starts, onsets, side="right") - 1, 0)
    return index, onsets - starts[index]


def _places(onset: Array, duration: Array, midi: Array, measures: Sequence[Measure]) -> dict[str, Array]:
    index, since = measure_at(onset, measures)
    facts = [(m.key.fifths, m.metre.beats, m.metre.unit, round(m.duration * TICKS)) for m in measures]
    fifths, beats, unit, length = np.array(facts, np.int64)[index].T
    remaining = length - since
    return {
        "degree": (midi - 7 * fifths) % 12,
        "height": midi - 21,
        "key": fifths + _KEY,
        "quarter": since // TICKS,
        "place": since % TICKS * 24 // TICKS,
        "remaining": remaining * 2 // TICKS,
        "beats": beats,
        "unit": np.log2(unit).astype(np.int64),
        "duration": _length(duration),
        "beyond": duration > remaining,
    }


def _length(ticks: Array) -> Array:
    """Logarithmic classes from 1; 0 for no time at all."""
    steps = np.rint(_LOG * (np.log2(np.maximum(ticks, 1) / TICKS) + 4)).astype(np.int64)
    return np.where(ticks > 0, np.clip(steps, 0, _LONGEST) + 1, 0)


class _Window:
    """Every sound beside the ``_REACH`` sounds before and after it; all masks are (n, 2 * _REACH)."""

    def __init__(self, onset: Array, duration: Array, midi: Array) -> None:
        n, steps = len(midi), np.concatenate([np.arange(-_REACH, 0), np.arange(1, _REACH + 1)])
        place = np.arange(n)[:, None] + steps
        self.there = (place >= 0) & (place < n)
        other = np.clip(place, 0, n - 1)
        self.interval = midi[other] - midi[:, None]
        self.start, self.end = onset[other] - onset[:, None], (onset + duration)[other] - onset[:, None]
        self.duration = duration[:, None]

    def count(self, mask: Mask) -> Array:
        counts: Array = (mask & self.there).sum(1)
        return counts

    def nearest(self, mask: Mask, limit: int) -> Array:
        """The least distance from 0, ``limit`` for more, one more for none."""
        distance = np.where(mask & self.there, np.minimum(np.abs(self.interval), limit), limit + 1)
        least: Array = distance.min(1)
        return least

    def signed(self, mask: Mask) -> Array:
        """The nearest with its direction, ``_STEP`` for the sound's own key, 0 and twice that for far ones."""
        distance = np.where(mask & self.there, np.abs(self.interval), 999)
        best = distance.argmin(1)[:, None]
        interval = np.clip(np.take_along_axis(self.interval, best, 1)[:, 0], -_STEP, _STEP) + _STEP
        return np.where(distance.min(1) < 999, interval, 2 * _STEP + 1)


def _neighbours(onset: Array, duration: Array, midi: Array) -> dict[str, Array]:
    window = _Window(onset, duration, midi)
    before, after = _gaps(onset)
    under, over = window.interval < 0, window.interval > 0
    together = window.start == 0
    alike = together & (window.end == window.duration)
    held = (window.start < 0) & (window.end > 0)
    during = (window.start > 0) & (window.start < window.duration)
    now = (together | held) & window.there
    kinds = {"same": alike, "other": together & ~alike, "held": held, "during": during}
    sides = {"below": window.interval <= 0, "above": over}
    columns = {
        f"{kind} {side}": window.nearest(mask & where, _INTERVAL)
        for kind, mask in kinds.items()
        for side, where in sides.items()
    }
    return columns | {
        "before": _length(before),
        "after": _length(after),
        "below": window.count(together & under),
        "above": window.count(together & over),
        "held": window.count(held),
        "during": window.count(during),
        "bottom": -np.where(now, np.minimum(window.interval, 0), 0).min(1),
        "top": np.where(now, np.maximum(window.interval, 0), 0).max(1),
        "last": window.signed(window.start == -before[:, None]),
        "next": window.signed(window.start == after[:, None]),
        "ended": window.signed(window.end == 0),
        "goes on": window.signed(window.start == window.duration),
    }


def _gaps(onset: Array) -> tuple[Array, Array]:
    """The time since the last onset and until the next one, 0 where there is none."""
    times, index = np.unique(onset, return_inverse=True)
    steps = np.diff(times)
    return np.concatenate([[0], steps])[index], np.concatenate([steps, [0]])[index]
