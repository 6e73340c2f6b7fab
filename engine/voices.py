"""Voices as a reader wants them: no more on a staff than the rhythm needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.rhythm import VoiceState
from engine.score import VOICES_PER_STAFF, Cell, Measure, Note, home_staff, note_order


def fewest_voices(cell: Cell, measure: Measure) -> Cell:
    """The same notes with a staff's second voice taken into its first wherever one voice can hold both."""
    staves = sorted({home_staff(note.voice) for note in cell})
    notes = [note for staff in staves for note in _staff(cell, staff, measure)]
    return tuple(sorted(notes, key=note_order))


def _staff(cell: Cell, staff: int, measure: Measure) -> list[Note]:
    mine = [note for note in cell if home_staff(note.voice) == staff]
    first = VOICES_PER_STAFF * (staff - 1) + 1
    together = sorted((replace(note, voice=first) for note in mine), key=note_order)
    steps = {(note.onset, note.pitch.diatonic) for note in mine}  # a chord has one head on each
    return together if len(steps) == len(mine) and one_voice_holds(together, measure) else mine


def one_voice_holds(notes: Iterable[Note], measure: Measure) -> bool:
    """Whether notes, in ``note_order``, can be written in one voice."""
    state = VoiceState.of(measure)
    for note in notes:
        if not state.accepts(note.onset, note.duration, note.tuplet):
            return False
        state = state.after(note.onset, note.duration, note.tuplet)
    return True
