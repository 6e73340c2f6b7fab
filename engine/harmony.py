"""Chord symbols found in the notes, so that a model can learn to follow those that a composer writes.

Each beat's pitch classes, weighted by duration, are compared with templates of common chords; the cheapest
course through them, with a price for every change, gives the symbols (template matching with a Viterbi
search, after Pardo and Birmingham, "Algorithms for Chordal Analysis", 2002).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.chords import TONES
from engine.encoding import (
    CHORD_COLUMNS,
    M_KEY,
    MEASURE,
    N_DIATONIC,
    N_DURATION,
    N_MIDI,
    N_ONSET,
    PART,
    Array,
    EncodedScore,
)
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import ChordSymbol, Measure
from engine.vocabulary import CHORD_KIND, DURATION_QUARTERS, ONSET, ONSET_QUARTERS, Position

Floats = npt.NDArray[np.float64]

_KINDS = (
    "major",
    "minor",
    "dominant",
    "minor-seventh",
    "major-seventh",
    "diminished",
    "half-diminished",
    "diminished-seventh",
    "augmented",
)
_CHANGE = 1.0  # price of a new symbol, in quarters of sound that fits no better
_MISS = 0.7  # price of a quarter that sounds outside the chord
_ABSENT = 0.15  # price of each tone of the chord that does not sound in a beat
_BASS = 0.4  # reward for a root in the bass

_ONSETS, _LENGTHS = (np.array(table, np.float64) for table in (ONSET_QUARTERS, DURATION_QUARTERS))
_CHORDS = [(root, kind) for kind in _KINDS for root in range(12)]
_TEMPLATES = np.zeros((len(_CHORDS), 12))
for _i, (_root, _kind) in enumerate(_CHORDS):
    _TEMPLATES[_i, [(_root + step) % 12 for step in TONES[_kind]]] = 1.0
_ROOTS = np.array([root for root, _ in _CHORDS])


def label_chords(score: EncodedScore) -> Array:
    """Rows like those of ``EncodedScore.chords``, one where the harmony changes, at quarters of the measure."""
    places = _beats(score)
    if not len(places) or not len(score.notes):
        return np.zeros((0, CHORD_COLUMNS), np.int16)
    sound, bass = _sound(score, places)
    course = _best_course(_fitness(sound, bass))
    silent = sound.sum(1) == 0
    rows, last = [], -1
    for beat, chord in enumerate(course):
        if chord != last and not silent[beat]:
            root, kind = _CHORDS[chord]
            measure, quarter = places[beat]
            onset = ONSET.id(Position(Fraction(quarter)))
            rows.append((measure, onset, _spelled(score, int(measure), root), CHORD_KIND.id(kind)))
            last = chord
    return np.array(rows, np.int16).reshape(-1, CHORD_COLUMNS)


def with_symbols(measures: Sequence[Measure], rows: Array) -> list[Measure]:
    """The measures with the chord symbols of rows of ``EncodedScore.chords``, and those that they have."""
    symbols: defaultdict[int, list[ChordSymbol]] = defaultdict(list)
    for measure, onset, root, kind in rows.tolist():
        name = Pitch.from_fifths(root, 4).name
        symbols[measure].append(ChordSymbol(ONSET.value(onset).quarters, name, CHORD_KIND.value(kind)))
    return [replace(measure, chords=(*measure.chords, *symbols[i])) for i, measure in enumerate(measures)]


def _beats(score: EncodedScore) -> list[tuple[int, int]]:
    """(measure, quarter in it) of every quarter of the score."""
    lengths = np.ceil(np.diff(score.starts)).astype(int)
    return [(m, q) for m, n in enumerate(lengths) for q in range(min(int(n), 16))]


def _sound(score: EncodedScore, places: list[tuple[int, int]]) -> tuple[Floats, npt.NDArray[np.int_]]:
    """Quarters of sound of each pitch class in each beat (beats, 12), and each beat's lowest MIDI key (999: none)."""
    starts = np.array([score.starts[m] + q for m, q in places])
    ends = np.append(starts[1:], score.starts[-1])
    notes = score.notes[score.parts[score.notes[:, PART]] > 0]
    begin = score.starts[notes[:, MEASURE]] + _ONSETS[notes[:, N_ONSET]]
    finish = begin + _LENGTHS[notes[:, N_DURATION]]
    sound, bass = np.zeros((len(places), 12)), np.full(len(places), 999)
    first = np.maximum(np.searchsorted(starts, begin, side="right") - 1, 0)
    for later in range(16):  # beats that a note lasts on into
        beat = first + later
        inside = beat < len(places)
        beat = np.minimum(beat, len(places) - 1)
        overlap = np.minimum(finish, ends[beat]) - np.maximum(begin, starts[beat])
        held = inside & (overlap > 1e-6)
        if not held.any():
            break
        np.add.at(sound, (beat[held], notes[held, N_MIDI] % 12), np.minimum(overlap[held], 1.0))
        np.minimum.at(bass, beat[held], notes[held, N_MIDI])
    return sound, bass


def _fitness(sound: Floats, bass: npt.NDArray[np.int_]) -> Floats:
    """How well each chord explains each beat: (beats, chords)."""
    heard = np.minimum(sound, 1.5)  # a doubled or repeated tone says little more
    fits = heard @ _TEMPLATES.T
    misses = heard.sum(1, keepdims=True) - fits
    absent = (sound == 0).astype(float) @ _TEMPLATES.T
    rooted = (bass[:, None] % 12 == _ROOTS[None]) & (bass[:, None] < 999)
    result: Floats = fits - _MISS * misses - _ABSENT * absent + _BASS * rooted
    return result


def _best_course(fitness: Floats) -> list[int]:
    score, back = fitness[0].copy(), []
    for row in fitness[1:]:
        best = int(score.argmax())
        moved = score[best] - _CHANGE > score
        back.append(np.where(moved, best, np.arange(len(score))))
        score = np.where(moved, score[best] - _CHANGE, score) + row
    course = [int(score.argmax())]
    for step in reversed(back):
        course.append(int(step[course[-1]]))
    return course[::-1]


def _spelled(score: EncodedScore, measure: int, root: int) -> int:
    """The root on the line of fifths: as the notes of its measure spell it, else nearest to the key."""
    lo, hi = np.searchsorted(score.notes[:, MEASURE], [measure, measure + 1])
    for note in score.notes[lo:hi]:
        if note[N_MIDI] % 12 == root:
            return Pitch.from_diatonic(int(note[N_DIATONIC]), int(note[N_MIDI])).fifths
    centre = int(score.measures[measure, M_KEY]) + 2
    return min((f for f in range(-15, 20) if 7 * f % 12 == root), key=lambda f: abs(f - centre))
