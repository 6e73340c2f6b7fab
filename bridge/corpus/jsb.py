"""JSB Chorales: four voices as a grid of sixteenths, the field's benchmark for polyphonic music.

Boulanger-Lewandowski et al., "Modeling Temporal Dependencies in High-Dimensional Sequences", ICML 2012; as JSON by
C.-Z. A. Huang. A grid tells neither measures nor whether a pitch is held or struck again. So each quarter is a measure,
which lets the voices take turns beat by beat, and equal pitches in a row are one note, tied where it crosses a bar
line or has no notated value of its own. Each grid is written in one way only, and ``grid`` reads it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np

from bridge.errors import InputError
from engine.encoding import MEASURE, N_ONSET, PART, Array, EncodedScore
from engine.exact import Fraction
from engine.instruments import SETS
from engine.note_ids import decode_note
from engine.score import Measure, Note, NoteValue, Part, Score
from engine.training.whole import spelled

REST = -1
_QUARTER, _MEASURE = 4, 4  # sixteenths
_NOTATED = [n for n in range(_MEASURE, 0, -1) if NoteValue.from_duration(Fraction(n, _QUARTER))]
_VOICES = SETS["satb"]


def read_chorale(path: Path) -> Score:
    """The chorale at ``FILE.json#INDEX``, without a key signature: the grid has none.

    Raises
    ------
        InputError: the file is missing or holds no such grid.
    """
    file, _, index = path.name.partition("#")
    try:
        return chorale(_grids(path.with_name(file))[int(index)])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(
            f"{path}: not a chorale of JSB Chorales ({error})", "Fetch the data set again."
        ) from error


@lru_cache(maxsize=1)
def _grids(path: Path) -> list[list[list[int]]]:
    grids: list[list[list[int]]] = json.loads(path.read_text(encoding="utf-8"))
    return grids


def chorale(rows: Sequence[Sequence[int]]) -> Score:
    """The grid (sixteenths, 4) of MIDI keys, -1 for a rest, as four parts; ValueError when it is none."""
    voices = list(zip(*rows, strict=True))
    if len(voices) != len(_VOICES):
        raise ValueError(f"{len(voices)} voices")
    starts = range(0, len(rows), _MEASURE)
    measures = [
        Measure(str(i), Fraction(min(_MEASURE, len(rows) - start), _QUARTER))
        for i, start in enumerate(starts, 1)
    ]
    parts = [
        Part(name, name, name, cells=tuple(tuple(_notes(voice, start)) for start in starts))
        for name, voice in zip(_VOICES, voices, strict=True)
    ]
    return Score(tuple(measures), tuple(parts))


def _notes(voice: Sequence[int], start: int) -> Iterator[Note]:
    """The notes of the measure from that sixteenth on."""
    at = start
    for key, run in groupby(voice[start : start + _MEASURE]):
        for length in _values(len(list(run))):
            if key != REST:
                onset, duration = Fraction(at - start, _QUARTER), Fraction(length, _QUARTER)
                yield Note(onset, duration, spelled(key), tied=at > 0 and voice[at - 1] == key)
            at += length


def _values(sixteenths: int) -> Iterator[int]:
    """Notated values that make up a length, the longest first."""
    while sixteenths:
        longest = next(n for n in _NOTATED if n <= sixteenths)
        yield longest
        sixteenths -= longest


def grid(score: EncodedScore) -> Array:
    """The grid (sixteenths, parts) that a chorale was made of."""
    rows = np.full((round(_QUARTER * float(score.starts[-1])), len(score.parts)), REST, np.int16)
    for row in score.notes:
        note = decode_note(*(int(x) for x in row[N_ONSET:]))
        start = round(_QUARTER * (float(score.starts[row[MEASURE]]) + note.onset))
        rows[start : start + int(_QUARTER * note.duration), row[PART]] = note.pitch.midi
    return rows
