"""Score to arrays of field ids, and back.

An ``EncodedScore`` holds everything that the models read, as small integer arrays at concert pitch;
``engine.transformer.window`` cuts model inputs from it. What the vocabulary cannot hold (a measure
longer than 16 quarters, an onset off every grid, an unheard-of tuplet) is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from engine.note_ids import decode_note, encode_cell
from engine.pitch import Pitch
from engine.score import Cell, ChordSymbol, Measure, Score
from engine.vocabulary import BEATS, CHORD_KIND, INSTRUMENT, LENGTH, ONSET, UNIT, Position

Array = npt.NDArray[np.int16]

# Columns of the arrays below; ids unless said otherwise.
MEASURE, PART, N_ONSET, N_VOICE, N_STAFF, N_DURATION, N_DIATONIC, N_MIDI, N_TIED = range(9)
NOTE_COLUMNS = 9
M_BEATS, M_UNIT, M_LENGTH, M_KEY = range(4)  # M_KEY: fifths, not an id
MEASURE_COLUMNS = 4
C_MEASURE, C_ONSET, C_ROOT, C_KIND = range(4)  # C_ROOT: place on the line of fifths, not an id
CHORD_COLUMNS = 4


@dataclass(slots=True)
class EncodedScore:
    """``notes`` (n_notes, 9) sorted by measure, part, ``note_order``; ``measures`` (n_measures, 4);
    ``starts`` (n_measures + 1,) in quarters; ``parts`` (n_parts,) instrument ids, 0 for parts that are
    not listened to; ``chords`` (n_chords, 4); ``losses`` counts what could not be held, by reason.
    """

    notes: Array
    measures: Array
    starts: npt.NDArray[np.float32]
    parts: Array
    chords: Array
    losses: Counter[str] = field(default_factory=Counter)


def encode(score: Score) -> EncodedScore:
    """The whole score as arrays."""
    losses: Counter[str] = Counter()
    rows = [
        (m, p, *ids)
        for m in range(len(score.measures))
        for p, part in enumerate(score.parts)
        for ids in encode_cell(part.cells[m], losses)
    ]
    measures = [
        (
            BEATS.get(m.metre.beats),
            UNIT.get(m.metre.unit),
            LENGTH.get(ceil(2 * m.duration)),
            m.key.fifths,
        )
        for m in score.measures
    ]
    starts = np.cumsum([0.0] + [float(m.duration) for m in score.measures], dtype=np.float64)
    parts = [INSTRUMENT.id(p.instrument) if p.pitched else 0 for p in score.parts]
    return EncodedScore(
        _array(rows, NOTE_COLUMNS),
        _array(measures, MEASURE_COLUMNS),
        starts.astype(np.float32),
        np.array(parts, dtype=np.int16),
        encode_chords(score.measures),
        losses,
    )


def encode_chords(measures: Sequence[Measure]) -> Array:
    """Rows of ``EncodedScore.chords``: the chord symbols of all measures that the vocabulary holds."""
    rows = [(i, *_chord_ids(c)) for i, m in enumerate(measures) for c in m.chords]
    return _array([row for row in rows if row[1]], CHORD_COLUMNS)


def encoded_notes(cell: Cell) -> Array:
    """The notes of a cell that the vocabulary holds as rows of ``EncodedScore.notes``, of measure and part 0."""
    return _array([(0, 0, *ids) for ids in encode_cell(cell, Counter())], NOTE_COLUMNS)


def decode_cell(rows: Iterable[npt.NDArray[np.int16]]) -> Cell:
    """The notes of rows of ``EncodedScore.notes``, all of one cell."""
    return tuple(decode_note(*(int(x) for x in row[N_ONSET:])) for row in rows)


def decode(encoded: EncodedScore, like: Score) -> Score:
    """The score ``like`` with the cells that ``encoded`` holds in place of its own."""
    cells: dict[tuple[int, int], list[npt.NDArray[np.int16]]] = {}
    for row in encoded.notes:
        cells.setdefault((int(row[PART]), int(row[MEASURE])), []).append(row)
    parts = tuple(
        replace(part, cells=tuple(decode_cell(cells.get((p, m), [])) for m in range(len(like.measures))))
        for p, part in enumerate(like.parts)
    )
    return replace(like, parts=parts)


def with_cells(encoded: EncodedScore, cells: dict[tuple[int, int], Cell]) -> EncodedScore:
    """A copy with those cells, by (measure, part), in place of its own."""
    notes = encoded.notes
    changed = np.zeros((len(encoded.measures), len(encoded.parts)), np.bool_)
    for key in cells:
        changed[key] = True
    kept = notes[~changed[notes[:, MEASURE], notes[:, PART]]]
    rows = [(*key, *ids) for key, cell in sorted(cells.items()) for ids in encode_cell(cell, Counter())]
    both = np.concatenate([kept, _array(rows, NOTE_COLUMNS)])
    order = np.lexsort((both[:, PART], both[:, MEASURE]))  # stable: notes keep their order within a cell
    return replace(encoded, notes=both[order])


def _chord_ids(chord: ChordSymbol) -> tuple[int, int, int]:
    kind = CHORD_KIND.get(chord.kind) or CHORD_KIND.id("other")
    return ONSET.get(Position(chord.onset)), name_fifths(chord.root), kind


def name_fifths(name: str) -> int:
    """Place on the line of fifths of a note name such as ``F#`` or ``Bb``."""
    return Pitch(name[0], name.count("#") - name.count("b"), 4).fifths if name else 0


def _array(rows: Sequence[tuple[int, ...]], columns: int) -> Array:
    return np.array(rows, dtype=np.int16).reshape(-1, columns)
