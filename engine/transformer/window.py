"""From an encoded score and a mask to the rows that the network reads.

Every window is moved by one interval to a signature without accidentals, spelling included, so that
the network meets each piece as in every key at once; what it writes is moved back. Notes are rows of
``engine.transformer.columns``; times are quarters from the first measure of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.encoding import (
    C_KIND,
    C_MEASURE,
    C_ONSET,
    C_ROOT,
    M_KEY,
    MEASURE,
    N_DIATONIC,
    N_DURATION,
    N_MIDI,
    N_ONSET,
    N_STAFF,
    N_TIED,
    N_VOICE,
    PART,
    Array,
    EncodedScore,
)
from engine.pitch import Interval, Pitch
from engine.transformer.columns import (
    D_,
    DECODER,
    E_,
    ENCODER,
    HINTS,
    KINDS,
    SLOTS,
    T_,
    TARGETS,
    onset_parts,
    onset_quarters,
    pitch_parts,
)
from engine.transformer.recall import Hints, Played, Recall
from engine.vocabulary import (
    ALTERS,
    DENSITY,
    END,
    ONSET,
    PITCH,
    POLYPHONY,
    REGISTER,
    START,
    nearest_id,
    step_id,
)

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Random = np.random.Generator

START_ID, END_ID = ONSET.id(START), ONSET.id(END)
QUARTER_OF, SUB_OF = onset_parts()
QUARTERS_OF = onset_quarters()
CHROMA_OF, HEIGHT_OF = pitch_parts()
# The same for one row at a time: numpy is slow with single numbers.
_QUARTERS, _SUBS, _CHROMAS, _HEIGHTS = (x.tolist() for x in (QUARTER_OF, SUB_OF, CHROMA_OF, HEIGHT_OF))
_NATURAL = np.array([12 * (d // 7 + 1) + (0, 2, 4, 5, 7, 9, 11)[d % 7] for d in range(-14, 90)], np.int16)
HINT_COLUMNS = slice(D_[HINTS[0]], D_[HINTS[-1]] + 1)
_NOWHERE = 18  # id of ``echo next quarter`` where the measure ended
_HIGHEST = PITCH.values[-1].diatonic  # number of the last staff step of the vocabulary


def canonical(fifths: int, upwards: bool | None = None) -> Interval:
    """The interval that takes a signature of ``fifths`` to none: the smaller one, or that in the given direction."""
    chromatic = (-7 * fifths) % 12
    if upwards is False or (upwards is None and chromatic > 6):
        chromatic -= 12 if chromatic else 0
    return Interval((7 * chromatic + fifths) // 12, chromatic)


def pitch_ids(diatonic: Array, midi: Array, shift: Interval) -> Array:
    """Ids of pitches after ``shift``; respelled by a step where more than two accidentals were needed."""
    steps, sounds = diatonic + shift.diatonic, midi + shift.chromatic
    for _ in range(2):
        alter = sounds - _NATURAL[np.clip(steps + 14, 0, len(_NATURAL) - 1)]
        steps = steps + (alter > 2) - (alter < -2)
    alter = sounds - _NATURAL[np.clip(steps + 14, 0, len(_NATURAL) - 1)]
    known = (steps >= 0) & (steps <= _HIGHEST) & (np.abs(alter) <= 2)
    return np.where(known, steps * len(ALTERS) + alter - ALTERS[0] + 1, 0).astype(np.int16)


def concert(pitch: Pitch, shift: Interval) -> Pitch:
    """The network's pitch moved back; respelled where that would take more than two accidentals."""
    moved = pitch.transposed(-shift)
    while abs(moved.alter) > 2:
        moved = Pitch.from_diatonic(moved.diatonic + (1 if moved.alter > 0 else -1), moved.midi)
    return moved


@dataclass(slots=True)
class Window:
    """Measures ``first`` to ``last`` (exclusive) of a score with the cells of ``mask`` to be written.

    ``mask``: (last - first, n_parts). ``heard``: (n_parts,) parts whose known cells are read.
    ``controls``: (n_parts, 5) ids of ``columns.CONTROLS`` per part.
    """

    score: EncodedScore
    first: int
    last: int
    mask: Mask
    heard: Mask
    controls: Array
    shift: Interval


def gathered(score: EncodedScore, measures: Sequence[int]) -> EncodedScore:
    """A score of just these measures, in this order; each at most once."""
    where = np.full(len(score.measures), -1, np.int16)
    where[list(measures)] = np.arange(len(measures), dtype=np.int16)
    lengths = np.diff(score.starts)[list(measures)]
    starts = np.concatenate([[0.0], np.cumsum(lengths, dtype=np.float64)]).astype(np.float32)
    notes, chords = _moved(score.notes, where), _moved(score.chords, where)
    return EncodedScore(notes, score.measures[list(measures)], starts, score.parts, chords)


def with_parts(score: EncodedScore, parts: Sequence[int]) -> EncodedScore:
    """A score of just these parts, given in rising order."""
    notes = score.notes[np.isin(score.notes[:, PART], parts)].copy()
    notes[:, PART] = np.searchsorted(parts, notes[:, PART])
    return EncodedScore(notes, score.measures, score.starts, score.parts[list(parts)], score.chords)


def _moved(rows: Array, where: Array) -> Array:
    """Rows of notes or chords with their measures renumbered, without those that have no new number."""
    new = where[rows[:, MEASURE]]
    rows = rows.copy()
    rows[:, MEASURE] = new
    order = np.argsort(new, kind="stable")
    return rows[order[new[order] >= 0]]


class Likeness(NamedTuple):
    """What notes are like, by and large."""

    density: float  # onsets per quarter
    polyphony: float  # notes struck together, by the fullest chords but one in ten
    register: float  # mean MIDI key

    @classmethod
    def of(cls, notes: Array, quarters: float) -> Likeness:
        """Of rows of ``EncodedScore.notes``, at least one, in that time."""
        onsets, together = np.unique(notes[:, [MEASURE, N_ONSET]], axis=0, return_counts=True)
        density, polyphony = len(onsets) / max(quarters, 1.0), float(np.quantile(together, 0.9))
        return cls(density, polyphony, float(notes[:, N_MIDI].mean()))

    def ids(self, chromatic: int) -> tuple[int, int, int]:
        """Ids of the controls of these names, the register's moved by ``chromatic`` semitones."""
        return (
            step_id(DENSITY.values, self.density),
            step_id(POLYPHONY.values, int(self.polyphony)),
            nearest_id(REGISTER.values, self.register + chromatic),
        )


def _span(column: Array, first: int, last: int) -> slice:
    lo, hi = np.searchsorted(column, [first, last])
    return slice(int(lo), int(hi))


def _measure_columns(window: Window, measures: Array) -> Array:
    """beats, unit, length and key ids of the given measures."""
    rows = window.score.measures[measures].copy()
    rows[:, M_KEY] = np.clip(rows[:, M_KEY] + window.shift.fifths, -14, 14) + 15
    return rows


def encoder_rows(window: Window) -> tuple[Array, Floats]:
    """What is known: ids (length, len(ENCODER)) and positions (length, 3)."""
    blocks = [_measure_rows(window), _cell_rows(window), _chord_rows(window), _known_rows(window)]
    ids = np.concatenate([ids for ids, _ in blocks])
    return ids, np.concatenate([_positions(window, m, ids[:, E_["onset"]]) for (ids, m) in blocks])


def _blank(kind: str, n: int) -> Array:
    rows = np.zeros((n, len(ENCODER)), np.int16)
    rows[:, E_["kind"]] = KINDS.index(kind) + 1
    return rows


def _measure_rows(window: Window) -> tuple[Array, Array]:
    measures = np.arange(window.first, window.last, dtype=np.int16)
    rows = _blank("measure", len(measures))
    rows[:, E_["beats"] : E_["key"] + 1] = _measure_columns(window, measures)
    return rows, measures


def _cell_rows(window: Window) -> tuple[Array, Array]:
    where = np.argwhere(window.mask).astype(np.int16)
    rows = _blank("cell", len(where))
    rows[:, E_["instrument"]] = window.score.parts[where[:, 1]]
    rows[:, E_["slot"]] = np.minimum(where[:, 1] + 1, SLOTS)
    return rows, where[:, 0] + window.first


def _chord_rows(window: Window) -> tuple[Array, Array]:
    chords = window.score.chords
    chords = chords[_span(chords[:, C_MEASURE], window.first, window.last)]
    rows = _blank("chord", len(chords))
    rows[:, E_["onset"]] = chords[:, C_ONSET]
    rows[:, E_["root"]] = np.clip(chords[:, C_ROOT] + window.shift.fifths, -15, 19) + 16
    rows[:, E_["chord"]] = chords[:, C_KIND]
    return _placed(rows, E_), chords[:, C_MEASURE]


def _known_rows(window: Window) -> tuple[Array, Array]:
    notes = window.score.notes
    notes = notes[_span(notes[:, MEASURE], window.first, window.last)]
    known = ~window.mask[notes[:, MEASURE] - window.first, notes[:, PART]] & window.heard[notes[:, PART]]
    notes = notes[known]
    rows = _blank("note", len(notes))
    rows[:, E_["onset"]] = notes[:, N_ONSET]
    rows[:, E_["voice"] : E_["tied"] + 1] = _note_columns(notes, window.shift)
    rows[:, E_["instrument"]] = window.score.parts[notes[:, PART]]
    rows[:, E_["slot"]] = np.minimum(notes[:, PART] + 1, SLOTS)
    return _placed(rows, E_), notes[:, MEASURE]


def _note_columns(notes: Array, shift: Interval) -> Array:
    """voice, duration, pitch, chroma, height, staff, tied of rows of ``EncodedScore.notes``."""
    pitch = pitch_ids(notes[:, N_DIATONIC], notes[:, N_MIDI], shift)
    voice, duration, staff, tied = (notes[:, c] for c in (N_VOICE, N_DURATION, N_STAFF, N_TIED))
    return np.stack([voice, duration, pitch, CHROMA_OF[pitch], HEIGHT_OF[pitch], staff, tied], axis=1)


def _placed(rows: Array, columns: dict[str, int]) -> Array:
    rows[:, columns["quarter"]] = QUARTER_OF[rows[:, columns["onset"]]]
    rows[:, columns["sub"]] = SUB_OF[rows[:, columns["onset"]]]
    return rows


def _positions(window: Window, measures: Array, onset_ids: Array) -> Floats:
    onset = QUARTERS_OF[onset_ids]
    start = window.score.starts[measures] - window.score.starts[window.first]
    return np.stack([start + onset, onset, measures - window.first], axis=1).astype(np.float32)


def cell_columns(window: Window, measures: Array, parts: Array) -> Array:
    """The decoder columns that are the same for all events of a cell: instrument to the controls."""
    instrument = window.score.parts[parts][:, None]
    slot = np.minimum(parts + 1, SLOTS)[:, None]
    rows = (instrument, slot, _measure_columns(window, measures), window.controls[parts])
    return np.concatenate(rows, axis=1).astype(np.int16)


def decoder_rows(window: Window) -> tuple[Array, Floats, Array]:
    """What is to be written, for training: ids (length, len(DECODER)), positions (length, 3), targets (length, 6).

    One row opens each cell, one follows for each note; the row of a note knows where that note stands and
    is scored on the rest of it, then on where the next event stands. A target of 0 is not scored: so it is for a
    tie where nothing is held that could be tied.
    """
    notes, opens = _events(window)
    n = len(notes)
    rows = np.zeros((n, len(DECODER)), np.int16)
    columns = _note_columns(notes, window.shift)
    columns[opens] = 0
    rows[1:, : columns.shape[1]] = columns[:-1]
    rows[:, D_["onset"]] = np.where(opens, START_ID, notes[:, N_ONSET])
    rows[:, D_["voice"]] = columns[:, 0]
    hints, may_tie = _recalled(window, notes, columns, opens)
    rows[:, HINT_COLUMNS] = hints
    rows[:, D_["instrument"] :] = cell_columns(window, notes[:, MEASURE], notes[:, PART])
    _placed(rows, D_)
    targets = _targets(columns, notes, opens)
    targets[~may_tie, T_["tied"]] = 0
    return rows, _positions(window, notes[:, MEASURE], rows[:, D_["onset"]]), targets


def hint_ids(hints: Hints) -> tuple[int, ...]:
    """The ids of the columns ``HINTS``."""
    held, pitch, duration, place = hints
    quarter = _NOWHERE if place == END_ID else _QUARTERS[place]
    return (
        _CHROMAS[held],
        _HEIGHTS[held],
        _CHROMAS[pitch],
        _HEIGHTS[pitch],
        duration,
        quarter,
        _SUBS[place],
    )


def _recalled(window: Window, events: Array, columns: Array, opens: Mask) -> tuple[Array, Mask]:
    """For each event the ids of what it is told of, (n, len(HINTS)), and whether it could be tied to what is held."""
    hints = np.zeros((len(events), len(HINTS)), np.int16)
    may_tie = np.zeros(len(events), np.bool_)
    recall = Recall(None, 0.0)
    for i, note in enumerate(_played(events, columns[:, 2])):
        if opens[i]:
            measure, part = int(events[i, MEASURE]), int(events[i, PART])
            before = window.score.notes[_span(window.score.notes[:, MEASURE], measure - 1, measure)]
            recall = recall_of(window, measure, before[before[:, PART] == part])
            hints[i] = hint_ids(recall.hints(START_ID, 0))
        else:
            hints[i] = hint_ids(recall.hints(note.onset, note.voice))
            may_tie[i] = recall.continues(note.onset, note.voice, note.pitch)
            recall.add(note)
    return hints, may_tie


def recall_of(window: Window, measure: int, before: Array) -> Recall:
    """At the start of a cell; ``before``: rows of ``EncodedScore.notes``, of its part's cell before.

    The first measure of a window knows of none before it.
    """
    if measure == window.first:
        return Recall(None, 0.0)
    pitch = pitch_ids(before[:, N_DIATONIC], before[:, N_MIDI], window.shift)
    starts = window.score.starts
    return Recall(_played(before, pitch), float(starts[measure] - starts[measure - 1]))


def _played(notes: Array, pitch: Array) -> list[Played]:
    """Rows of ``EncodedScore.notes``, and the ids of their pitches, as ``recall`` has them."""
    columns = (notes[:, N_ONSET], notes[:, N_VOICE], notes[:, N_DURATION], pitch)
    return [Played(*row) for row in np.stack(columns, axis=1).tolist()]


def _events(window: Window) -> tuple[Array, Mask]:
    """Rows like those of ``EncodedScore.notes``, with one more at the front of each masked cell; which those are."""
    notes = window.score.notes
    notes = notes[_span(notes[:, MEASURE], window.first, window.last)]
    notes = notes[window.mask[notes[:, MEASURE] - window.first, notes[:, PART]]]
    where = np.argwhere(window.mask)
    openers = np.zeros((len(where), notes.shape[1]), np.int16)
    openers[:, MEASURE], openers[:, PART] = where[:, 0] + window.first, where[:, 1]
    both = np.concatenate([openers, notes])
    place = both[:, MEASURE].astype(np.int64) * len(window.score.parts) + both[:, PART]
    order = np.argsort(place, kind="stable")  # openers stand first in ``both``, so first in each cell
    return both[order], order < len(openers)


def _targets(columns: Array, notes: Array, opens: Mask) -> Array:
    targets = np.zeros((len(notes), len(TARGETS)), np.int16)
    voice, duration, pitch, _, _, staff, tied = columns.T
    for name, values in (("duration", duration), ("pitch", pitch), ("staff", staff), ("tied", tied)):
        targets[:, T_[name]] = values
    last_of_cell = np.append(opens[1:], True)
    targets[:, T_["next onset"]] = np.where(last_of_cell, END_ID, np.append(notes[1:, N_ONSET], 0))
    targets[:, T_["next voice"]] = np.where(last_of_cell, 0, np.append(voice[1:], 0))
    return targets
