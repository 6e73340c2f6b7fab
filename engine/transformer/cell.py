"""A cell while it is being written: the notes so far and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine.chords import ChordSpan
from engine.exact import Fraction
from engine.frames import Frame, Given
from engine.instruments import Instrument
from engine.interface import Controls, Passage
from engine.pitch import Pitch
from engine.rhythm import VoiceState
from engine.score import Cell, Measure, Note
from engine.transformer.choir import Choir, Line
from engine.transformer.values import Allowed
from engine.voices import fewest_voices

_REPEATING = 2  # notes that have come again, so that the measure before is taken to be repeated

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
        frame: Frame | None = None,
        decided: dict[int, Pitch] | None = None,
        chords: tuple[ChordSpan, ...] = (),
        choir: Choir | None = None,
        before: Cell = (),
        around: Line = (),
        enters: bool = False,
    ) -> None:
        """``held`` is what the cell before leaves sounding; with ``must_sound`` the cell may not stay empty.

        One that ``enters`` does not either, if anything may be written in it.

        ``staves`` are those that may be written on, by default all of the instrument's. ``frame`` says what is
        given, by default nothing. ``decided`` are the new pitches of its sounds, which the cells of a part share.
        ``chords`` are the chord symbols that hold in the measure, ``choir`` the voices around one that sings,
        ``before`` the cell before of the part, ``around`` what the other parts hold in the measure.
        """
        self.measure, self.instrument, self.controls = measure, instrument, controls
        self.staves = staves or tuple(range(1, instrument.staves + 1))
        self.held, self.must_sound, self.enters = held, must_sound, enters
        self.chords = chords
        self.choir = choir or Choir()
        self.before, self._around = before, around
        self.frame = frame or Frame.empty(measure)
        self._decided = {} if decided is None else decided
        self._to_come = list(self.frame.given)
        self._notes: list[Note] = []
        self._line: list[tuple[Fraction, Fraction, int]] = []
        # Rules ask the same again and again between two notes. What they found, by field, onset and voice, is theirs.
        self.found: dict[tuple[str, Fraction, int], Allowed] = {}
        self._sounding: dict[tuple[Fraction, int | None], list[Note]] = {}
        self._heard_around: dict[Fraction, set[int]] = {}
        self._voices: dict[int, VoiceState] = {}
        self._empty = VoiceState.of(measure)
        self._repeats = True  # whether the notes so far are the first ones of the cell before

    @property
    def cell(self) -> Cell:
        return tuple(self._notes)

    def _without_given(self, notes: Iterable[Note]) -> Iterator[Note]:
        places = {(given.note.onset, given.note.voice) for given in self.frame.given}
        return (note for note in notes if (note.onset, note.voice) not in places)

    @property
    def finished(self) -> Cell:
        """The cell tidied; where notes were given, all stay in their voices."""
        return self.cell if self.frame.given else tidied(self.cell, self.measure, self.held)

    @property
    def left_sounding(self) -> Held:
        """What the next cell may continue: notes up to the bar line that were not given."""
        return held_over(self._without_given(self.finished), self.measure)

    @property
    def last(self) -> Note | None:
        return self._notes[-1] if self._notes else None

    def voice(self, voice: int) -> VoiceState:
        return self._voices.get(voice, self._empty)

    @property
    def next_given(self) -> Note | None:
        """The first of the given notes that are still to come."""
        return self._to_come[0].note if self._to_come else None

    def given_at(self, onset: Fraction) -> Note | None:
        """The same, if that is where it stands: then it is what comes next there, and nothing else."""
        given = self.next_given
        return given if given and given.onset == onset else None

    def chord_to_come(self) -> tuple[list[Pitch], int]:
        """The chord of ``next_given``: the known pitches of its heads to come, rising, and how many have none yet."""
        pitches = [self._pitch(given) for given in self._chord()]
        known = [pitch for pitch in pitches if pitch]
        return sorted(known, key=lambda p: (p.diatonic, p.midi)), len(pitches) - len(known)

    def _chord(self) -> list[Given]:
        first = self._to_come[0].note
        return [g for g in self._to_come if (g.note.onset, g.note.voice) == (first.onset, first.voice)]

    def _pitch(self, given: Given) -> Pitch | None:
        return given.note.pitch if given.fixed else self._decided.get(given.sound)

    def take(self, pitch: Pitch) -> Given:
        """The given note that gets this pitch: the one that has it already, or else the first without one."""
        chord = self._chord()
        given = next((g for g in chord if self._pitch(g) == pitch), None)
        given = given or next(g for g in chord if not self._pitch(g))
        self._to_come.remove(given)
        self._decided[given.sound] = pitch
        return given

    def add(self, note: Note) -> None:
        old = self._in_the_cell_before
        self._repeats &= old is not None and (old.onset, old.pitch) == (note.onset, note.pitch)
        self._notes.append(note)
        self._line.append((note.onset, note.end, note.pitch.midi))
        self._sounding.clear()
        self.found.clear()
        self._voices[note.voice] = self.voice(note.voice).after(note.onset, note.duration, note.tuplet)

    def sounding(self, onset: Fraction, staff: int | None = None) -> list[Note]:
        """Notes of the part (or of one staff) that sound at ``onset``."""
        place = (onset, staff)
        if place not in self._sounding:
            notes = zip(self._notes, self._line, strict=True)
            self._sounding[place] = [
                n for n, (start, end, _) in notes if staff in (None, n.staff) and start <= onset < end
            ]
        return self._sounding[place]

    def heard(self, onset: Fraction) -> set[int]:
        """MIDI keys that sound at ``onset``, in this part or around it."""
        if onset not in self._heard_around:
            self._heard_around[onset] = {key for start, end, key in self._around if start <= onset < end}
        return self._heard_around[onset] | {note.pitch.midi for note in self.sounding(onset)}

    def struck_before(self, onset: Fraction, staff: int) -> frozenset[int]:
        """MIDI keys of what was struck or tied last on a staff before ``onset``, in this cell or the one before."""
        earlier = [n for n in self._notes if n.onset < onset and n.staff == staff]
        notes = earlier or [n for n in self.before if n.staff == staff]
        last = max((n.onset for n in notes), default=None)
        return frozenset(n.pitch.midi for n in notes if n.onset == last)

    @property
    def _in_the_cell_before(self) -> Note | None:
        """The note of the cell before that has the next one's number."""
        return self.before[len(self._notes)] if len(self._notes) < len(self.before) else None

    def repeated(self, onset: Fraction) -> int | None:
        """The MIDI key that goes on with the cell before, once two notes or more have come as in that and no others."""
        old = self._in_the_cell_before
        if old is None or old.onset != onset or not self._repeats or len(self._notes) < _REPEATING:
            return None
        return old.pitch.midi

    @property
    def size(self) -> int:
        """How many notes stand or will stand in it for certain."""
        return len(self._notes) + len(self._to_come)

    @property
    def line(self) -> Line:
        """The notes so far as they sound."""
        return tuple(self._line)

    def onsets(self) -> set[Fraction]:
        """Where notes stand or will stand for certain."""
        return {n.onset for n in self._notes} | {g.note.onset for g in self._to_come}

    def continues(self, onset: Fraction, voice: int, pitch: Pitch) -> bool:
        """Whether a note of that very pitch ends at ``onset`` in that voice, so that the next may be tied to it.

        A given note is as long as it was: nothing new is tied to it.
        """
        if onset == 0:
            return (voice, pitch) in self.held
        return any(
            (n.end, n.voice, n.pitch) == (onset, voice, pitch) for n in self._without_given(self._notes)
        )

    def chord(self, onset: Fraction, voice: int) -> Note | None:
        """The last note, if a note there would be another head of its chord."""
        last = self.last
        return last if last and (last.onset, last.voice) == (onset, voice) else None


def held_over(cell: Iterable[Note], measure: Measure) -> Held:
    """What a finished cell leaves sounding up to its bar line."""
    return frozenset((n.voice, n.pitch) for n in cell if n.end == measure.duration)


def held_into(passage: Passage, left: Mapping[tuple[int, int], Held], measure: int, part: int) -> Held:
    """What sounds up to the bar line before a cell and may be continued in it.

    Of a cell that is written that is what it has ``left``, by (measure, part): nothing where its notes were given.
    """
    if measure and (part, measure - 1) not in passage.mask:
        return held_over(passage.score.parts[part].cells[measure - 1], passage.score.measures[measure - 1])
    return left.get((measure - 1, part), frozenset())


def tidied(cell: Cell, measure: Measure, held: Held) -> Cell:
    """A finished cell in as few voices as it needs, without ties from a voice of the cell before to another one."""
    return untied(fewest_voices(cell, measure), held)


def untied(cell: Cell, held: Held) -> Cell:
    """A cell without the ties that lead into it from nothing that is held."""
    return tuple(
        replace(n, tied=False) if n.tied and n.onset == 0 and (n.voice, n.pitch) not in held else n
        for n in cell
    )
