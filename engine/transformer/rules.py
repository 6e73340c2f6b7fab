"""What may be written next, as masks over the ids of each field.

A rule is a small class that strikes ids out of a mask: the measure's length and notatable rhythm, the
instrument's range, the hand, and the user's limits. ``RuleSet`` asks all of them. A cell that has notes may
always end, and a place is only offered when some duration and some pitch are legal there, so sampling
never runs into a wall and what comes out is playable and fits its measure. Where a note is given (see
``engine.frames``) the masks leave just that; what of its pitch is free keeps to the rules as far as it can.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.exact import Fraction
from engine.limits import most_onsets
from engine.pitch import Interval, Pitch
from engine.score import VOICES_PER_STAFF, Note, NoteValue, home_staff
from engine.transformer.cell import CellState
from engine.transformer.values import Allowed, not_shorter, notatable, over_by
from engine.transformer.window import concert, pitch_ids
from engine.vocabulary import DURATION, END, ONSET, PITCH, START, VOICE, VOICE_RANKS, Position

VOICES = 2  # on one staff
MAX_NOTES = 96  # in one cell
_EXPLAINED = np.array([False] + [-8 <= p.fifths <= 12 for p in PITCH.values])  # F flat to B sharp in C
WIDEST = 10  # fifths between the names of a chord: the augmented sixth, A flat to F sharp
_END_ID = ONSET.id(END)
_RANKS = np.array(VOICE_RANKS)
_FIRST_POSITION = ONSET.id(START) + 2


class Rule:
    """Each method may set entries of ``allowed`` to False; ids index it, pitches are before the move back."""

    def onsets(self, cell: CellState, allowed: Allowed) -> None: ...

    def voices(self, cell: CellState, onset: Fraction, allowed: Allowed) -> None: ...

    def durations(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None: ...

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None: ...


class ConcertRule(Rule):
    """A rule about what sounds: ``midi`` and ``diatonic`` say for each pitch id what it is when moved back."""

    def __init__(self, shift: Interval) -> None:
        self.midi, self.diatonic = keys_and_steps(shift)


class Order(ConcertRule):
    """Notes come in ``note_order``, inside the measure; a chord is written upwards, one head to a staff step."""

    def onsets(self, cell: CellState, allowed: Allowed) -> None:
        start = ONSET.id(Position(cell.last.onset)) if cell.last else _FIRST_POSITION
        allowed[_FIRST_POSITION:start] = False
        allowed[_first_not_before(cell.measure.duration) :] = False

    def voices(self, cell: CellState, onset: Fraction, allowed: Allowed) -> None:
        last = cell.last
        if last and last.onset == onset:
            allowed &= VOICE_RANKS[VOICE.id(last.voice)] <= _RANKS

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        if chord := cell.chord(onset, voice):
            allowed &= self.diatonic > chord.pitch.diatonic


class Staves(Rule):
    """Only the staves that are given, and so many voices on each: one for an instrument of one note."""

    def voices(self, cell: CellState, onset: Fraction, allowed: Allowed) -> None:
        allowed &= _voices_on(cell.staves, 1 if cell.instrument.notes == 1 else VOICES)


class Rhythm(Rule):
    """Each voice can be notated: no overlap, nothing over the bar line, tuplets complete."""

    def durations(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        allowed &= notatable(cell.voice(voice), onset)


class Range(ConcertRule):
    """Inside the instrument's range and the user's."""

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        low = max(cell.instrument.low, cell.controls.low or 0)
        high = min(cell.instrument.high, 127 if cell.controls.high is None else cell.controls.high)
        midi = self.midi
        allowed &= (low <= midi) & (midi <= high)


class Spelling(ConcertRule):
    """Accidentals that the key can explain: from the flat sixth's flat to the raised leading tone, no further.

    Names that sound together are no further apart than the chords of tonal music have them.
    """

    def __init__(self, shift: Interval) -> None:
        super().__init__(shift)
        self._names = names(shift)

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        allowed &= _EXPLAINED
        if chord := [note.pitch.fifths for note in cell.sounding(onset)]:
            flattest, sharpest = min(chord), max(chord)
            allowed &= self._names >= min(flattest, sharpest - WIDEST)  # what is given may lie further apart
            allowed &= self._names <= max(sharpest, flattest + WIDEST)


class Unison(ConcertRule):
    """No key is struck while it is held."""

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        for note in cell.sounding(onset):
            allowed &= self.midi != note.pitch.midi


class Hand(ConcertRule):
    """No more notes than a hand has fingers, no wider than it reaches."""

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        midi = self.midi
        hand = [n.pitch.midi for n in cell.sounding(onset, home_staff(voice))]
        if len(hand) >= cell.instrument.notes:
            allowed[:] = False
        elif hand:
            span = cell.instrument.span
            allowed &= (midi <= min(hand) + span) & (midi >= max(hand) - span)


class Crossing(ConcertRule):
    """The voices of a staff do not cross: the first stays above the second."""

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        midi = self.midi
        for note in cell.sounding(onset, home_staff(voice)):
            if note.voice != voice:
                allowed &= midi < note.pitch.midi if note.voice < voice else midi > note.pitch.midi


class Parallels(ConcertRule):
    """Voices of a choir do not move together from a fifth, an octave or a unison to another one."""

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        for kind, start, other, way in cell.choir.parallels(cell.line, onset):
            parallel = (np.abs(self.midi - other) % 12 == kind) & ((self.midi - start) * way > 0)
            allowed &= ~parallel


class Room(ConcertRule):
    """Voices of a choir do not cross where a note begins, unless nothing else is left."""

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        low, high = cell.choir.room(onset)
        between = (low <= self.midi) & (self.midi <= high)
        if (allowed & between).any():
            allowed &= between


class Polyphony(Rule):
    """The user's limit of notes at once."""

    def pitches(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        limit = cell.controls.polyphony
        if limit is not None and len(cell.sounding(onset)) >= limit:
            allowed[:] = False


class Density(Rule):
    """The user's limit of onsets per quarter, measure by measure."""

    def onsets(self, cell: CellState, allowed: Allowed) -> None:
        limit = cell.controls.density
        if limit is None or len(cell.onsets()) < most_onsets(limit, cell.measure):
            return
        here = ONSET.id(Position(cell.last.onset)) if cell.last else 0
        keep = allowed[here]
        allowed[_FIRST_POSITION:] = False
        allowed[here] = keep and here > 0


class Open(Rule):
    """Only within the spans that the cell's frame leaves open, tuplets and all."""

    def onsets(self, cell: CellState, allowed: Allowed) -> None:
        inside = _onsets_within(cell.frame.open)
        allowed[_FIRST_POSITION:] &= inside[_FIRST_POSITION:]

    def durations(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        end = next(end for start, end in cell.frame.open if start <= onset < end)
        if end < cell.measure.duration:
            allowed &= over_by(cell.voice(voice), onset, end)


class Enough(Rule):
    """No more notes in a cell than the fullest of real scores hold, so that every cell ends."""

    def onsets(self, cell: CellState, allowed: Allowed) -> None:
        if cell.size >= MAX_NOTES:
            allowed[:] = False


class Shortest(Rule):
    """The user's shortest notated value; plain onsets stay on its grid, so that no split goes below it."""

    def durations(self, cell: CellState, onset: Fraction, voice: int, allowed: Allowed) -> None:
        if (shortest := cell.controls.shortest) is not None:
            allowed &= not_shorter(shortest, (onset / shortest).denominator == 1)


def value_of(note: Note) -> NoteValue:
    """The value that a note of a score is written with; KeyError when it has none."""
    value = NoteValue.from_duration(note.duration, note.tuplet)
    if value is None:
        raise KeyError(note.duration)
    return value


class RuleSet:
    """All rules together. ``shift`` is the interval by which the passage was moved for the network."""

    def __init__(self, shift: Interval) -> None:
        self.shift = shift
        self._midi, self._heights = keys_and_steps(shift)
        # What the pitch of a given note keeps to, the weightiest rule first; the others do not ask for pitches, or
        # for the number of notes, which then is given too.
        self.hard: tuple[Rule, ...] = (Order(shift), Range(shift))
        self.soft: tuple[Rule, ...] = (
            Unison(shift),
            Spelling(shift),
            Hand(shift),
            Crossing(shift),
            Parallels(shift),
            Room(shift),
        )
        others = (Rhythm(), Open(), Enough(), Staves(), Polyphony(), Density(), Shortest())
        rules = (*self.hard, *self.soft, *others)
        self._of_onsets = [rule for rule in rules if type(rule).onsets is not Rule.onsets]
        self._of_voices = [rule for rule in rules if type(rule).voices is not Rule.voices]
        self._of_durations = [rule for rule in rules if type(rule).durations is not Rule.durations]
        self._of_pitches = [rule for rule in rules if type(rule).pitches is not Rule.pitches]

    def onsets(self, cell: CellState) -> Allowed:
        """Where the next note may stand, and whether the cell may end: not before it has a note if it must sound."""
        allowed = _all(len(ONSET))
        allowed[ONSET.id(START)] = False
        for rule in self._of_onsets:
            rule.onsets(cell, allowed)
        allowed[_END_ID] = bool(cell.last) or not cell.must_sound
        if given := cell.next_given:
            here = ONSET.id(Position(given.onset))
            allowed[_END_ID], allowed[here], allowed[here + 1 :] = False, True, False
        return allowed

    def voices(self, cell: CellState, onset: Fraction) -> Allowed:
        """Voices in which some note is legal at ``onset``; maybe none."""
        if given := cell.given_at(onset):
            return only(len(VOICE), VOICE.id(given.voice))
        allowed = _all(len(VOICE))
        for rule in self._of_voices:
            rule.voices(cell, onset, allowed)
        for id in np.flatnonzero(allowed):
            voice = VOICE.value(int(id))
            allowed[id] = self.durations(cell, onset, voice).any() and self.pitches(cell, onset, voice).any()
        return allowed

    def durations(self, cell: CellState, onset: Fraction, voice: int) -> Allowed:
        """Values that are legal there. As ``pitches`` kept until the next note, so not to be changed."""
        place = "duration", onset, voice
        if place not in cell.found:
            cell.found[place] = self._durations(cell, onset, voice)
        return cell.found[place]

    def _durations(self, cell: CellState, onset: Fraction, voice: int) -> Allowed:
        if given := cell.given_at(onset):
            return only(len(DURATION), DURATION.id(value_of(given)))
        allowed = _all(len(DURATION))
        for rule in self._of_durations:
            rule.durations(cell, onset, voice, allowed)
        return allowed

    def pitches(self, cell: CellState, onset: Fraction, voice: int) -> Allowed:
        """Pitches that are legal there, whatever the value."""
        place = "pitch", onset, voice
        if place not in cell.found:
            cell.found[place] = self._pitches(cell, onset, voice)
        return cell.found[place]

    def _pitches(self, cell: CellState, onset: Fraction, voice: int) -> Allowed:
        if cell.given_at(onset):
            return self._given_pitches(cell, onset, voice)
        allowed = _all(len(PITCH))
        for rule in self._of_pitches:
            rule.pitches(cell, onset, voice, allowed)
        return allowed

    def pitch(self, cell: CellState, onset: Fraction, id: int) -> Pitch:
        """What an id that ``pitches`` allows there stands for in the score."""
        known = cell.chord_to_come()[0] if cell.given_at(onset) else []
        return known[0] if known and id == self._id(known[0]) else concert(PITCH.value(id), self.shift)

    def _given_pitches(self, cell: CellState, onset: Fraction, voice: int) -> Allowed:
        """For the next head of a given chord: the lowest pitch that is known of those to come, or a free one below it.

        Room stays for the free heads after it. A soft rule that would leave them none is passed over. Raises
        ValueError where the range itself has no room for the chord.
        """
        known, free = cell.chord_to_come()
        next_known = only(len(PITCH), self._id(known[0])) if known else np.zeros(len(PITCH), np.bool_)
        if not free:
            return next_known
        taken = {pitch.diatonic for pitch in known}
        allowed = _all(len(PITCH))
        for rule in self.hard:
            rule.pitches(cell, onset, voice, allowed)
        if len(self._steps(allowed, taken)) < free:
            raise ValueError(
                f"{free} notes at once do not fit between the lowest and the highest one allowed"
            )
        for rule in self.soft:
            narrowed = allowed.copy()
            rule.pitches(cell, onset, voice, narrowed)
            if len(self._steps(narrowed, taken)) >= free:
                allowed = narrowed
        highest = self._steps(allowed, taken)[-free]
        allowed &= (self._heights <= highest) & ~np.isin(self._heights, list(taken))
        if known:
            allowed &= self._heights < known[0].diatonic
        return allowed | next_known if known and known[0].diatonic < highest else allowed

    def _steps(self, allowed: Allowed, taken: set[int]) -> list[int]:
        """The staff steps on which a pitch is allowed, rising."""
        return sorted(set(self._heights[allowed].tolist()) - taken)

    def _id(self, pitch: Pitch) -> int:
        """The id of a pitch that sounds like this one when moved back."""
        ids = pitch_ids(np.array([pitch.diatonic]), np.array([pitch.midi]), self.shift)
        return int(ids[0]) or int(np.flatnonzero(self._midi == pitch.midi)[0])


def _all(n: int) -> Allowed:
    allowed = np.ones(n, np.bool_)
    allowed[0] = False
    return allowed


def only(n: int, id: int) -> Allowed:
    """A mask of n ids that leaves one."""
    allowed = np.zeros(n, np.bool_)
    allowed[id] = True
    return allowed


@lru_cache(maxsize=256)
def _onsets_within(spans: tuple[tuple[Fraction, Fraction], ...]) -> Allowed:
    return np.array([False] + [any(a <= p.quarters < b for a, b in spans) for p in ONSET.values])


@lru_cache(maxsize=32)
def _voices_on(staves: tuple[int, ...], most: int) -> Allowed:
    fits = [home_staff(v) in staves and (v - 1) % VOICES_PER_STAFF < most for v in VOICE.values]
    return np.array([False, *fits])


@lru_cache(maxsize=32)
def keys_and_steps(shift: Interval) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """MIDI key and staff step that each pitch id has when it is moved back."""
    pitches = [concert(pitch, shift) for pitch in PITCH.values]
    midi, diatonic = [p.midi for p in pitches], [p.diatonic for p in pitches]
    return np.array([-1000, *midi]), np.array([-1000, *diatonic])


@lru_cache(maxsize=32)
def names(shift: Interval) -> npt.NDArray[np.int_]:
    """Place on the line of fifths that each pitch id has when it is moved back."""
    return np.array([0, *(concert(pitch, shift).fifths for pitch in PITCH.values)])


@lru_cache(maxsize=256)
def _first_not_before(time: Fraction) -> int:
    return next((i for i, p in enumerate(ONSET.values, 1) if not p.mark and p.quarters >= time), len(ONSET))
