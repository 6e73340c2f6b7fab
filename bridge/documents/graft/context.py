"""What holds in each measure of a part of the document: divisions, key, metre, transposition."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from bridge.documents.graft.timeline import CURSOR
from bridge.documents.musicxml_attributes import Attributes
from bridge.documents.musicxml_reader import extent_of
from bridge.notation.attributes import State
from engine.exact import Fraction
from engine.score import Key, Measure


class Context:
    """One ``<part>`` in step with the score's measures.

    ``elements`` holds None where the part has no measure; ``divisions`` those that hold when a measure begins,
    and once more those at the part's end; ``states`` what is written in each measure.
    """

    def __init__(self, part: etree._Element, numbers: Sequence[str], measures: Sequence[Measure]) -> None:
        own = part.findall("measure")
        extent = extent_of([measure.get("number", "") for measure in own], numbers)
        missing = len(measures) - extent.stop
        self.elements: list[etree._Element | None] = [*[None] * extent.start, *own, *[None] * missing]
        self.divisions: list[Fraction] = []
        self.states: list[State] = []
        attributes = Attributes()
        for element, measure in zip(self.elements, measures, strict=True):
            self.divisions.append(attributes.divisions)
            later = _apply_at_start(attributes, element)
            self.states.append(_state(attributes, measure))
            for change in later:
                attributes.apply(change)
        self.divisions.append(attributes.divisions)

    def instrument(self, index: int) -> str:
        """The id of the instrument that plays in a measure, "" in a document that does not say it of its notes."""
        around = [*reversed(self.elements[: index + 1]), *self.elements[index + 1 :]]
        notes = (
            note for measure in around if measure is not None for note in measure.iterfind("note/instrument")
        )
        found = next(notes, None)
        return "" if found is None else found.get("id", "")


def _apply_at_start(attributes: Attributes, measure: etree._Element | None) -> list[etree._Element]:
    """Apply what stands before the first note; the ``<attributes>`` that come later are returned."""
    later: list[etree._Element] = []
    begun = False
    for child in () if measure is None else measure:
        begun |= child.tag in ("note", *CURSOR)
        if child.tag == "attributes" and begun:
            later.append(child)
        elif child.tag == "attributes":
            attributes.apply(child)
    return later


def _state(attributes: Attributes, measure: Measure) -> State:
    transposition = attributes.transposition(1)
    key = measure.key
    if attributes.key is not None:
        key = Key(attributes.key.fifths + transposition.fifths, attributes.key.mode)
    own = {staff: attributes.transposition(staff) for staff in range(2, attributes.staves + 1)}
    return State(key, measure.metre, transposition, (), own)
