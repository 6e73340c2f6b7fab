"""Pieces into cells, by the rules that the Transformer keeps: what they forbid is moved, shortened or left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from engine.exact import Fraction
from engine.frames import Frame, Place, frames_of
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Passage, Sampling, WrittenCell
from engine.pitch import Pitch
from engine.returns import earlier_of
from engine.score import Cell, Note, NoteValue, first_voice, home_staff
from engine.sounds.notation import Piece
from engine.sounds.rolls import LENGTHS
from engine.transformer.cell import CellState, Held, held_into, held_over, untied
from engine.transformer.choir import Choir, around
from engine.transformer.rules import RuleSet, keys_and_steps
from engine.transformer.values import Allowed
from engine.transformer.window import canonical
from engine.vocabulary import DURATION, ONSET, PITCH, VOICE, Position

_SPELT = (
    2.5  # place on the line of fifths, in a key without accidentals, around which its twelve keys are spelt
)
_FAR = 1000

_NAMES = np.array([_FAR] + [abs(pitch.fifths - _SPELT) for pitch in PITCH.values])

Cells = dict[tuple[int, int], Cell]  # by (measure, part)
Staffed = tuple[int, Piece]  # a staff, and what is written on it
Wanted = tuple[Fraction, NoteValue, int, int, bool]  # onset, value, voice of the part, MIDI key, tied


def write_cells(
    passage: Passage, controls: Controls, sampling: Sampling, pieces: Mapping[Place, Sequence[Staffed]]
) -> Iterator[WrittenCell]:
    """The masked cells of a passage of whole parts (see ``engine.staves``) in order; ``pieces`` by (part, measure)."""
    yield from _Writing(passage, controls, sampling).cells(pieces)


class _Writing:
    """The cells of a passage while they are written, in order."""

    def __init__(self, passage: Passage, controls: Controls, sampling: Sampling) -> None:
        self.passage, self.controls = passage, controls
        self._frames = frames_of(passage, controls, sampling.seed)
        self._earlier = earlier_of(passage, controls, sampling.seed)
        self._decided: defaultdict[int, dict[int, Pitch]] = defaultdict(dict)  # by part
        self._done: Cells = {}
        self._held: dict[tuple[int, int], Held] = {}  # by (measure, part)

    def cells(self, pieces: Mapping[Place, Sequence[Staffed]]) -> Iterator[WrittenCell]:
        for measure, part in sorted((measure, part) for part, measure in self.passage.mask):
            place = part, measure
            if self._frames[place].settled:
                self._done[measure, part] = self.passage.score.parts[part].cells[measure]
            elif (notes := self._returning(part, measure)) is not None:
                self._done[measure, part] = untied(notes, held_into(self.passage, self._held, measure, part))
                self._held[measure, part] = held_over(notes, self.passage.score.measures[measure])
            else:
                cell = self._cell(measure, part, self._frames[place])
                key = self.passage.score.measures[measure].key.fifths
                write(cell, RuleSet(canonical(key)), pieces.get(place, ()))
                self._done[measure, part], self._held[measure, part] = cell.finished, cell.left_sounding
            yield WrittenCell(part, measure, self._done[measure, part])

    def _returning(self, part: int, measure: int) -> Cell | None:
        """What a cell has again, unless it is a voice's of a choir that would come in parallel with another."""
        if (part, measure) not in self._earlier:
            return None
        notes = self._known(self._earlier[part, measure], part)
        return None if Choir.around(self.passage, self._done, measure, part).forbids(notes) else notes

    def _known(self, measure: int, part: int) -> Cell:
        return self._done.get((measure, part), self.passage.score.parts[part].cells[measure])

    def _cell(self, measure: int, part: int, frame: Frame) -> CellState:
        passage, score = self.passage, self.passage.score
        return CellState(
            score.measures[measure],
            INSTRUMENTS[score.parts[part].instrument],
            self.controls,
            held_into(self.passage, self._held, measure, part),
            staves=passage.staves_of(part),
            frame=frame,
            decided=self._decided[part],
            choir=Choir.around(passage, self._done, measure, part),
            around=around(passage, self._done, measure, part),
        )


def write(cell: CellState, rules: RuleSet, pieces: Sequence[Staffed]) -> None:
    """Fill ``cell`` with the pieces of its staves, and with what its frame gives.

    A given note whose pitch is free gets what the pieces of its staff have there.
    """
    for wanted in sorted(_wanted(cell, pieces), key=_order):
        while (given := cell.next_given) and _order(wanted) >= _order(_as_wanted(given, wanted[3])):
            _add(cell, rules, _as_wanted(given, _meant(cell, given, pieces)))
        _add(cell, rules, wanted)
    while given := cell.next_given:
        _add(cell, rules, _as_wanted(given, _meant(cell, given, pieces)))


def _wanted(cell: CellState, pieces: Sequence[Staffed]) -> Iterator[Wanted]:
    """The notes of the pieces that stand where the cell is open."""
    for staff, piece in pieces:
        if any(start <= piece.onset and piece.end <= end for start, end in cell.frame.open):
            for key in piece.keys:
                yield piece.onset, piece.value, first_voice(staff) + piece.voice, key, piece.tied


def _meant(cell: CellState, given: Note, pieces: Sequence[Staffed]) -> int:
    """The key for a given note: the highest free one of those that sound there, else that of the note before."""
    taken = {note.pitch.midi for note in cell.sounding(given.onset) if note.onset == given.onset}
    here = [
        key
        for staff, piece in pieces
        if staff == home_staff(given.voice) and piece.onset <= given.onset < piece.end
        for key in piece.keys
        if key not in taken
    ]
    middle = (cell.instrument.low + cell.instrument.high) // 2
    return max(here, default=cell.last.pitch.midi if cell.last else middle)


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
        shorter = durations & (LENGTHS[duration] >= LENGTHS)
        if not shorter.any():
            return
        duration = int(np.flatnonzero(shorter)[LENGTHS[shorter].argmax()])
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
