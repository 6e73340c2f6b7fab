"""Beams over a bar line, where the notes on one side of it are written anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lxml import etree

Beam = tuple[str, str]  # voice label, level
Crossing = tuple[etree._Element, etree._Element, Beam]  # measures on both sides


def crossing_beams(measures: Sequence[etree._Element | None], changed: Collection[int]) -> list[Crossing]:
    """The beams over those bar lines that a ``changed`` measure, given by its index, is beside."""
    found: list[Crossing] = []
    for index in sorted({*changed, *(i + 1 for i in changed)}):
        left, right = (measures[i] if 0 <= i < len(measures) else None for i in (index - 1, index))
        if left is not None and right is not None:
            found += [(left, right, beam) for beam in _open(left).keys() & _orphans(right).keys()]
    return found


def mend_beams(crossing: Sequence[Crossing]) -> None:
    """Let beams that have lost their other half end, or begin, at the bar line."""
    for left, right, beam in crossing:
        begun, ended = _open(left).get(beam), _orphans(right).get(beam)
        if begun is not None and ended is None:
            _shorten(begun, "end")
        elif ended is not None and begun is None:
            _shorten(ended, "begin")


def _open(measure: etree._Element) -> dict[Beam, etree._Element]:
    """The last ``<beam>`` of every beam that goes on in the next measure."""
    found: dict[Beam, etree._Element] = {}
    for key, beam in _beams(measure):
        if _kind(beam) in ("begin", "continue"):
            found[key] = beam
        elif _kind(beam) == "end":
            found.pop(key, None)
    return found


def _orphans(measure: etree._Element) -> dict[Beam, etree._Element]:
    """The first ``<beam>`` of every beam that comes from the measure before."""
    first: dict[Beam, etree._Element] = {}
    for key, beam in _beams(measure):
        if _kind(beam) in ("begin", "continue", "end"):
            first.setdefault(key, beam)
    return {key: beam for key, beam in first.items() if _kind(beam) != "begin"}


def _beams(measure: etree._Element) -> list[tuple[Beam, etree._Element]]:
    """The beams of all notes in time, in order; grace notes have beams of their own."""
    return [
        ((note.findtext("voice") or "", beam.get("number", "1")), beam)
        for note in measure.iterchildren("note")
        if note.find("grace") is None
        for beam in note.iterfind("beam")
    ]


def _kind(beam: etree._Element) -> str:
    return (beam.text or "").strip()


def _shorten(beam: etree._Element, edge: str) -> None:
    """Make an inner note the ``edge`` of its beam; a note that the beam would be left with alone gets its flags."""
    note = beam.getparent()
    if _kind(beam) == "continue":
        beam.text = edge
    elif note is not None:
        for own in note.findall("beam") if beam.get("number", "1") == "1" else [beam]:
            note.remove(own)
