"""The columns of the model's inputs and targets: one place for their order, one for their sizes.

Every position of the encoder and of the decoder is a row of ids; its embedding is the sum of one
vector per column. Ids of all columns lie in one table, in contiguous blocks (``Blocks``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.vocabulary import (
    BEATS,
    CHORD_KIND,
    CHORD_ROOT,
    DENSITY,
    DURATION,
    INSTRUMENT,
    KEY,
    LENGTH,
    ONSET,
    ONSET_QUARTERS,
    PITCH,
    POLYPHONY,
    REGISTER,
    STAFF,
    STYLE,
    SUBPOSITIONS,
    TIED,
    UNIT,
    VOICE,
)

KINDS = ("measure", "note", "chord", "cell")  # of encoder rows, ids from 1
SLOTS = 32  # parts of a passage are numbered from the top, from 1
COMPOSERS = 64  # room for the names in a model's configuration

_FLATTEST = min(pitch.fifths for pitch in PITCH.values)
_CHROMAS = max(pitch.fifths for pitch in PITCH.values) - _FLATTEST + 2
_HEIGHTS = PITCH.values[-1].diatonic + 2

_SIZES = {
    "kind": len(KINDS) + 1,
    "onset": len(ONSET),
    "quarter": 18,  # whole quarters of an onset
    "sub": len(SUBPOSITIONS) + 1,  # its place within the quarter
    "voice": len(VOICE),
    "duration": len(DURATION),
    "pitch": len(PITCH),
    "chroma": _CHROMAS,  # the pitch's place on the line of fifths
    "height": _HEIGHTS,  # its staff step
    "staff": len(STAFF),
    "tied": len(TIED),
    "instrument": len(INSTRUMENT),
    "slot": SLOTS + 1,
    "beats": len(BEATS),
    "unit": len(UNIT),
    "length": len(LENGTH),
    "key": len(KEY),
    "root": len(CHORD_ROOT),
    "chord": len(CHORD_KIND),
    "style": len(STYLE),
    "composer": COMPOSERS + 1,
    "density": len(DENSITY),
    "polyphony": len(POLYPHONY),
    "register": len(REGISTER),
    "held chroma": _CHROMAS,  # see ``recall``, as for the echo
    "held height": _HEIGHTS,
    "echo chroma": _CHROMAS,
    "echo height": _HEIGHTS,
    "echo duration": len(DURATION),
    "echo next quarter": 19,  # the last one: nowhere, the measure ended
    "echo next sub": len(SUBPOSITIONS) + 1,
}

_NOTE = ("voice", "duration", "pitch", "chroma", "height", "staff", "tied")
_PLACE = ("onset", "quarter", "sub")
_MEASURE = ("beats", "unit", "length", "key")
CONTROLS = ("style", "composer", "density", "polyphony", "register")

ENCODER = ("kind", *_PLACE, *_NOTE, "instrument", "slot", *_MEASURE, "root", "chord")
# A decoder row says what was written last (``last``) and where the next event stands (``now``).
# Both are what the cell is so far; ``HINTS`` are what the part had before, and the rest is the same for the whole cell.
LAST = tuple(f"last {name}" for name in _NOTE)
HINTS = (
    "held chroma",
    "held height",
    *(f"echo {n}" for n in ("chroma", "height", "duration", "next quarter", "next sub")),
)
DECODER = (*LAST, *_PLACE, "voice", *HINTS, "instrument", "slot", *_MEASURE, *CONTROLS)
TARGETS = ("duration", "pitch", "staff", "tied", "next onset", "next voice")

E_ = {name: i for i, name in enumerate(ENCODER)}
D_ = {name: i for i, name in enumerate(DECODER)}
T_ = {name: i for i, name in enumerate(TARGETS)}


class Blocks:
    """Where each column's ids begin in the one embedding table; global id 0 is "nothing" for all."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        sizes = [_SIZES[name.removeprefix("last ")] for name in columns]
        self.offsets = np.concatenate([[0], np.cumsum([s - 1 for s in sizes])[:-1]]).astype(np.int64)
        self.size = 1 + sum(s - 1 for s in sizes)
        self.columns = columns

    def span(self, name: str) -> slice:
        """Rows of the table that belong to a column, its id 1 first."""
        i = self.columns.index(name)
        start = int(self.offsets[i]) + 1
        return slice(start, start + _SIZES[name.removeprefix("last ")] - 1)


def onset_parts() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """For each onset id its ``quarter`` and ``sub`` ids; zeros for nothing and the marks."""
    quarter, sub = np.zeros(len(ONSET), np.int16), np.zeros(len(ONSET), np.int16)
    for i, position in enumerate(ONSET.values, start=1):
        if not position.mark:
            whole = int(position.quarters)
            quarter[i], sub[i] = whole + 1, SUBPOSITIONS.index(position.quarters - whole) + 1
    return quarter, sub


def pitch_parts() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """For each pitch id its ``chroma`` and ``height`` ids; zeros for nothing."""
    chroma = [0] + [p.fifths - _FLATTEST + 1 for p in PITCH.values]
    height = [0] + [p.diatonic + 1 for p in PITCH.values]
    return np.array(chroma, np.int16), np.array(height, np.int16)


def onset_quarters() -> npt.NDArray[np.float32]:
    """For each onset id the quarters from the start of the measure."""
    return np.array(ONSET_QUARTERS, np.float32)
