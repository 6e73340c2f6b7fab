"""What the critic looks at: a take as pieces of four measures, and each piece as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from engine.evaluation.features import features_of_all
from engine.evaluation.pieces import Line, Piece, line_of, starts_of, ticks
from engine.instruments import INSTRUMENTS
from engine.interface import Passage
from engine.metre import beat_of
from engine.score import Cell
from engine.staves import WholeParts

Floats = npt.NDArray[np.float64]
Cells = Mapping[tuple[int, int], Cell]  # by (part, measure)

MEASURES = 4  # in a piece
NATS = "nats a note"
_FAMILIES = ("keyboard", "strings", "voice")


def pieces_of(passage: Passage, written: Cells) -> list[Piece]:
    """A take of a passage, each run of its measures cut into pieces of four; the last of a run may be shorter.

    Staves of a written part that stay are given, as they are to the engine.
    """
    split = WholeParts.of(passage)
    place = {part: index for index, part in split.origin.items()}
    cells = {(place[part], measure): cell for (part, measure), cell in written.items()}
    whole = split.passage
    return [piece for run in _runs(whole) for piece in _piece(whole, cells, run).cut_up(MEASURES)]


def _runs(passage: Passage) -> Iterator[range]:
    measures = sorted({measure for _, measure in passage.mask})
    first = 0
    for i, measure in enumerate(measures, start=1):
        if i == len(measures) or measures[i] != measure + 1:
            yield range(measures[first], measure + 1)
            first = i


def _piece(passage: Passage, written: Cells, where: range) -> Piece:
    score = passage.score
    measures = score.measures[where.start : where.stop]
    asked = {part for part, measure in passage.mask if measure in where}
    heard = passage.listen or range(len(score.parts))

    def line(part: int) -> Line:
        cells = [written.get((part, m), score.parts[part].cells[m]) for m in where]
        return line_of(cells, measures)

    return Piece(
        starts_of(measures),
        measures[0].key.fifths,
        ticks(beat_of(measures[0].metre)),
        tuple(line(p) for p in sorted(set(heard) - asked)),
        tuple(line(p) for p in sorted(asked)),
        tuple(score.parts[p].instrument for p in sorted(asked)),
    )


def matrix(pieces: Sequence[Piece], nats: Sequence[float]) -> tuple[Floats, tuple[str, ...]]:
    """(pieces, features) and the features' names; ``nats``: how unlikely an engine finds each, a note."""
    rows = [_row(piece, own) for piece, own in zip(pieces, nats, strict=True)]
    names = tuple(rows[0])
    return np.nan_to_num(np.array([[row[name] for name in names] for row in rows])), names


def _row(piece: Piece, nats: float) -> dict[str, float]:
    families = [INSTRUMENTS[name].family for name in piece.instruments]
    shares = {f"written by {name}": families.count(name) / len(families) for name in _FAMILIES}
    return features_of_all(piece) | shares | {"parts written": float(len(families)), NATS: nats}
