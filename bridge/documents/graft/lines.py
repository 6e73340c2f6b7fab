"""Lines from one note to another, such as slurs: their two ends, which stay together or go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from bridge.documents.graft.white import remove

End = tuple[etree._Element, etree._Element]  # a note and the <slur>, say, that begins or ends there

LINES = ("slur", "glissando", "slide", "wavy-line", "hammer-on", "pull-off")


def lines_of(notes: Iterable[etree._Element]) -> Iterator[list[End]]:
    """Lines by their ends among the notes of a part, given in order: both, or the only one."""
    begun: dict[tuple[str, str], End] = {}
    for note, line in ((owner, line) for owner in notes for line in owner.iterfind("notations//*")):
        key = str(line.tag), line.get("number", "1")
        if line.tag in LINES and line.get("type") == "start":
            begun[key] = note, line
        elif line.tag in LINES and line.get("type") == "stop":
            yield [begun.pop(key), (note, line)] if key in begun else [(note, line)]
    yield from ([end] for end in begun.values())


def mend_lines(part: etree._Element, lines: Iterable[Sequence[End]]) -> None:
    """Take away the ends whose other end has left the ``<part>``; ``lines`` are those that it had."""
    for ends in lines:
        there = [(note, line) for note, line in ends if part in line.iterancestors("part")]
        if len(there) < len(ends):
            for note, line in there:
                _remove(line, note)


def _remove(line: etree._Element, note: etree._Element) -> None:
    """Take the end of a line away from a note that stays, and what held nothing else."""
    gone, holder = line, line.getparent()
    while holder is not None and holder is not note and len(holder) == 1:
        gone, holder = holder, holder.getparent()
    remove(gone)


def take_off(line: etree._Element) -> str:
    """Take the end of a line off its note, with what it was in if that held nothing else; the name of that."""
    holder = line.getparent()
    assert holder is not None
    line.tail = None
    holder.remove(line)
    above = holder.getparent()
    if holder.tag != "notations" and not len(holder) and above is not None:
        above.remove(holder)
    return str(holder.tag)
