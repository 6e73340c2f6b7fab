"""From the cells of a part to ``<measure>`` elements without bar lines, or to the voices of single measures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import lcm

from lxml import etree

from bridge.errors import EngineError
from bridge.notation.accidentals import AccidentalReader
from bridge.notation.attributes import State, attributes_element, clefs_before, later_clefs, transposition_in
from bridge.notation.clefs import staff_clefs
from bridge.notation.harmony import harmony_element
from bridge.notation.notes import Style, note_elements
from bridge.notation.tempo import tempo_element
from bridge.notation.voices import Event, Ties, find_ties, stem_direction, without_overlaps, written_voices
from bridge.notation.xml import add
from engine.exact import Fraction
from engine.score import Cell, ChordSymbol, Measure, Note, Part

Voices = dict[int, list[Event]]
_CALM = 4  # measures without a tempo before one that is printed: players' rubato is not


@dataclass(frozen=True, slots=True)
class Sheet:
    """A part with everything decided that its neighbours in time decide: ties, attributes, accidentals."""

    part: Part
    measures: Sequence[Measure]
    cells: list[Cell]
    ties: list[Ties]
    states: Sequence[State]
    accidentals: list[dict[Note, str]]

    @classmethod
    def of(cls, part: Part, measures: Sequence[Measure], states: Sequence[State]) -> Sheet:
        """``part.cells`` and ``states`` are in step with ``measures``."""
        return _sheet(part, measures, _clean(part, measures), states)

    def voices(self, index: int, only: Collection[int] | None = None) -> Voices:
        """The events of each voice of a measure, or ``only`` of some.

        Raises EngineError when a rhythm has no notation.
        """
        ties, staves = self.ties[index], self.part.staves
        try:
            return written_voices(self.cells[index], ties, staves, self.measures[index], only)
        except EngineError as error:
            raise EngineError(
                f"part {self.part.name or self.part.id}, {error.message}", error.hint
            ) from error

    def elements(
        self,
        index: int,
        voice: int,
        events: Sequence[Event],
        label: str,
        divisions: int,
        instrument: str = "",
    ) -> Iterator[tuple[Event, list[etree._Element]]]:
        """The ``<note>`` elements of one voice of a measure, event by event."""
        stem = stem_direction(voice, self.cells[index])
        state, staves = self.states[index], self.part.staves
        style = Style(voice, label, stem, divisions, staves, state, self.accidentals[index], instrument)
        return zip(events, note_elements(events, style, self.measures[index]), strict=True)


def new_sheet(part: Part, measures: Sequence[Measure]) -> Sheet:
    """The sheet of a part that is in no document yet: its clefs are for us to choose."""
    cells = _clean(part, measures)
    return _sheet(part, measures, cells, _states(part, cells, measures))


def _sheet(part: Part, measures: Sequence[Measure], cells: list[Cell], states: Sequence[State]) -> Sheet:
    """The sheet of a part whose ``cells`` have been cleaned."""
    ties = find_ties(cells, measures)
    reader = AccidentalReader()
    needs = [_accidentals(*column, reader) for column in zip(cells, ties, states, strict=True)]
    return Sheet(part, measures, cells, ties, states, needs)


def part_measures(part: Part, measures: Sequence[Measure], shared: bool = False) -> list[etree._Element]:
    """One ``<measure>`` for each measure: attributes, notes and, if wanted, what is ``shared`` by all parts and
    written in one: chord symbols and tempos.

    The part's ``cells`` are in step with ``measures``. Raises EngineError when a rhythm has no notation.
    """
    sheet = new_sheet(part, measures)
    voices = [sheet.voices(index) for index in range(len(measures))]
    times = [m.duration for m in measures]
    if shared:
        times += [chord.onset for m in measures for chord in m.chords]
        times += [tempo.onset for m in measures for tempo in m.tempos]
    divisions = lcm(fewest_divisions(*voices), *(time.denominator for time in times))
    return [_measure(sheet, i, voices[i], divisions, shared) for i in range(len(measures))]


def length_of(events: Sequence[Event]) -> Fraction:
    """Where a voice ends, in quarters."""
    return events[-1].onset + events[-1].duration if events else Fraction(0)


def fewest_divisions(*measures: Voices) -> int:
    """The fewest divisions of a quarter that say the duration of every event."""
    events = (event for voices in measures for events in voices.values() for event in events)
    return lcm(*(event.duration.denominator for event in events))


def _clean(part: Part, measures: Sequence[Measure]) -> list[Cell]:
    return [without_overlaps(cell, m.duration) for cell, m in zip(part.cells, measures, strict=True)]


def _states(part: Part, cells: list[Cell], measures: Sequence[Measure]) -> list[State]:
    moves = [transposition_in(part, measure.key) for measure in measures]
    shifts = [-move.diatonic for move in moves]
    by_staff = [staff_clefs(part, staff, measures, cells, shifts) for staff in range(1, part.staves + 1)]
    clefs = zip(*by_staff, strict=True)
    return [State(m.key, m.metre, move, clef) for m, move, clef in zip(measures, moves, clefs, strict=True)]


def _measure(sheet: Sheet, index: int, voices: Voices, divisions: int, shared: bool) -> etree._Element:
    measure = sheet.measures[index]
    element = etree.Element("measure", {"number": measure.number})
    if measure.implicit:
        element.set("implicit", "yes")
    old = sheet.states[index - 1] if index else None
    attributes = attributes_element(sheet.states[index], old, divisions, sheet.part.staves)
    if attributes is not None:
        element.append(attributes)
    chords = measure.chords if shared else ()
    for tempo in measure.tempos if shared else ():
        calm = not any(m.tempos for m in sheet.measures[max(index - _CALM, 0) : index])
        element.append(tempo_element(tempo, Fraction(tempo.onset * divisions), calm and tempo.onset == 0))
    changes = later_clefs(sheet.states[index])
    at = Fraction(0)
    for voice, events in voices.items():
        if at:
            add(add(element, "backup"), "duration", at * divisions)
        at = length_of(events)
        for event, notes in sheet.elements(index, voice, events, str(voice), divisions):
            if voice == 1:
                element.extend(_chords_within(event, chords, sheet.states[index], divisions))
            element.extend(clefs_before(event, changes, sheet.part.staves))
            element.extend(notes)
    return element


def _chords_within(
    event: Event, chords: tuple[ChordSymbol, ...], state: State, divisions: int
) -> Iterator[etree._Element]:
    """The chord symbols that fall into a note or rest, to stand before it."""
    for chord in chords:
        offset = chord.onset - event.onset
        if 0 <= offset < event.duration:
            yield harmony_element(chord, -state.transposition, Fraction(offset * divisions))


def _accidentals(cell: Cell, ties: Ties, state: State, reader: AccidentalReader) -> dict[Note, str]:
    """Which notes of a measure need an accidental, read in order of time over all voices."""
    reader.next_measure()
    needs: dict[Note, str] = {}
    for note in sorted(cell, key=lambda note: (note.onset, note.voice, note.pitch.diatonic)):
        written = state.written(note)
        if note in ties.stops:
            reader.hold(note.staff, written)
        else:
            needs[note] = reader.read(note.staff, written, state.fifths)
    return needs
