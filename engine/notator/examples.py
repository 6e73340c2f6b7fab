"""Examples to learn from: the parts of works, their sounds as features, and where their own pages place them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.encoding import M_BEATS, M_KEY, M_UNIT, MEASURE, N_ONSET, PART, EncodedScore
from engine.exact import Fraction
from engine.notator.features import features, measure_at, ticks
from engine.notator.sounds import LOWEST_NAME, NAMES, Placed, pages_of
from engine.note_ids import decode_note
from engine.score import Key, Measure, Metre, Note, Part
from engine.training.works import Work
from engine.vocabulary import BEATS, INSTRUMENT, UNIT

Array = npt.NDArray[np.int16]

MOST_STAVES = 2
_FINEST = 48  # pieces of a quarter in which measures are measured


@dataclass(frozen=True, slots=True)
class Example:
    """``rows`` (n, columns) as ``features`` makes them; ``answers`` (n, 3): name, 1 on staff 2, rank."""

    rows: Array
    answers: Array
    alone: bool  # one staff of two


def examples_of(work: Work) -> Iterator[Example]:
    """Every part of a work; that of two staves also as two parts of one."""
    measures = measures_of(work.score)
    for part, placed, heard in pages_of(parts_of(work.score), measures):
        if part.staves > MOST_STAVES:
            continue
        alone = [[p for p in placed if p.staff == staff] for staff in range(1, part.staves + 1)]
        for notes, staves in [(placed, part.staves)] + [(notes, 1) for notes in alone if part.staves > 1]:
            if notes:
                yield Example(*_arrays(notes, measures, staves, heard), staves < part.staves)


def parts_of(score: EncodedScore) -> Iterator[Part]:
    """The parts that are listened to and have notes, with as many staves as they use."""
    for index in np.flatnonzero(score.parts):
        rows = score.notes[score.notes[:, PART] == index]
        cells: list[list[Note]] = [[] for _ in score.measures]
        for row in rows.tolist():
            cells[row[MEASURE]].append(decode_note(*row[N_ONSET:]))
        staves = max((note.staff for cell in cells for note in cell), default=0)
        if staves:
            name = INSTRUMENT.value(int(score.parts[index]))
            yield Part(f"P{index + 1}", name, name, staves, tuple(map(tuple, cells)))


def measures_of(score: EncodedScore) -> list[Measure]:
    """The measures with what the features read of them."""
    lengths = np.rint(np.diff(score.starts.astype(np.float64)) * _FINEST).astype(int).tolist()
    return [
        Measure(
            str(i),
            Fraction(length, _FINEST),
            Metre(BEATS.value(row[M_BEATS] or 4), UNIT.value(row[M_UNIT] or 3)),
            Key(row[M_KEY]),
        )
        for i, (row, length) in enumerate(zip(score.measures.tolist(), lengths, strict=True), 1)
    ]


def _arrays(
    placed: Sequence[Placed], measures: Sequence[Measure], staves: int, heard: Sequence[Placed]
) -> tuple[Array, Array]:
    sounds = [p.sound for p in placed]
    index, _ = measure_at(ticks([sound.onset for sound in sounds]), measures)
    fifths = [measures[i].key.fifths for i in index]
    names = [p.pitch.fifths - k - LOWEST_NAME for p, k in zip(placed, fifths, strict=True)]
    answers = [np.clip(names, 0, NAMES - 1), [p.staff - 1 for p in placed], [p.rank for p in placed]]
    return features(sounds, measures, staves, heard).astype(np.int16), np.stack(answers, axis=1).astype(
        np.int16
    )
