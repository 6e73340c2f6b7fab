"""Is a document sound? Asked of results before they are handed out, and by ``obbligato check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from bridge.documents.checker.beams import beam_faults
from bridge.documents.checker.faults import Fault, fault_at
from bridge.documents.checker.ids import id_faults
from bridge.documents.checker.lengths import length_faults, voice_faults
from bridge.documents.checker.ranges import range_faults
from bridge.documents.checker.reading import read_parts, reading_faults
from bridge.documents.checker.ties import tie_faults
from bridge.documents.checker.tuplets import tuplet_faults
from bridge.documents.checker.values import value_faults
from bridge.documents.schema import violations

__all__ = ["Fault", "check", "examine", "new_faults"]

_OF_PARTS = (reading_faults, voice_faults, value_faults, tie_faults, tuplet_faults, beam_faults, range_faults)


def check(tree: etree._ElementTree) -> list[Fault]:
    """Every fault of a score-partwise document, none of the remarks; see ``examine``."""
    return [fault for fault in examine(tree) if fault.severity == "fault"]


def examine(tree: etree._ElementTree) -> list[Fault]:
    """Faults and remarks in the order of the document.

    Held up are the MusicXML 4.0 schema, ids, the lengths of measures and voices, values, ties, tuplets, beams,
    staves and ranges. A score with a fault is not fit to be handed out; remarks are what a reader may want to
    look at.
    """
    order = _order(tree.getroot())
    found = (*schema_faults(tree), *music_faults(tree))
    return sorted(found, key=lambda fault: order.get((fault.part, fault.measure), 0))


def _order(root: etree._Element) -> dict[tuple[str, str], int]:
    """Where the parts and their measures stand in the document; a number that comes again counts once."""
    order: dict[tuple[str, str], int] = {}
    for part in root.iterchildren("part"):
        order.setdefault((part.get("id", ""), ""), len(order) + 1)
        for measure in part.iterchildren("measure"):
            order.setdefault((part.get("id", ""), measure.get("number", "")), len(order) + 1)
    return order


def schema_faults(tree: etree._ElementTree) -> Iterator[Fault]:
    """What the MusicXML 4.0 schema forbids."""
    for element, message in violations(tree):
        yield fault_at(element, message)


def music_faults(tree: etree._ElementTree) -> Iterator[Fault]:
    """What no schema can see."""
    root = tree.getroot()
    parts = read_parts(root)
    yield from id_faults(root)
    yield from length_faults(parts)
    for part in parts:
        for faults_of in _OF_PARTS:
            yield from faults_of(part)


def new_faults(before: etree._ElementTree, after: etree._ElementTree) -> list[Fault]:
    """The faults of ``after`` that ``before`` has not; the schema is only held up where ``before`` kept to it.

    A measure that is as it was has only one way to be at fault anew: a tie that leads into another one.
    """
    faults = Counter(check(after))
    if not faults:
        return []
    known = Counter(check(before))
    if any(schema_faults(before)):
        faults -= Counter(schema_faults(after))
    as_it_was = _measures(before) & _measures(after)
    same = {(part, number) for part, number, _ in as_it_was}
    return [
        fault
        for fault in (faults - known).elements()
        if (fault.part, fault.measure) not in same or " tie" in fault.message
    ]


def _measures(tree: etree._ElementTree) -> set[tuple[str, str, bytes]]:
    """Part, number and content of every measure."""
    return {
        (part.get("id", ""), measure.get("number", ""), etree.tostring(measure, with_tail=False))
        for part in tree.getroot().iterchildren("part")
        for measure in part.iterchildren("measure")
    }
