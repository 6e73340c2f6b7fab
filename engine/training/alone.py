"""Parts by themselves: what music of a style or a composer is like, whatever it goes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.encoding import MEASURE, N_MIDI, N_ONSET, N_STAFF, N_VOICE, PART, EncodedScore
from engine.instruments import SETS
from engine.transformer.window import Random, with_parts
from engine.vocabulary import INSTRUMENT, STAFF, VOICE

_CHOIR = [INSTRUMENT.id(name) for name in SETS["satb"]]
ORGANISTS = [INSTRUMENT.id(name) for name in ("piano", "organ")]
_UPPER, _LOWER = (VOICE.id(1), VOICE.id(2)), (VOICE.id(5), VOICE.id(6))
_ALL_PARTS, _FAVOURITE, _PLAYED = 0.15, 0.85, 0.5  # shares


def draw_alone(rng: Random, score: EncodedScore, favourites: Sequence[int]) -> EncodedScore:
    """Some of the parts: mostly one, and that mostly a favourite where there is one; at times all.

    Every other time a choir of four is one part, as a keyboard plays it.
    """
    if is_choir(score) and rng.random() < _PLAYED:
        return played(score, int(rng.choice(ORGANISTS)))
    parts = np.flatnonzero(score.parts).tolist()
    if rng.random() < _ALL_PARTS:
        return with_parts(score, parts)
    return with_parts(
        score, [int(rng.choice(favourites if favourites and rng.random() < _FAVOURITE else parts))]
    )


def is_choir(score: EncodedScore) -> bool:
    """Whether the parts are the four voices of a choir."""
    return list(score.parts) == _CHOIR


def played(score: EncodedScore, instrument: int) -> EncodedScore:
    """A choir of four as one part of two staves, each part's first voice a voice of its own."""
    notes = score.notes[score.notes[:, N_VOICE] == _UPPER[0]].copy()
    notes[:, N_VOICE] = np.array((*_UPPER, *_LOWER), np.int16)[notes[:, PART]]
    lower = np.isin(notes[:, N_VOICE], _LOWER)
    notes[:, N_STAFF] = np.where(lower, STAFF.id(2), STAFF.id(1))
    notes[:, PART] = 0
    order = np.lexsort((notes[:, N_MIDI], notes[:, N_VOICE], ~lower, notes[:, N_ONSET], notes[:, MEASURE]))
    return replace(score, notes=notes[order], parts=np.array([instrument], np.int16))
