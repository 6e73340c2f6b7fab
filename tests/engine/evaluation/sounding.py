"""Small pieces for tests: notes are (onset, end, key) in quarters."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from engine.evaluation.pieces import TICKS, Line, Piece, as_line


def line(*notes: tuple[float | Fraction, float | Fraction, int]) -> Line:
    return as_line([(round(on * TICKS), round(end * TICKS), key) for on, end, key in notes])


def row(keys: list[int], length: float | Fraction = 1, onset: float = 0) -> Line:
    """One after the other."""
    return line(*((onset + i * length, onset + (i + 1) * length, key) for i, key in enumerate(keys)))


def piece(
    given: list[Line], written: list[Line], measures: int = 1, instruments: tuple[str, ...] = ("piano",)
) -> Piece:
    """Measures of four quarters in C."""
    starts = np.arange(measures + 1) * 4 * TICKS
    return Piece(starts, 0, TICKS, tuple(given), tuple(written), instruments)
