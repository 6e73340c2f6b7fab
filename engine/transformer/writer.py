"""Writing the masked cells of one window, note by note."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from engine.encoding import Array, encoded_notes
from engine.score import Note, home_staff
from engine.transformer.cell import CellState
from engine.transformer.columns import LAST, TARGETS
from engine.transformer.guidance import Reading, States
from engine.transformer.leaning import Floats, Leaning
from engine.transformer.numpy_network import Floats as State
from engine.transformer.recall import Played
from engine.transformer.rules import RuleSet, only
from engine.transformer.sampling import PITCH, RHYTHM, TIE, Manner, Sampler
from engine.transformer.values import Allowed
from engine.transformer.window import (
    CHROMA_OF,
    HEIGHT_OF,
    START_ID,
)
from engine.transformer.writing_network import Memory, WritingNetwork
from engine.vocabulary import DURATION, END, ONSET, STAFF, TIED, VOICE

MAX_ROWS = 4096  # of one window; a cell that would go beyond it ends, but for what is given

_REDUCED = {
    DURATION.id(value): DURATION.id(replace(value, tuplet=value.tuplet.reduced))
    for value in DURATION.values
    if value.tuplet.reduced != value.tuplet and replace(value, tuplet=value.tuplet.reduced) in DURATION
}
_GONE = list(_REDUCED)
_SAME = [[id, *(other for other, same in _REDUCED.items() if same == id)] for id in range(len(DURATION))]
_MERGED = np.array(list(zip_longest(*_SAME, fillvalue=len(DURATION)))).T  # (ids, those that count as one)

_NOTE = TARGETS[:4]  # fields; those after them say where the next event stands

Place = tuple[int, int]  # ids of onset and voice


class Row(NamedTuple):
    """What a network is to see next of one window: ids (C,), position (3,), and what it looks at."""

    network: WritingNetwork
    ids: Array
    at: State
    memory: Memory


Rows = Generator[Row, State, None]  # each is answered by the network's state (width,) after it


class WindowWriter:
    """Writes the cells of one window, which is that of the first of some readings; ``write`` is called in order."""

    def __init__(self, readings: Sequence[Reading], sampler: Sampler) -> None:
        self.readings, self.window, self.sampler = readings, readings[0].window, sampler
        self.rules, self.leaning = RuleSet(self.window.shift), Leaning(self.window.shift)
        self._last = np.zeros(len(LAST), np.int16)

    def write(self, measure: int, part: int, cell: CellState) -> Rows:
        """Fill ``cell``, one row for its start and one for each note; indices are those of the score."""
        self._open(measure, part, cell)
        h = self._without_note((yield from self._states(measure, START_ID, 0)))
        while (place := self._next_place(h, cell)) and (self._rows < MAX_ROWS or cell.next_given):
            h = yield from self._states(measure, *place)
            h, note = self._note(h, cell, *place)
            cell.add(note)

    def _open(self, measure: int, part: int, cell: CellState) -> None:
        before = encoded_notes(cell.before)
        for reading in self.readings:
            reading.open(measure, part, before)

    @property
    def _rows(self) -> int:
        return self.readings[0].memory.rows

    def _states(self, measure: int, onset: int, voice: int) -> Generator[Row, State, States]:
        """What the networks make of the next row: after the last event, at this place."""
        states = []
        for reading in self.readings:
            row = reading.row(self._last, onset, voice)
            states.append((yield Row(reading.network, row, reading.position(measure, onset), reading.memory)))
        if onset == START_ID:
            self._last = np.zeros(len(LAST), np.int16)
        return States(self.readings, states)

    def _without_note(self, h: States) -> States:
        """The states after a start: it has no note, but goes through the fields of one as in ``Network.losses``."""
        for field in _NOTE:
            h = h.chosen(field, 0)
        return h

    def _next_place(self, h: States, cell: CellState) -> Place | None:
        """Where the next note stands; None ends the cell."""
        allowed = self.rules.onsets(cell)
        logits, leaning = h.logits("next onset"), self.leaning.onsets(cell)
        while allowed.any():
            spent = self.sampler.nats
            onset = self.sampler.draw(logits, allowed, leaning)
            if onset == ONSET.id(END):
                if cell.last or not cell.enters:
                    return None
            elif (voices := self.rules.voices(cell, ONSET.value(onset).quarters)).any():
                break
            allowed[onset] = False
            self.sampler.nats = spent  # nothing was written there
        else:
            return None
        return onset, self.sampler.draw(h.chosen("next onset", onset).logits("next voice"), voices)

    def _note(self, h: States, cell: CellState, onset_id: int, voice_id: int) -> tuple[States, Note]:
        """The rest of a note at its place, and the states that know it."""
        onset, voice = ONSET.value(onset_id).quarters, VOICE.value(voice_id)
        values = h.logits("duration")
        if not cell.given_at(onset):  # a given note may be a sextuplet's
            values = merged(values)
        duration = self.sampler.draw(values, self.rules.durations(cell, onset, voice))
        h = h.chosen("duration", duration)
        value = DURATION.value(duration)
        leaning = self.leaning.pitches(cell, onset, voice, value.duration)
        h, pitch_id = self._choose(h, "pitch", self.rules.pitches(cell, onset, voice), leaning, PITCH)
        pitch = self.rules.pitch(cell, onset, pitch_id)
        if cell.given_at(onset):
            given = cell.take(pitch).note
            staff, may_tie = given.staff, only(len(TIED), TIED.id(given.tied))
        else:
            staff, may_tie = home_staff(voice), only(len(TIED), TIED.id(False))
            may_tie[TIED.id(True)] = cell.continues(onset, voice, pitch)
        h, staff_id = self._choose(h, "staff", only(len(STAFF), STAFF.id(staff)))
        if self.readings[0].recall.continues(onset_id, voice_id, pitch_id):
            h, tied = self._choose(h, "tied", may_tie, manner=TIE)
        else:  # nothing to be asked
            h = h.chosen("tied", 0)
            tied = int(np.flatnonzero(may_tie)[0])
        for reading in self.readings:
            reading.recall.add(Played(onset_id, voice_id, duration, pitch_id))
        self._last = np.array(
            [voice_id, duration, pitch_id, CHROMA_OF[pitch_id], HEIGHT_OF[pitch_id], staff_id, tied], np.int16
        )
        return h, Note(onset, value.duration, pitch, voice, staff, value.tuplet, TIED.value(tied))

    def _choose(
        self, h: States, field: str, allowed: Allowed, leaning: Floats | float = 0.0, manner: Manner = RHYTHM
    ) -> tuple[States, int]:
        id = self.sampler.draw(h.logits(field), allowed, leaning, manner)
        return h.chosen(field, id), id


def merged(logits: State) -> State:
    """Scores of durations, in which a value of a sextuplet gives its odds to that of a triplet, and so on."""
    likeliest = logits.max()
    odds = np.append(np.exp(logits - likeliest), np.float32(0))
    merged: State = np.log(odds[_MERGED].sum(-1)) + likeliest
    merged[_GONE] = -np.inf
    return merged
