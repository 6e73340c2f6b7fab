"""Chord symbols above measures that have none."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from bridge.documents.graft.context import Context
from bridge.documents.graft.timeline import CURSOR, Item, place_at_end, timeline
from bridge.documents.graft.white import insert_at
from bridge.notation.harmony import harmony_element
from engine.score import Measure


def insert_chords(
    element: etree._Element, before: Sequence[Measure], after: Sequence[Measure], numbers: Sequence[str]
) -> None:
    """Write into a ``<part>`` the chord symbols of measures that had none; ``numbers`` are the printed ones."""
    new = [index for index, old in enumerate(before) if not old.chords and after[index].chords]
    if not new:
        return
    context = Context(element, numbers, before)
    for index in new:
        measure = context.elements[index]
        if measure is not None:
            items = timeline(measure, context.divisions[index])
            written = -context.states[index].transposition
            place = next((i for i, item in enumerate(items) if _takes_time(item)), place_at_end(items))
            divisions = items[place - 1].divisions if place else context.divisions[index]
            symbols = [
                harmony_element(chord, written, chord.onset * divisions) for chord in after[index].chords
            ]
            insert_at(measure, place, symbols)


def _takes_time(item: Item) -> bool:
    return item.element.tag in ("note", *CURSOR)
