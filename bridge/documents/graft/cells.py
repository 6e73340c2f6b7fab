"""Voices of existing measures written anew, everything else in these measures kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lcm

from lxml import etree

from bridge.documents.graft.beams import crossing_beams, mend_beams
from bridge.documents.graft.carried import carry_over
from bridge.documents.graft.context import Context
from bridge.documents.graft.labels import VoiceLabels, staff_of
from bridge.documents.graft.lines import Line, lines_of, mend_lines
from bridge.documents.graft.signs import end_repeat_signs, shorten_rests
from bridge.documents.graft.timeline import Item, Writer, place_at_end, timeline
from bridge.documents.graft.white import indent, indentation
from bridge.errors import RequestError
from bridge.notation.measures import Sheet, Voices, fewest_divisions, length_of
from bridge.notation.voices import Event
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import Cell, Measure, Part, first_voice, home_staff

Elements = list[tuple[Event, list[etree._Element]]]


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """One part of the document, and what it is to say."""

    before: Part
    sheet: Sheet
    labels: VoiceLabels
    lines: Sequence[Line]  # of the document as it was


def rewrite_cells(
    element: etree._Element, before: Part, after: Part, measures: Sequence[Measure], numbers: Sequence[str]
) -> list[str]:
    """Write the voices in which two states of a part differ into its ``<part>``.

    ``numbers`` are the printed numbers of the document's measures. Returns one line for each measure in which
    something that was tied to a note found no new one. Raises RequestError where the part has no such measure,
    EngineError when a rhythm has no notation.
    """
    changed = {
        index: voices
        for index in range(len(before.cells))
        if (voices := _changed_voices(before, after, index))
    }
    if not changed:
        return []
    context = Context(element, numbers, measures)
    crossing = crossing_beams(context.elements, changed)
    sheet, labels = Sheet.of(after, measures, context.states), VoiceLabels(element)
    rewriting = _Rewriting(before, sheet, labels, lines_of(element))
    remarks = []
    for index, voices in changed.items():
        measure = context.elements[index]
        if measure is None:
            name, number = after.name or after.id, measures[index].number
            raise RequestError(f"{name} has no measure {number}", "Choose measures that the part has.")
        lost = _rewrite(measure, index, voices, context, rewriting)
        if lost:
            remarks.append(f"{after.name or after.id}, measure {measures[index].number}: {lost}")
    mend_beams(crossing)
    mend_lines(element, rewriting.lines)
    sounding = {i: {home_staff(voice) for voice in voices} for i, voices in changed.items() if after.cells[i]}
    shorten_rests(context.elements, sounding)
    end_repeat_signs(context.elements, sounding, after.name or after.id)
    return remarks


def _changed_voices(before: Part, after: Part, index: int) -> set[int]:
    """Voices whose notes differ in a measure, or the ties that lead from it into the next one."""
    voices = {note.voice for part in (before, after) for note in part.cells[index]}
    return {voice for voice in voices if _line(before, index, voice) != _line(after, index, voice)}


def _line(part: Part, index: int, voice: int) -> tuple[Cell, set[Pitch]]:
    """The notes of a voice in a measure, and the pitches that are tied over its end."""
    following = part.cells[index + 1] if index + 1 < len(part.cells) else ()
    tied = {note.pitch for note in following if note.tied and note.onset == 0 and note.voice == voice}
    return tuple(note for note in part.cells[index] if note.voice == voice), tied


def _rewrite(
    measure: etree._Element, index: int, changed: set[int], context: Context, rewriting: _Rewriting
) -> str:
    """Lay the measure out anew. Returns what was lost, "" mostly."""
    divisions, player = context.divisions[index], context.instrument(index)
    items = timeline(measure, divisions)
    voices = rewriting.sheet.voices(index, changed)
    leaving = _leaving(items, changed, rewriting.before.cells[index], rewriting.labels)
    place = next((i for i, item in enumerate(items) if item.element in leaving), place_at_end(items))
    here = items[place - 1].divisions if place else divisions
    there = _divisions(here, voices)
    written = {
        voice: list(
            rewriting.sheet.elements(index, voice, events, rewriting.labels.label(voice), there, player)
        )
        for voice, events in voices.items()
    }
    lost = carry_over([item for item in items if item.element in leaving], written, rewriting.lines)
    _lay_out(measure, _laid_out(items, leaving, place, list(written.values()), (divisions, there)))
    return lost


def _leaving(items: list[Item], changed: set[int], before: Cell, labels: VoiceLabels) -> set[etree._Element]:
    """The notes and rests of the changed voices, and the rests that stand for a silent staff."""
    sounding = {home_staff(note.voice) for note in before}
    leaving: set[etree._Element] = set()
    leader_leaves = False
    for item in items:
        note = item.element
        if note.tag != "note":
            continue
        if note.find("chord") is None:
            staff = staff_of(note)
            silent = note.find("rest") is not None and staff not in sounding
            voice = first_voice(staff) if silent else labels.number(note)
            leader_leaves = voice in changed
        if leader_leaves:
            leaving.add(note)
    return leaving


def _divisions(here: Fraction, voices: Voices) -> int:
    """Those of the document if they will do, else the fewest that hold them too."""
    return lcm(here.numerator if here.denominator == 1 else 1, fewest_divisions(voices))


def _laid_out(
    items: list[Item],
    leaving: set[etree._Element],
    place: int,
    voices: list[Elements],
    divisions: tuple[Fraction, int],
) -> Iterator[etree._Element]:
    """The children of the measure with the new voices at ``place``; ``divisions`` are the old and the new."""
    writer = Writer(divisions[0])
    for index, item in enumerate([*items, None]):
        if index == place:
            _write_voices(writer, voices, divisions[1], anew=bool(leaving))
        if item is not None:
            writer.drop() if item.element in leaving else writer.keep(item)
    yield from writer.elements


def _write_voices(writer: Writer, voices: list[Elements], divisions: int, anew: bool) -> None:
    if not anew:
        writer.keep_moves()
    before = writer.divisions
    for events in voices:
        length = length_of([event for event, _ in events])
        writer.write([note for _, notes in events for note in notes], length, divisions)
    writer.switch(before)


def _lay_out(measure: etree._Element, children: Iterator[etree._Element]) -> None:
    """Replace the children of a measure; those that stay keep the white space after them."""
    step, inner = indentation(measure)
    last = measure[-1].tail if len(measure) else None
    elements = list(children)
    old = set(measure)
    for child in old.difference(elements):
        measure.remove(child)
    for element in elements:
        if element not in old:
            if inner:
                indent(element, inner, step)
            element.tail = inner
        measure.append(element)
    if elements and elements[-1] not in old:
        elements[-1].tail = last
