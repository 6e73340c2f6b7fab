"""``<note>`` elements of the events of one voice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from bridge.notation.accidentals import NAMES
from bridge.notation.attributes import State
from bridge.notation.beams import beams
from bridge.notation.voices import Event, Head, tuplet_members
from bridge.notation.xml import add
from engine.exact import Fraction
from engine.rhythm import Group
from engine.score import Measure, Note, NoteValue, home_staff

_NAMES = ("breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th", "256th")
TYPES = {Fraction(8) / 2**i: name for i, name in enumerate(_NAMES)}


@dataclass(frozen=True, slots=True)
class Style:
    """What the notes of one voice in one measure share.

    ``voice`` is the score's number, which tells the home staff, ``label`` what the document calls it, if anything.
    ``stem`` is where stems point on the home staff, "" where they may stand as they like. ``accidentals`` says
    which heads need one: "yes" or "courtesy". ``staves`` is how many the part has; ``state`` is what holds in the
    measure; ``instrument`` is the id of the player in a document that says it of every note.
    """

    voice: int
    label: str
    stem: str
    divisions: int
    staves: int
    state: State
    accidentals: Mapping[Note, str]
    instrument: str = ""


def note_elements(events: Sequence[Event], style: Style, measure: Measure) -> Iterator[list[etree._Element]]:
    """The notes of each event: one for a rest, one for every head of a chord."""
    values = beams(events, measure)
    for event, beam in zip(events, values, strict=True):
        marks = _tuplet_marks(event, events, values)
        if event.heads:
            yield [_chord_note(event, i, style, beam, marks) for i in range(len(event.heads))]
        else:
            yield [_rest(event, style, marks)]


def printed_accidental(event: Event, head: Head, accidentals: Mapping[Note, str]) -> str:
    """Whether a head has an accidental before it: "", "yes" or "courtesy"."""
    return accidentals.get(head.note, "") if event.onset == head.note.onset else ""


def _rest(event: Event, style: Style, marks: list[etree._Element]) -> etree._Element:
    note = etree.Element("note", {"print-object": "no"} if event.hidden else {})
    add(note, "rest", **({} if event.value else {"measure": "yes"}))
    _add_length(note, event, style)
    _add_value(note, event)
    _add_staff(note, home_staff(style.voice), style)
    _add_notations(note, marks)
    return note


def _chord_note(
    event: Event, index: int, style: Style, beam: Sequence[str], marks: list[etree._Element]
) -> etree._Element:
    head = event.heads[index]
    note = etree.Element("note")
    if index:
        add(note, "chord")
    _add_pitch(note, head, style)
    ties = [kind for kind, is_there in (("stop", head.stop), ("start", head.start)) if is_there]
    _add_length(note, event, style, ties)
    _add_value(note, event, _accidental(event, head, style))
    if stem := _stem(event, style):
        add(note, "stem", stem)
    _add_staff(note, head.note.staff, style)
    if index == 0:
        for level, value in enumerate(beam, start=1):
            add(note, "beam", value, number=str(level))
    tied = [etree.Element("tied", {"type": kind}) for kind in ties]
    _add_notations(note, tied + (marks if index == 0 else []))
    return note


def _stem(event: Event, style: Style) -> str:
    """Stems of a chord that is all on another staff point towards home, away from the voices that live there."""
    home, staves = home_staff(style.voice), {head.note.staff for head in event.heads}
    if home in staves:
        return style.stem
    return "down" if max(staves) < home else "up"


def _add_pitch(note: etree._Element, head: Head, style: Style) -> None:
    written = style.state.written(head.note)
    pitch = add(note, "pitch")
    add(pitch, "step", written.step)
    if written.alter:
        add(pitch, "alter", written.alter)
    add(pitch, "octave", written.octave)


def _add_length(note: etree._Element, event: Event, style: Style, ties: Sequence[str] = ()) -> None:
    add(note, "duration", event.duration * style.divisions)
    for kind in ties:
        add(note, "tie", type=kind)
    if style.instrument and note.find("pitch") is not None:
        add(note, "instrument", id=style.instrument)
    if style.label:
        add(note, "voice", style.label)


def _add_value(note: etree._Element, event: Event, accidental: etree._Element | None = None) -> None:
    """Type, dots, accidental and tuplet ratio; a measure rest has none of them."""
    if event.value is None:
        return
    add(note, "type", TYPES[event.value.base])
    for _ in range(event.value.dots):
        add(note, "dot")
    if accidental is not None:
        note.append(accidental)
    if event.group:
        _add_modification(note, event.value, event.group)


def _add_modification(note: etree._Element, value: NoteValue, group: Group) -> None:
    modification = add(note, "time-modification")
    add(modification, "actual-notes", value.tuplet.actual)
    add(modification, "normal-notes", value.tuplet.normal)
    if (value.base, value.dots) != (group.unit, 0):
        add(modification, "normal-type", TYPES[group.unit])


def _accidental(event: Event, head: Head, style: Style) -> etree._Element | None:
    if not printed_accidental(event, head, style.accidentals):
        return None
    element = etree.Element(
        "accidental"
    )  # a courtesy one too: marked as such, MuseScore puts it in parentheses
    element.text = NAMES[style.state.written(head.note).alter]
    return element


def _add_staff(note: etree._Element, staff: int, style: Style) -> None:
    if style.staves > 1:
        add(note, "staff", staff)


def _tuplet_marks(event: Event, events: Sequence[Event], beam: list[list[str]]) -> list[etree._Element]:
    """The brackets that open and close at an event; a tuplet under one beam needs no bracket."""
    if event.group is None:
        return []
    inside = tuplet_members(event, events)
    marks = []
    if events[inside[0]] is event:
        marks.append(etree.Element("tuplet", type="start", number="1", bracket=_bracket(inside, beam)))
    if events[inside[-1]] is event:
        marks.append(etree.Element("tuplet", type="stop", number="1"))
    return marks


def _bracket(inside: list[int], beam: list[list[str]]) -> str:
    outer = [beam[i][0] if beam[i] else "" for i in inside]
    joined = outer[0] == "begin" and outer[-1] == "end" and all(outer) and outer.count("begin") == 1
    return "no" if joined else "yes"


def _add_notations(note: etree._Element, notations: list[etree._Element]) -> None:
    if notations:
        add(note, "notations").extend(notations)
