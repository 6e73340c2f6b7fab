"""Is a document sound? Asked of results before they are handed out, and by ``obbligato check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from lxml import etree

from bridge.documents.checker.beams import beam_faults
from bridge.documents.checker.divisions import divisions_faults, uncounted_parts
from bridge.documents.checker.faults import Fault, fault_at
from bridge.documents.checker.ids import id_faults
from bridge.documents.checker.lengths import length_faults, uneven_measures, voice_faults
from bridge.documents.checker.ranges import range_faults
from bridge.documents.checker.reading import read_part, reading_faults
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
    root = tree.getroot()
    order = {part.get("id", ""): place for place, part in enumerate(root.iterchildren("part"))}
    uncounted = uncounted_parts(root)
    # What is said of the measures of these would only follow from that.
    mute = {part.get("id", "") for part in uncounted}
    music = music_faults(root, list(root.iterchildren("part")))
    found = [
        *schema_faults(tree),
        *(fault for part in uncounted for fault in divisions_faults(part)),
        *(fault for fault in music if fault.part not in mute or fault.index < 0),
    ]
    return sorted(found, key=lambda fault: (order.get(fault.part, -1), fault.index))


def schema_faults(tree: etree._ElementTree) -> Iterator[Fault]:
    """What the MusicXML 4.0 schema forbids."""
    for element, message in violations(tree):
        yield fault_at(element, message)


def music_faults(root: etree._Element, asked: Collection[etree._Element]) -> Iterator[Fault]:
    """What no schema can see: of the ids, and of the ``<part>`` elements that are asked for.

    Of the other parts only those measures are read beside which theirs must be judged.
    """
    listed = {e.get("id"): e for e in root.iterfind("part-list/score-part")}
    parts = {part: read_part(part, listed.get(part.get("id"))) for part in asked}
    beside = {index for part in parts.values() for index in uneven_measures(part)}
    everything = [
        parts.get(part) or read_part(part, listed.get(part.get("id")), beside)
        for part in root.iterchildren("part")
    ]
    yield from id_faults(root)
    yield from length_faults(everything)
    for part in parts.values():
        for faults_of in _OF_PARTS:
            yield from faults_of(part)


def new_faults(before: etree._ElementTree, after: etree._ElementTree) -> list[Fault]:
    """The faults of ``after`` that ``before`` has not; the schema is only held up where ``before`` kept to it.

    A part that is as it was is not looked at, for it cannot be at fault anew. A measure that is as it was has only
    one way to be: a tie that leads into another one.
    """
    forbidden = list(schema_faults(after))
    if forbidden and any(schema_faults(before)):
        forbidden = []
    faults = _faults_where(after, before)
    if not faults:
        return forbidden
    as_it_was = _measures(before) & _measures(after)
    same = {(part, index) for part, index, _ in as_it_was}
    return forbidden + [
        fault
        for fault in (faults - _faults_where(before, after)).elements()
        if (fault.part, fault.index) not in same or " tie" in fault.message
    ]


def _faults_where(tree: etree._ElementTree, other: etree._ElementTree) -> Counter[Fault]:
    """What no schema can see, in those parts of a document that are not so in another one."""
    root = tree.getroot()
    there = {_content(part) for part in other.getroot().iterchildren("part")}
    differing = [part for part in root.iterchildren("part") if _content(part) not in there]
    return Counter(fault for fault in music_faults(root, differing) if fault.severity == "fault")


def _content(element: etree._Element) -> bytes:
    content: bytes = etree.tostring(element, with_tail=False)
    return content


def _measures(tree: etree._ElementTree) -> set[tuple[str, int, bytes]]:
    """Part, index and content of every measure."""
    return {
        (part.get("id", ""), index, _content(measure))
        for part in tree.getroot().iterchildren("part")
        for index, measure in enumerate(part.iterchildren("measure"))
    }
