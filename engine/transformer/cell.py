"""A cell while it is being written: the notes so far and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from engine.instruments import Instrument
from engine.interface import Controls
from engine.pitch import Pitch
from engine.rhythm import VoiceState
from engine.score import Cell, Measure, Note, home_staff
from engine.voices import fewest_voices

Held = frozenset[tuple[int, Pitch]]  # (voice, pitch) of notes that end at a bar line


class CellState:
    """Notes arrive in ``note_order``; every answer is about the next one. Times are quarters in the measure."""

    def __init__(
        self,
        measure: Measure,
        instrument: Instrument,
        controls: Controls,
        held: Held = frozenset(),
        must_sound: bool = False,
        staves: tuple[int, ...] = (),
    ) -> None:
        """``held`` is what the cell before leaves sounding; with ``must_sound`` the cell may not stay empty.

        ``staves`` are those that may be written on, by default all of the instrument's.
        """
        self.measure, self.instrument, self.controls = measure, instrument, controls
        self.staves = staves or tuple(range(1, instrument.staves + 1))
        self.held, self.must_sound = held, must_sound
        self._notes: list[Note] = []
        self._voices: dict[int, VoiceState] = {}
        self._empty = VoiceState.of(measure)

    @property
    def cell(self) -> Cell:
        return tuple(self._notes)

    @property
    def last(self) -> Note | None:
        return self._notes[-1] if self._notes else None

    def voice(self, voice: int) -> VoiceState:
        return self._voices.get(voice, self._empty)

    def add(self, note: Note) -> None:
        self._notes.append(note)
        self._voices[note.voice] = self.voice(note.voice).after(note.onset, note.duration, note.tuplet)

    def sounding(self, onset: Fraction, staff: int | None = None) -> list[Note]:
        """Notes of the part (or of one staff) that sound at ``onset``."""
        return [n for n in self._notes if n.onset <= onset < n.end and staff in (None, n.staff)]

    def onsets(self) -> set[Fraction]:
        return {n.onset for n in self._notes}

    def continues(self, onset: Fraction, voice: int, pitch: Pitch) -> bool:
        """Whether a note of that very pitch ends at ``onset`` in that voice, so that the next may be tied to it."""
        if onset == 0:
            return (voice, pitch) in self.held
        return any((n.end, n.voice, n.pitch) == (onset, voice, pitch) for n in self._notes)

    def chord(self, onset: Fraction, voice: int) -> Note | None:
        """The last note, if a note there would be another head of its chord."""
        last = self.last
        return last if last and (last.onset, last.voice) == (onset, voice) else None


def held_over(cell: Cell, measure: Measure) -> Held:
    """What a finished cell leaves sounding up to its bar line."""
    return frozenset((n.voice, n.pitch) for n in cell if n.end == measure.duration)


def tidied(cell: Cell, measure: Measure, held: Held) -> Cell:
    """A finished cell in as few voices as it needs, without ties from a voice of the cell before to another one."""
    return tuple(
        replace(n, tied=False) if n.tied and n.onset == 0 and (n.voice, n.pitch) not in held else n
        for n in fewest_voices(cell, measure)
    )


def voice_rank(voice: int) -> tuple[int, int]:
    """Place of a voice among those of one onset, as in ``note_order``."""
    return (-home_staff(voice), voice)
