"""Four measures as tokens for the small network that judges them: one a note, given and written in one sequence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.evaluation.pieces import END, KEY, ON, TICKS, Piece, together

Tokens = npt.NDArray[np.int64]

FIELDS = {  # sizes, id 0 is padding
    "role": 3,
    "degree": 13,  # above the tonic of the signature
    "height": 44,  # in pairs of semitones, so that it says nothing more about the degree
    "place": 26,  # twelfths of a quarter within two quarters of the measure
    "duration": 12,
    "gap": 12,  # since the note before
    "over lowest": 14,  # pitch class above the lowest given note that sounds, or none
    "over highest": 14,
    "step": 27,  # from the note before of the same role
}
LENGTH = 192
_BINS = np.array([0.01, 0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 1.7, 2.2, 3.2])  # quarters


def tokens(piece: Piece) -> Tokens:
    """(192, fields), padded with zeros; notes in order of onset, then upwards, given ones first."""
    given, written = together(piece.given), together(piece.written)
    lines = [np.column_stack([line, np.full(len(line), role)]) for role, line in ((1, given), (2, written))]
    both = np.concatenate(lines)
    both = both[np.lexsort((both[:, KEY], both[:, 3], both[:, ON]))][:LENGTH]
    rows = np.zeros((LENGTH, len(FIELDS)), np.int64)
    last = {1: 60, 2: 60}
    previous = 0
    for row, (on, end, key, role) in zip(rows, both.tolist(), strict=False):
        start = int(piece.starts[np.searchsorted(piece.starts, on, side="right") - 1])
        sounding = given[(given[:, ON] <= on) & (given[:, END] > on), KEY]
        row[:] = (
            role,
            (key - piece.fifths * 7) % 12 + 1,
            min(max(key // 2 - 10, 1), 43),
            (on - start) * 12 // TICKS % 24 + 1,
            np.searchsorted(_BINS, (end - on) / TICKS) + 1,
            np.searchsorted(_BINS, (on - previous) / TICKS) + 1,
            (key - sounding.min()) % 12 + 1 if len(sounding) else 13,
            (key - sounding.max()) % 12 + 1 if len(sounding) else 13,
            min(max(key - last[role], -12), 12) + 13,
        )
        last[role], previous = key, on
    return rows
