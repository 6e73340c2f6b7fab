"""Ids are unique, what refers to them finds them, and the part-list lists the parts."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bridge.documents.checker.faults import Fault, fault_at

_REFERRING = frozenset(
    ("part", "midi-instrument", "midi-device", "instrument", "instrument-link", "instrument-change")
)  # the attribute id of all others is an id of their own
_TO_INSTRUMENTS = ("midi-instrument", "instrument")


def id_faults(root: etree._Element) -> Iterator[Fault]:
    """Ids that are given twice or lead nowhere, parts without entry, entries without part."""
    yield from _repeated(root)
    yield from _unlisted(root)
    known = {e.get("id") for e in root.iterfind("part-list/score-part/score-instrument")}
    for element in root.iter(*_TO_INSTRUMENTS):
        if element.get("id", "") not in known:
            yield fault_at(element, f'the instrument "{element.get("id", "")}" is not listed')


def _repeated(root: etree._Element) -> Iterator[Fault]:
    seen: set[str] = set()
    for attribute in root.xpath("//@id"):
        owner = attribute.getparent()
        if owner.tag in _REFERRING:
            continue
        if attribute in seen:
            yield fault_at(owner, f'the id "{attribute}" is given twice')
        seen.add(str(attribute))


def _unlisted(root: etree._Element) -> Iterator[Fault]:
    listed = [e.get("id", "") for e in root.iterfind("part-list/score-part")]
    written = [e.get("id", "") for e in root.iterchildren("part")]
    for id_ in sorted(set(listed) ^ set(written)):
        yield Fault(id_, "", "listed but not written" if id_ in listed else "written but not listed")
    for id_ in sorted({id_ for id_ in written if written.count(id_) > 1}):
        yield Fault(id_, "", "written twice")
