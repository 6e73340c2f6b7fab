"""Pieces into cells, by the rules that the Transformer keeps: what they forbid is moved, shortened or left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from engine.musegan.notation import Piece
from engine.score import Note, NoteValue, first_voice, home_staff
from engine.transformer.cell import CellState
from engine.transformer.rules import Allowed, RuleSet, keys_and_steps
from engine.vocabulary import DURATION, ONSET, PITCH, VOICE, Position

_SPELT = (
    2.5  # place on the line of fifths, in a key without accidentals, around which its twelve keys are spelt
)
_FAR = 1000

_DURATIONS = np.array([0.0] + [float(value.duration) for value in DURATION.values])
_NAMES = np.array([_FAR] + [abs(pitch.fifths - _SPELT) for pitch in PITCH.values])

Wanted = tuple[Fraction, NoteValue, int, int, bool]  # onset, value, voice of the part, MIDI key, tied


def write(cell: CellState, rules: RuleSet, pieces: Sequence[tuple[int, Piece]]) -> None:
    """Fill ``cell`` with the pieces of its staves (staff, piece), and with what its frame gives."""
    for wanted in sorted(_wanted(cell, pieces), key=_order):
        while (given := cell.next_given) and _order(wanted) >= _order(_as_wanted(given, wanted[3])):
            _add(cell, rules, _as_wanted(given, wanted[3]))
        _add(cell, rules, wanted)
    while given := cell.next_given:
        middle = (cell.instrument.low + cell.instrument.high) // 2
        _add(cell, rules, _as_wanted(given, cell.last.pitch.midi if cell.last else middle))


def _wanted(cell: CellState, pieces: Sequence[tuple[int, Piece]]) -> Iterator[Wanted]:
    """The notes of the pieces that stand where the cell is open."""
    for staff, piece in pieces:
        if any(start <= piece.onset and piece.end <= end for start, end in cell.frame.open):
            for key in piece.keys:
                yield piece.onset, piece.value, first_voice(staff) + piece.voice, key, piece.tied


def _as_wanted(note: Note, key: int) -> Wanted:
    value = NoteValue.from_duration(note.duration, note.tuplet)
    if value is None:
        raise KeyError(note.duration)
    return note.onset, value, note.voice, key, note.tied


def _order(wanted: Wanted) -> tuple[Fraction, int, int, int]:
    """As ``engine.score.note_order``."""
    onset, _, voice, key, _ = wanted
    return onset, -home_staff(voice), voice, key


def _add(cell: CellState, rules: RuleSet, wanted: Wanted) -> None:
    """The note as it is wanted, or as near to it as the rules let it be, or not at all."""
    onset, value, voice, key, tied = wanted
    if not (rules.onsets(cell)[ONSET.get(Position(onset))] and rules.voices(cell, onset)[VOICE.get(voice)]):
        return
    durations = rules.durations(cell, onset, voice)
    duration = DURATION.id(value)
    if not durations[duration]:
        shorter = durations & (_DURATIONS[duration] >= _DURATIONS)
        if not shorter.any():
            return
        duration = int(np.flatnonzero(shorter)[_DURATIONS[shorter].argmax()])
    pitch_id = _nearest(rules.pitches(cell, onset, voice), rules, key, cell.heard(onset))
    pitch, value = rules.pitch(cell, onset, pitch_id), DURATION.value(duration)
    staff = home_staff(voice)
    if cell.given_at(onset):
        given = cell.take(pitch).note
        staff, tied = given.staff, given.tied
    else:
        tied = tied and cell.continues(onset, voice, pitch)
    cell.add(Note(onset, value.duration, pitch, voice, staff, value.tuplet, tied))


def _nearest(allowed: Allowed, rules: RuleSet, key: int, heard: set[int]) -> int:
    """The allowed pitch that is that key, else the same in another octave, else one that is heard, else the nearest."""
    midi, _ = keys_and_steps(rules.shift)
    classes = np.isin(midi % 12, [other % 12 for other in heard])
    price = np.abs(midi - key) + _FAR * (midi % 12 != key % 12) + _FAR * ~(classes | (midi % 12 == key % 12))
    order = np.lexsort((_NAMES, price))
    return int(order[allowed[order]][0])
