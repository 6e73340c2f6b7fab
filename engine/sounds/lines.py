"""A part as a single line: one sound after the other, the highest where several begin together."""

from __future__ import annotations

import numpy as np

from engine.encoding import MEASURE as IN_MEASURE
from engine.encoding import N_DURATION, N_MIDI, N_ONSET, N_TIED, PART, EncodedScore
from engine.sounds.rolls import LENGTHS, ONSETS, STEPS, Ints, Sound
from engine.vocabulary import TIED


def starts_of(score: EncodedScore) -> Ints:
    """(measures + 1,): where each measure begins and the last one ends, in steps of 24 to the quarter."""
    return np.round(score.starts.astype(np.float64) * STEPS).astype(np.int64)


def line_of(score: EncodedScore, part: int) -> list[Sound]:
    """What the part's highest line sounds like, in steps from the beginning of the score; ties make one sound.

    A sound ends where the next one begins.
    """
    notes = score.notes[score.notes[:, PART] == part].astype(np.int64)
    begin = score.starts.astype(np.float64)[notes[:, IN_MEASURE]]
    on = np.round((begin + ONSETS[notes[:, N_ONSET]]) * STEPS).astype(np.int64)
    off = np.round((begin + ONSETS[notes[:, N_ONSET]] + LENGTHS[notes[:, N_DURATION]]) * STEPS).astype(
        np.int64
    )
    order = np.lexsort((-notes[:, N_MIDI], on))
    tied = notes[:, N_TIED] == TIED.id(True)
    line: list[Sound] = []
    for i in order:
        here = Sound(int(on[i]), int(off[i]), int(notes[i, N_MIDI]))
        before = line[-1] if line else None
        if before and tied[i] and (before.off, before.pitch) == (here.on, here.pitch):
            line[-1] = Sound(before.on, here.off, before.pitch)
        elif (before is None or before.on < here.on) and here.on < here.off:
            if before and before.off > here.on:
                line[-1] = Sound(before.on, here.on, before.pitch)
            line.append(here)
    return line
