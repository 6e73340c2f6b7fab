"""Ties over the edge between cells that are written anew and cells that stay.

What stays is not ours to change. So a note that stays and is tied into a written cell is continued there, one
that a tie leads to from there is begun there, and no written note is tied to one that stays without a tie.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import PLAIN, Cell, Measure, Note, Tuplet, home_staff, note_order
from engine.voices import one_voice_holds

_NO_TIME = Fraction(0)
_SHORTEST = 6  # halvings of a whole note down to the shortest note put in for a tie


def joined(
    cells: Sequence[Cell], before: Sequence[Cell], written: Collection[int], measures: Sequence[Measure]
) -> tuple[Cell, ...]:
    """The cells of a part with those of index ``written`` joined to their neighbours.

    ``before`` are the part's cells as they were. Voices that were not written anew stay as they are.
    """
    result = list(cells)
    for index in sorted(written):
        if index not in range(len(before)):
            continue
        cell = result[index]
        if index - 1 in written:
            cell = _untied(cell, before[index], result[index - 1], measures[index - 1])
        else:
            cell = _with_start(cell, before[index], measures[index])
        if index + 1 not in written and index + 1 < len(before):
            cell = _with_end(cell, before[index], before[index + 1], measures[index])
        result[index] = cell
    return tuple(result)


@dataclass(frozen=True, slots=True)
class _Chord:
    """Pitches of one voice that a tie joins."""

    voice: int
    pitches: frozenset[Pitch]

    def notes(self, onset: Fraction, duration: Fraction, tuplet: Tuplet, tied: bool) -> list[Note]:
        staff = home_staff(self.voice)
        return [Note(onset, duration, pitch, self.voice, staff, tuplet, tied) for pitch in self.pitches]


def _tied_chords(cell: Cell) -> list[_Chord]:
    """What ties lead to at the start of a cell, voice by voice."""
    tied = [note for note in cell if note.tied and note.onset == 0]
    voices = sorted({note.voice for note in tied})
    return [_Chord(voice, frozenset(n.pitch for n in tied if n.voice == voice)) for voice in voices]


def _untied(cell: Cell, old: Cell, previous: Cell, measure: Measure) -> Cell:
    """The cell without ties from nowhere; ``measure`` is that of the ``previous`` one.

    A new tie comes from its own voice: no note of a voice that stays is to begin one. Where a tie led into a voice
    before, it may come from any, as that one may have.
    """
    ends = {(n.voice, n.pitch.midi) for n in previous if n.end == measure.duration}
    pitches = {midi for _, midi in ends}
    led_into = {n.voice for n in old if n.tied and n.onset == 0}

    def is_met(note: Note) -> bool:
        return (note.voice, note.pitch.midi) in ends or (
            note.voice in led_into and note.pitch.midi in pitches
        )

    return tuple(n if not n.tied or n.onset > 0 or is_met(n) else replace(n, tied=False) for n in cell)


def _with_start(cell: Cell, old: Cell, measure: Measure) -> Cell:
    """The cell with the notes continued that were held into the old one, and no others."""
    held = _tied_chords(old)
    places = {(chord.voice, pitch) for chord in held for pitch in chord.pitches}
    free = [replace(n, tied=False) if n.onset == 0 and (n.voice, n.pitch) not in places else n for n in cell]
    stay = {n.voice for n in old} - {n.voice for n in set(old) ^ set(cell)}
    for chord in (chord for chord in held if chord.voice not in stay):
        free = _started(free, chord, measure)
    return tuple(sorted(free, key=note_order))


def _started(notes: list[Note], chord: _Chord, measure: Measure) -> list[Note]:
    line = sorted((n for n in notes if n.voice == chord.voice), key=note_order)
    others = [n for n in notes if n.voice != chord.voice]
    first = [n for n in line if n.onset == 0]
    if chord.pitches <= {n.pitch for n in first}:
        return [replace(n, tied=n.pitch in chord.pitches) if n in first else n for n in notes]
    if first:
        model, rest = first[0], [n for n in line if n.onset > 0]
        return others + chord.notes(_NO_TIME, model.duration, model.tuplet, True) + rest
    gap = line[0].onset if line else measure.duration
    for duration, tuplet in _lengths(gap, line[0].tuplet if line else PLAIN):
        start = chord.notes(_NO_TIME, duration, tuplet, True)
        if one_voice_holds(start + line, measure):
            return others + start + line
    return others + chord.notes(_NO_TIME, measure.duration, PLAIN, True)


def _with_end(cell: Cell, old: Cell, following: Cell, measure: Measure) -> Cell:
    """The cell with the notes begun that the next one continues, each in the voice that it was in."""
    notes = list(cell)
    for chord in _held_chords(old, following, measure):
        notes = _ended(notes, chord, measure)
    return tuple(sorted(notes, key=note_order))


def _held_chords(cell: Cell, following: Cell, measure: Measure) -> list[_Chord]:
    """What is held from a cell into the next one, by the voice in which it begins: a tie may lead into another."""
    pitches: defaultdict[int, set[Pitch]] = defaultdict(set)
    for note in (note for note in following if note.tied and note.onset == 0):
        before = [n.voice for n in cell if n.end == measure.duration and n.pitch.midi == note.pitch.midi]
        voice = min(before, key=lambda voice: abs(voice - note.voice), default=note.voice)
        pitches[voice].add(note.pitch)
    return [_Chord(voice, frozenset(pitches[voice])) for voice in sorted(pitches)]


def _ended(notes: list[Note], chord: _Chord, measure: Measure) -> list[Note]:
    line = sorted((n for n in notes if n.voice == chord.voice), key=note_order)
    others = [n for n in notes if n.voice != chord.voice]
    last = [n for n in line if n.end == measure.duration]
    if chord.pitches <= {n.pitch for n in last}:
        return notes
    if last:
        return others + _with_last(line, last, chord)
    end = max((n.end for n in line), default=_NO_TIME)
    for duration, tuplet in _lengths(measure.duration - end, line[-1].tuplet if line else PLAIN):
        close = chord.notes(measure.duration - duration, duration, tuplet, False)
        if one_voice_holds(line + close, measure):
            return others + line + close
    return others + chord.notes(_NO_TIME, measure.duration, PLAIN, False)


def _with_last(line: list[Note], last: list[Note], chord: _Chord) -> list[Note]:
    """The last chord of a line replaced; one that is itself held from before keeps its first half."""
    model = last[0]
    rest = [n for n in line if n not in last]
    if not any(n.tied for n in last):
        return rest + chord.notes(model.onset, model.duration, model.tuplet, False)
    half = model.duration / 2
    kept = [replace(n, duration=half) for n in last]
    return rest + kept + chord.notes(model.onset + half, half, model.tuplet, False)


def _lengths(gap: Fraction, tuplet: Tuplet) -> Iterable[tuple[Fraction, Tuplet]]:
    """Lengths for a note in a gap, the longest first."""
    yield gap, PLAIN
    yield gap, tuplet
    for halvings in range(_SHORTEST):
        length = Fraction(4, 2**halvings)
        if length < gap:
            yield length, PLAIN
