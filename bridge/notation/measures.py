"""From the cells of a part to its ``<measure>`` elements, without bar lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from lxml import etree

from bridge.errors import EngineError
from bridge.notation.accidentals import AccidentalReader
from bridge.notation.attributes import State, attributes_element, transposition_in
from bridge.notation.clefs import staff_clefs
from bridge.notation.harmony import harmony_element
from bridge.notation.notes import Style, note_elements
from bridge.notation.voices import Event, find_ties, voice_rank, without_overlaps, written_voices
from bridge.notation.xml import add
from engine.score import Cell, ChordSymbol, Measure, Note, Part

Voices = dict[int, list[Event]]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One part with everything decided, measure by measure."""

    staves: int
    divisions: int
    states: list[State]
    voices: list[Voices]


def part_measures(
    part: Part, measures: Sequence[Measure], chord_symbols: bool = False
) -> list[etree._Element]:
    """One ``<measure>`` for each measure: attributes, notes and, if wanted, the chord symbols.

    The part's ``cells`` are in step with ``measures``. Raises EngineError when a rhythm has no notation.
    """
    cells = [without_overlaps(cell, m.duration) for cell, m in zip(part.cells, measures, strict=True)]
    voices = _all_voices(part, cells, measures)
    chords = [m.chords if chord_symbols else () for m in measures]
    sheet = _Sheet(part.staves, _divisions(voices, measures, chords), _states(part, cells, measures), voices)
    reader = AccidentalReader()
    return [_measure(sheet, i, measure, chords[i], reader) for i, measure in enumerate(measures)]


def _all_voices(part: Part, cells: list[Cell], measures: Sequence[Measure]) -> list[Voices]:
    ties = find_ties(cells, measures)
    try:
        return [
            written_voices(cell, tie, part.staves, m)
            for cell, tie, m in zip(cells, ties, measures, strict=True)
        ]
    except EngineError as error:
        raise EngineError(f"part {part.name or part.id}, {error.message}", error.hint) from error


def _divisions(
    voices: list[Voices], measures: Sequence[Measure], chords: Sequence[tuple[ChordSymbol, ...]]
) -> int:
    """The fewest divisions of a quarter that say everything in the part."""
    times = [event.duration for measure in voices for events in measure.values() for event in events]
    times += [chord.onset for symbols in chords for chord in symbols]
    times += [measure.duration for measure in measures]
    return lcm(*(time.denominator for time in times))


def _states(part: Part, cells: list[Cell], measures: Sequence[Measure]) -> list[State]:
    moves = [transposition_in(part, measure.key) for measure in measures]
    shifts = [-move.diatonic for move in moves]
    by_staff = [
        staff_clefs(part, staff, [[n for n in cell if n.staff == staff] for cell in cells], shifts)
        for staff in range(1, part.staves + 1)
    ]
    clefs = zip(*by_staff, strict=True)
    return [State(m.key, m.metre, move, clef) for m, move, clef in zip(measures, moves, clefs, strict=True)]


def _measure(
    sheet: _Sheet, index: int, measure: Measure, chords: tuple[ChordSymbol, ...], reader: AccidentalReader
) -> etree._Element:
    element = etree.Element("measure", {"number": measure.number})
    if measure.implicit:
        element.set("implicit", "yes")
    state = sheet.states[index]
    old = sheet.states[index - 1] if index else None
    attributes = attributes_element(state, old, sheet.divisions, sheet.staves)
    if attributes is not None:
        element.append(attributes)
    voices = sheet.voices[index]
    accidentals = _accidentals(voices, state, reader)
    for voice, events in voices.items():
        if voice > 1 and events:
            add(add(element, "backup"), "duration", measure.duration * sheet.divisions)
        rank, count = voice_rank(voice, voices)
        stem = ("up", "down")[rank % 2] if count > 1 else ""
        style = Style(voice, stem, sheet.divisions, sheet.staves, -state.transposition, accidentals)
        element.extend(_voice_elements(events, style, measure, chords if voice == 1 else ()))
    return element


def _voice_elements(
    events: list[Event], style: Style, measure: Measure, chords: tuple[ChordSymbol, ...]
) -> Iterator[etree._Element]:
    """The notes of a voice, each chord symbol before the note in which it falls."""
    for event, notes in zip(events, note_elements(events, style, measure), strict=True):
        for chord in chords:
            offset = chord.onset - event.onset
            if 0 <= offset < event.duration:
                yield harmony_element(chord, style.written, Fraction(offset * style.divisions))
        yield from notes


def _accidentals(voices: Voices, state: State, reader: AccidentalReader) -> dict[Note, str]:
    """Which notes of a measure need an accidental, read in order of time over all voices."""
    reader.next_measure()
    firsts = {
        head.note: head
        for events in voices.values()
        for event in events
        for head in event.heads
        if event.onset == head.note.onset
    }
    needs: dict[Note, str] = {}
    for note in sorted(firsts, key=lambda note: (note.onset, note.voice, note.pitch.diatonic)):
        written = note.pitch.transposed(-state.transposition)
        if firsts[note].stop:
            reader.hold(note.staff, written)
        else:
            needs[note] = reader.read(note.staff, written, state.fifths)
    return needs
