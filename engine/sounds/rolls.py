"""Piano rolls: which keys of each track sound at each step, measure by measure, and back to sounds.

A roll holds (measures, tracks, steps, pitches) of booleans. A measure is a frame of four quarters with ``steps`` steps
to the quarter, at least 24, so that triplets and 32nds are whole; shorter metres leave the end of the frame empty, a
pickup its beginning. A key that is struck again the moment it ends gives up its last step: one empty step between two
runs of a key is that, not a rest. What lies off the grid is rounded to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.encoding import (
    M_BEATS,
    M_UNIT,
    MEASURE,
    N_DURATION,
    N_MIDI,
    N_ONSET,
    N_STAFF,
    N_TIED,
    PART,
    EncodedScore,
)
from engine.staves import Track
from engine.vocabulary import BEATS, DURATION_QUARTERS, ONSET_QUARTERS, TIED, UNIT

Roll = npt.NDArray[np.bool_]  # (measures, tracks, steps, PITCHES)
Ints = npt.NDArray[np.int64]

STEPS = 24  # of a quarter
QUARTERS = 4  # of a frame
LOW, PITCHES = 24, 84  # MIDI key of the lowest pitch (C1), and how many there are: seven octaves

S_MEASURE, S_TRACK, S_ON, S_OFF, S_PITCH = range(5)  # columns of spans; steps of the frame, pitches from LOW

ONSETS, LENGTHS = (np.array(table, np.float64) for table in (ONSET_QUARTERS, DURATION_QUARTERS))


@dataclass(frozen=True, slots=True)
class Sound:
    """A key from a step to another, counted from the beginning of the first measure; ``pitch`` is a MIDI key."""

    on: int
    off: int
    pitch: int


def frames_of(score: EncodedScore, steps: int = STEPS) -> Ints:
    """(measures, 2): from which step of its frame to which each measure goes; 0, 0 where it does not fit."""
    lengths = np.round(np.diff(score.starts.astype(np.float64)) * steps).astype(np.int64)
    known = (score.measures[:, M_BEATS] > 0) & (score.measures[:, M_UNIT] > 0)
    whole = [
        4 * steps * BEATS.value(int(beats)) // UNIT.value(int(unit)) if there else 0
        for (beats, unit), there in zip(score.measures[:, [M_BEATS, M_UNIT]], known, strict=True)
    ]
    # A short first measure is a pickup, which ends where a full measure does; any other begins where one begins.
    begin = np.where(np.arange(len(lengths)) == 0, np.maximum(np.array(whole, np.int64) - lengths, 0), 0)
    end = begin + lengths
    fits = known & (lengths > 0) & (end <= QUARTERS * steps)
    return np.stack([begin * fits, end * fits], 1)


def spans_of(score: EncodedScore, tracks: Sequence[Track], frames: Ints, steps: int = STEPS) -> Ints:
    """(n, 5): every run of steps of a key in a measure, sorted by measure; see the columns above.

    ``frames`` are those of ``frames_of``. A run goes on in the next measure where it ends at the bar line and another
    begins there. Keys outside the seven octaves are left out.
    """
    starts = np.concatenate([[0], np.cumsum(frames[:, 1] - frames[:, 0])])
    found = []
    for index, track in enumerate(tracks):
        notes = score.notes[score.notes[:, PART] == track.part].astype(np.int64)
        if track.staff:
            notes = notes[notes[:, N_STAFF] == track.staff]
        found.append(_heads(notes, index, starts, steps))
    heads = np.concatenate(found)
    pitch = heads[:, _PITCH] - LOW
    heads = _parted(heads[(pitch >= 0) & (pitch < PITCHES)])
    measure = heads[:, _MEASURE]
    shift = starts[measure] - frames[measure, 0]
    off = np.minimum(heads[:, _OFF], starts[measure + 1])
    spans = np.stack(
        [measure, heads[:, _TRACK], heads[:, _ON] - shift, off - shift, heads[:, _PITCH] - LOW], 1
    )
    spans = spans[spans[:, S_OFF] > spans[:, S_ON]]
    return spans[np.argsort(spans[:, S_MEASURE], kind="stable")]


_TRACK, _PITCH, _ON, _OFF, _MEASURE, _TIED = range(6)  # columns of heads; steps of the whole score


def _heads(notes: Ints, track: int, starts: Ints, steps: int) -> Ints:
    onset, length = ONSETS[notes[:, N_ONSET]], LENGTHS[notes[:, N_DURATION]]
    on = np.round(onset * steps).astype(np.int64)
    off = np.maximum(np.round((onset + length) * steps).astype(np.int64), on + 1)
    start, tied = starts[notes[:, MEASURE]], notes[:, N_TIED] == TIED.id(True)
    return np.stack(
        [np.full(len(notes), track), notes[:, N_MIDI], start + on, start + off, notes[:, MEASURE], tied], 1
    )


def _parted(heads: Ints) -> Ints:
    """The heads, each over before its key is struck again: by one step where that leaves it any."""
    heads = heads[np.lexsort((-heads[:, _OFF], heads[:, _ON], heads[:, _PITCH], heads[:, _TRACK]))]
    place = heads[:, [_TRACK, _PITCH, _ON]]
    longest = np.append(True, (place[1:] != place[:-1]).any(1))[: len(heads)]  # of heads in unison
    heads = heads[longest]
    before, after = heads[:-1], heads[1:]
    same = (before[:, [_TRACK, _PITCH]] == after[:, [_TRACK, _PITCH]]).all(1)
    again = same & ~after[:, _TIED].astype(np.bool_)
    again &= before[:, _OFF] >= after[:, _ON]
    before[again, _OFF] = np.maximum(after[again, _ON] - 1, before[again, _ON] + 1)
    return heads


def filled(spans: Ints, first: int, measures: int, tracks: int, steps: int = STEPS) -> Roll:
    """The roll of so many measures from ``first`` on, of spans that ``spans_of`` has sorted."""
    roll = np.zeros((measures, tracks, QUARTERS * steps, PITCHES), np.bool_)
    lo, hi = np.searchsorted(spans[:, S_MEASURE], [first, first + measures])
    for measure, track, on, off, pitch in spans[lo:hi].tolist():
        roll[measure - first, track, on:off, pitch] = True
    return roll


def sounds_of(roll: Roll, frames: Ints) -> list[Sound]:
    """What one track (measures, steps, pitches) sounds like, in order of onset and pitch; the inverse of ``spans_of``.

    ``frames`` (measures, 2) as in ``frames_of``: what lies outside is not heard.
    """
    edges = np.diff(np.pad(roll[inside(frames, roll.shape[1])], ((1, 1), (0, 0))).astype(np.int8), axis=0)
    pitch, on = np.nonzero(edges.T == 1)
    off = np.nonzero(edges.T == -1)[1]
    again = (pitch[:-1] == pitch[1:]) & (off[:-1] + 1 == on[1:])
    off[:-1] += again
    order = np.lexsort((pitch, on))
    return [Sound(int(on[i]), int(off[i]), LOW + int(pitch[i])) for i in order]


def inside(frames: Ints, size: int) -> Roll:
    """(measures, size): which steps of its frame each measure has."""
    steps = np.arange(size)
    result: Roll = (steps >= frames[:, :1]) & (steps < frames[:, 1:])
    return result
