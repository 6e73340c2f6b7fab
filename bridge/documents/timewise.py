"""A score-timewise document made score-partwise: measures that hold parts become parts that hold measures."""

from __future__ import annotations

from lxml import etree

PARTWISE = "score-partwise"
TIMEWISE = "score-timewise"


def partwise(root: etree._Element) -> etree._Element:
    """The ``<score-partwise>`` that a ``<score-timewise>`` element means; the old element is used up.

    The order of everything else is kept. Comments and processing instructions among the measures come into the
    first part, those among the parts of a measure into the part that follows. Every part gets every measure,
    an empty one where the document had none, so that the parts stay in step.
    """
    new = etree.Element(PARTWISE, dict(root.attrib), nsmap=root.nsmap)
    new.text = root.text
    rows = root.findall("measure")
    names = dict.fromkeys(part.get("id", "") for row in rows for part in row.iterchildren("part"))
    parts = {name: etree.Element("part", {"id": name}) for name in names}
    place = new
    for child in list(root):
        if child.tag == "measure" and parts:
            _deal(child, parts)
            place = next(iter(parts.values()))
        else:
            place.append(child)
    new.extend(parts.values())
    if rows:
        _indent(new, rows[0])
    return new


def _deal(row: etree._Element, parts: dict[str, etree._Element]) -> None:
    """Give each part its measure of a row, with what the row says of all of them."""
    shared = dict(row.attrib)
    measures = {}
    for name, part in parts.items():
        measures[name] = etree.SubElement(part, "measure", shared)
        measures[name].tail = row.text
        shared.pop("id", None)  # unique in a document, so the first part keeps it
    loose: list[etree._Element] = []
    for child in list(row):
        if child.tag == "part":
            measure = measures[child.get("id", "")]
            measure.text = measure.text or child.text
            measure.extend([*loose, *child])
            loose = []
        else:
            loose.append(child)
    measures[next(reversed(measures))].extend(loose)


def _indent(root: etree._Element, row: etree._Element) -> None:
    """White space as in the old document, where elements of the same depth stood."""
    for part in root.iterchildren("part"):
        part.text, part.tail = row.text, row.tail
        part[-1].tail = row.tail
    root[-1].tail = root.text if root.text is None else root.text.rstrip(" \t")
