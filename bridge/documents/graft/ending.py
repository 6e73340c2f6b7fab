"""More measures at the end of every part, and the final bar line moved there."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from math import lcm

from lxml import etree

from bridge.documents.graft.context import Context
from bridge.documents.graft.labels import VoiceLabels
from bridge.documents.graft.white import insert_at, remove
from bridge.notation.measures import Sheet, Voices, fewest_divisions, length_of
from bridge.notation.xml import add
from engine.exact import Fraction
from engine.score import Measure, Part

_FINAL = "light-heavy"


def append_measures(
    element: etree._Element, part: Part, measures: Sequence[Measure], numbers: Sequence[str]
) -> None:
    """Append to a ``<part>`` every measure that the score has and it has not.

    ``numbers`` are the printed ones of the document's measures; ``part`` and ``measures`` say what is to be
    there. A part that ended early rests until the others are at their end.
    """
    context = Context(element, numbers, measures)
    last = max((i for i, old in enumerate(context.elements) if old is not None), default=None)
    if last is None:
        return  # a part without any measure says nothing that could go on
    sheet, labels = Sheet.of(part, measures, context.states), VoiceLabels(element)
    here = context.divisions[-1]
    voices = {index: sheet.voices(index) for index in range(last + 1, len(measures))}
    lengths = (measures[index].duration.denominator for index in voices)
    there = lcm(here.numerator if here.denominator == 1 else 1, fewest_divisions(*voices.values()), *lengths)
    player = context.instrument(last)
    new = [_measure(sheet, index, found, labels, there, player) for index, found in voices.items()]
    if there != here:
        attributes = etree.Element("attributes")
        add(attributes, "divisions", there)
        new[0].insert(0, attributes)
    old = context.elements[last]
    if old is not None:
        _move_final_bar_line(old, new[-1])
    insert_at(element, len(element), new)


def _measure(
    sheet: Sheet, index: int, voices: Voices, labels: VoiceLabels, divisions: int, player: str
) -> etree._Element:
    measure = sheet.measures[index]
    element = etree.Element("measure", {"number": measure.number})
    if measure.implicit:
        element.set("implicit", "yes")
    at = Fraction(0)
    for voice, events in voices.items():
        if at:
            add(add(element, "backup"), "duration", at * divisions)
        at = length_of(events)
        for _, notes in sheet.elements(index, voice, events, labels.label(voice), divisions, player):
            element.extend(notes)
    return element


def _move_final_bar_line(old: etree._Element, new: etree._Element) -> None:
    """A final bar line goes to the new end; a repeat stays where it is."""
    bar_lines = [line for line in old.iterchildren("barline") if line.findtext("bar-style") == _FINAL]
    for line in bar_lines:
        moved = etree.SubElement(new, "barline", {"location": "right"})
        style = line.find("bar-style")
        assert style is not None
        moved.append(copy.deepcopy(style))
        if line.find("repeat") is None:
            line.remove(style)
        if not len(line):
            remove(line)
