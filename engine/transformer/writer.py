"""Writing the masked cells of one window, note by note."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from engine.encoding import Array, encoded_notes
from engine.score import Note, home_staff
from engine.transformer.cache import Cache
from engine.transformer.cell import CellState
from engine.transformer.columns import D_, DECODER, LAST, TARGETS
from engine.transformer.leaning import Floats, Leaning
from engine.transformer.numpy_network import Floats as State
from engine.transformer.numpy_network import NumpyNetwork
from engine.transformer.recall import Played, Recall
from engine.transformer.rules import Allowed, RuleSet, only
from engine.transformer.sampling import PITCH, RHYTHM, TIE, Manner, Sampler
from engine.transformer.window import (
    CHROMA_OF,
    HEIGHT_OF,
    HINT_COLUMNS,
    QUARTER_OF,
    START_ID,
    SUB_OF,
    Window,
    cell_columns,
    encoder_rows,
    hint_ids,
    recall_of,
)
from engine.vocabulary import DURATION, END, ONSET, STAFF, TIED, VOICE

MAX_ROWS = 4096  # of one window; a cell that would go beyond it ends, but for what is given

_REDUCED = {
    DURATION.id(value): DURATION.id(replace(value, tuplet=value.tuplet.reduced))
    for value in DURATION.values
    if value.tuplet.reduced != value.tuplet and replace(value, tuplet=value.tuplet.reduced) in DURATION
}
_SAME = [[id, *(other for other, same in _REDUCED.items() if same == id)] for id in range(len(DURATION))]
_MERGED = np.array(list(zip_longest(*_SAME, fillvalue=len(DURATION)))).T  # (ids, those that count as one)

_NOTE = TARGETS[:4]  # fields; those after them say where the next event stands

Place = tuple[int, int]  # ids of onset and voice


class Row(NamedTuple):
    """What the network is to see next of one window: ids (C,), position (3,), and what it looks at."""

    ids: Array
    at: State
    cache: Cache


Rows = Generator[Row, State, None]  # each is answered by the network's state (width,) after it


class WindowWriter:
    """Holds the network's memory of one window; ``write`` is called for its cells in order."""

    def __init__(self, network: NumpyNetwork, window: Window, sampler: Sampler) -> None:
        self.network, self.window, self.sampler = network, window, sampler
        self.rules, self.leaning = RuleSet(window.shift), Leaning(window.shift)
        self._cache = network.encode(*encoder_rows(window))
        self._last = np.zeros(len(LAST), np.int16)
        self._row = np.zeros(len(DECODER), np.int16)
        self._recall = Recall(None, 0.0)

    def write(self, measure: int, part: int, cell: CellState) -> Rows:
        """Fill ``cell``, one row for its start and one for each note; indices are those of the score."""
        self._open(measure, part, cell)
        h = self._without_note((yield self._row_at(measure, START_ID, 0)))
        while (place := self._next_place(h, cell)) and (self._cache.rows < MAX_ROWS or cell.next_given):
            h = yield self._row_at(measure, *place)
            h, note = self._note(h, cell, *place)
            cell.add(note)

    def _open(self, measure: int, part: int, cell: CellState) -> None:
        fixed = cell_columns(self.window, np.array([measure], np.int16), np.array([part], np.int16))
        self._row[D_["instrument"] :] = fixed[0]
        self._recall = recall_of(self.window, measure, encoded_notes(cell.before))

    def _row_at(self, measure: int, onset: int, voice: int) -> Row:
        """The next row: after the last event, at this place."""
        row = self._row
        row[: len(LAST)] = self._last
        row[D_["onset"]], row[D_["quarter"]], row[D_["sub"]] = onset, QUARTER_OF[onset], SUB_OF[onset]
        row[D_["voice"]] = voice
        row[HINT_COLUMNS] = hint_ids([self._recall.hints(onset, voice)])[0]
        if onset == START_ID:
            self._last = np.zeros(len(LAST), np.int16)
        starts, quarters = self.window.score.starts, float(ONSET.value(onset).quarters)
        start = float(starts[measure] - starts[self.window.first])
        at = np.array([start + quarters, quarters, measure - self.window.first], np.float32)
        return Row(row.copy(), at, self._cache)

    def _without_note(self, h: State) -> State:
        """The state after a start: it has no note, but goes through the fields of one as in ``Network.losses``."""
        for field in _NOTE:
            h = self.network.heads.chosen(h, field, 0)
        return h

    def _next_place(self, h: State, cell: CellState) -> Place | None:
        """Where the next note stands; None ends the cell."""
        heads, allowed = self.network.heads, self.rules.onsets(cell)
        logits, leaning = heads.logits(h, "next onset"), self.leaning.onsets(cell)
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
        h = heads.chosen(h, "next onset", onset)
        return onset, self.sampler.draw(heads.logits(h, "next voice"), voices)

    def _note(self, h: State, cell: CellState, onset_id: int, voice_id: int) -> tuple[State, Note]:
        """The rest of a note at its place, and the state that knows it."""
        onset, voice = ONSET.value(onset_id).quarters, VOICE.value(voice_id)
        logits = merged(self.network.heads.logits(h, "duration"))
        duration = self.sampler.draw(logits, self.rules.durations(cell, onset, voice))
        h = self.network.heads.chosen(h, "duration", duration)
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
        if self._recall.continues(onset_id, voice_id, pitch_id):
            h, tied = self._choose(h, "tied", may_tie, manner=TIE)
        else:  # nothing to be asked
            h = self.network.heads.chosen(h, "tied", 0)
            tied = int(np.flatnonzero(may_tie)[0])
        self._recall.add(Played(onset_id, voice_id, duration, pitch_id))
        self._last = np.array(
            [voice_id, duration, pitch_id, CHROMA_OF[pitch_id], HEIGHT_OF[pitch_id], staff_id, tied], np.int16
        )
        return h, Note(onset, value.duration, pitch, voice, staff, value.tuplet, TIED.value(tied))

    def _choose(
        self, h: State, field: str, allowed: Allowed, leaning: Floats | float = 0.0, manner: Manner = RHYTHM
    ) -> tuple[State, int]:
        id = self.sampler.draw(self.network.heads.logits(h, field), allowed, leaning, manner)
        return self.network.heads.chosen(h, field, id), id


def merged(logits: State) -> State:
    """Scores of durations, in which a value of a sextuplet adds its odds to that of a triplet, and so on."""
    likeliest = logits.max()
    odds = np.append(np.exp(logits - likeliest), np.float32(0))
    merged: State = np.log(odds[_MERGED].sum(-1)) + likeliest
    return merged
