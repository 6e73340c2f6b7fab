"""Lines from one note to another, such as slurs: their two ends, which stay together or go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from bridge.documents.graft.white import remove

End = tuple[etree._Element, etree._Element]  # a note and the <slur>, say, that begins or ends there
Line = Sequence[End]  # both ends, or the only one that the document has

_LINES = ("slur", "glissando", "slide", "wavy-line", "hammer-on", "pull-off")


def lines_of(part: etree._Element) -> list[Line]:
    """All lines of a ``<part>``.

    One that goes from a lower voice to an upper one may end before it begins in the document: in the same measure,
    for voices begin anew in each.
    """
    found: list[Line] = []
    begun: dict[tuple[str, str], End] = {}
    ended: dict[tuple[str, str], End] = {}  # in this measure, not begun yet
    for measure in part.iterchildren("measure"):
        for note, line in _ends(measure):
            key, end = (str(line.tag), line.get("number", "1")), (note, line)
            starts = line.get("type") == "start"
            if starts and key in ended and _voice(ended[key]) != _voice(end):
                found.append((end, ended.pop(key)))
            elif starts:
                found += [(begun[key],)] if key in begun else []
                begun[key] = end
            elif key in begun:
                found.append((begun.pop(key), end))
            else:
                found += [(ended[key],)] if key in ended else []
                ended[key] = end
        found += [(end,) for end in ended.values()]
        ended.clear()
    return found + [(end,) for end in begun.values()]


def _ends(measure: etree._Element) -> Iterator[End]:
    for note in measure.iterchildren("note"):
        for line in note.iterfind("notations//*"):
            if line.tag in _LINES and line.get("type") in ("start", "stop"):
                yield note, line


def _voice(end: End) -> str:
    return end[0].findtext("voice") or ""


def mend_lines(part: etree._Element, lines: Iterable[Line]) -> None:
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
