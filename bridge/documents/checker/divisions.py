"""What durations are counted in: without ``<divisions>`` no length in a part means anything."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bridge.documents.checker.faults import Fault, fault_at
from bridge.documents.musicxml_values import Fault as Senseless
from bridge.documents.musicxml_values import decimal


def uncounted_parts(root: etree._Element) -> list[etree._Element]:
    """The ``<part>`` elements with durations and nothing to count them in."""
    return [
        part
        for part in root.iterchildren("part")
        if part.find("measure/note/duration") is not None
        and not any(_counts(said.text) for said in part.iterfind("measure/attributes/divisions"))
    ]


def divisions_faults(part: etree._Element) -> Iterator[Fault]:
    """That an uncounted part has no ``<divisions>``; what is wrong with those that it has, the schema says."""
    if part.find("measure/attributes/divisions") is None:
        yield fault_at(part.find("measure"), "no <divisions>, so nothing says how long its notes are")


def _counts(text: str | None) -> bool:
    try:
        return decimal(text, "divisions") > 0
    except Senseless:
        return False
