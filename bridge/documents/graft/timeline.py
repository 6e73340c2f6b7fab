"""The children of a ``<measure>`` with their times, and the way back to a measure from such a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lxml import etree

from bridge.documents.musicxml_notes import Children, timing_of
from bridge.documents.musicxml_values import decimal
from bridge.notation.xml import add, number
from engine.exact import Fraction

CURSOR = ("backup", "forward")


@dataclass(frozen=True, slots=True)
class Item:
    """A child of a measure: where it stands and by how much it moves the cursor, both in quarters."""

    element: etree._Element
    onset: Fraction
    move: Fraction  # negative in a backup
    divisions: Fraction  # that hold after it

    @property
    def end(self) -> Fraction:
        """Where it leaves the cursor: never before the measure."""
        return max(self.onset + self.move, Fraction(0))

    @property
    def length(self) -> Fraction:
        """How long a note is, also one that does not move the cursor."""
        return _length(self.element, self.divisions)

    @property
    def is_cursor(self) -> bool:
        return self.element.tag in CURSOR

    @property
    def in_chord(self) -> bool:
        """Whether it is a further note of a chord."""
        return self.element.tag == "note" and self.element.find("chord") is not None


def timeline(measure: etree._Element, divisions: Fraction) -> list[Item]:
    """The children of a measure in order; ``divisions`` hold at its start. A chord's notes share their onset."""
    items: list[Item] = []
    at = Fraction(0)
    for element in measure:
        if element.tag == "attributes":
            said = element.findtext("divisions")
            divisions = divisions if said is None else decimal(said, "divisions")
        item = Item(element, at, _move(element, divisions), divisions)
        items.append(replace(item, onset=items[-1].onset) if item.in_chord and items else item)
        at = item.end
    return items


def place_at_end(items: Sequence[Item]) -> int:
    """Where to insert what comes last: before the bar line that ends the measure."""
    end = len(items)
    while (
        end and items[end - 1].element.tag == "barline" and items[end - 1].element.get("location") != "left"
    ):
        end -= 1
    return end


def _length(element: etree._Element, divisions: Fraction) -> Fraction:
    """How long a note, a backup or a forward is, in quarters, as the reader counts it; grace notes take no time."""
    if element.tag in CURSOR:
        return decimal(element.findtext("duration"), "duration") / divisions
    children: Children = {child.tag: child for child in element}
    return Fraction(0) if "grace" in children else timing_of(element, children, divisions).duration


def _move(element: etree._Element, divisions: Fraction) -> Fraction:
    if element.tag not in ("note", *CURSOR) or element.find("chord") is not None:
        return Fraction(0)
    length = _length(element, divisions)
    return -length if element.tag == "backup" else length


class Writer:
    """Lays children into a measure again, with the ``<backup>`` and ``<forward>`` that their times ask for."""

    def __init__(self, divisions: Fraction) -> None:
        self.at = Fraction(0)
        self.divisions = divisions
        self.elements: list[etree._Element] = []
        self._waiting: list[Item] = []  # the document's own moves since its last note

    def keep(self, item: Item) -> None:
        """A child that stays; the document's own moves before it stay too where they still fit."""
        if item.is_cursor:
            self._waiting.append(item)
            return
        if item.in_chord:
            self.elements.append(item.element)
            return
        self.keep_moves()
        self.seek(item.onset)
        self.elements.append(item.element)
        self.at = item.end
        self.divisions = item.divisions

    def drop(self) -> None:
        """A child that leaves: the moves before it led to it."""
        self._waiting.clear()

    def keep_moves(self) -> None:
        """The document's own moves since its last note, if they begin where we are."""
        if self._waiting and self._waiting[0].onset == self.at:
            self.elements += [item.element for item in self._waiting]
            self.at = self._waiting[-1].end
        self._waiting.clear()

    def seek(self, time: Fraction) -> None:
        """Go to a time in the measure."""
        if time != self.at:
            move = etree.Element("forward" if time > self.at else "backup")
            add(move, "duration", number(abs(time - self.at) * self.divisions))
            self.elements.append(move)
            self.at = time

    def write(self, voice: list[etree._Element], length: Fraction, divisions: int) -> None:
        """A new voice from the start of the measure on, whose durations are counted in ``divisions``."""
        self._waiting.clear()
        self.seek(Fraction(0))
        self.switch(Fraction(divisions))
        self.elements += voice
        self.at = length

    def switch(self, divisions: Fraction) -> None:
        """Count in other divisions from here on."""
        if divisions != self.divisions:
            attributes = etree.Element("attributes")
            add(attributes, "divisions", number(divisions))
            self.elements.append(attributes)
            self.divisions = divisions
