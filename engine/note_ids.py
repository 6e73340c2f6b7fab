"""A note to field ids, and back. It needs no numpy: the bridge asks it what engines could not say of a score."""

from __future__ import annotations

from collections import Counter

from engine.pitch import Pitch
from engine.score import Cell, Note, NoteValue, note_order
from engine.vocabulary import DURATION, ONSET, STAFF, TIED, VOICE, Position


def encode_cell(cell: Cell, losses: Counter[str]) -> list[tuple[int, ...]]:
    """The ids of each note that the vocabulary holds, in ``note_order``: what ``decode_note`` takes.

    ``losses`` counts the others, by reason.
    """
    rows = []
    for note in sorted(cell, key=note_order):
        reason, ids = _note_ids(note)
        if reason:
            losses[reason] += 1
        else:
            rows.append(ids)
    return rows


def encodable(cell: Cell) -> bool:
    """Whether the vocabulary holds every note of the cell."""
    losses: Counter[str] = Counter()
    encode_cell(cell, losses)
    return not losses


def decode_note(
    onset: int, voice: int, staff: int, duration: int, diatonic: int, midi: int, tied: int
) -> Note:
    """One note of its ids; ``diatonic`` and ``midi`` are numbers (see ``Pitch.from_diatonic``)."""
    value = DURATION.value(duration)
    return Note(
        ONSET.value(onset).quarters,
        value.duration,
        Pitch.from_diatonic(diatonic, midi),
        VOICE.value(voice),
        STAFF.value(staff),
        value.tuplet,
        TIED.value(tied),
    )


def _note_ids(note: Note) -> tuple[str, tuple[int, ...]]:
    value = NoteValue.from_duration(note.duration, note.tuplet)
    onset, duration = ONSET.get(Position(note.onset)), DURATION.get(value) if value else 0
    voice, staff = VOICE.get(note.voice), STAFF.get(note.staff)
    if not onset:
        return "onset", ()
    if not duration:
        return "duration", ()
    if not (voice and staff):
        return "staff", ()
    pitch = note.pitch
    return "", (onset, voice, staff, duration, pitch.diatonic, pitch.midi, TIED.id(note.tied))
