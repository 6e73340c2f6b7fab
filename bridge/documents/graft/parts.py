"""New parts put into the user's own document, in which nothing else is touched.

Every element that was there keeps its text, the white space after it, its attributes and its place.
So a node added as the last of its parent starts one level of indentation short: the white space before
it belongs to the element that was last.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import count

from lxml import etree

from bridge.documents.musicxml_writer import midi_channel, score_part
from bridge.errors import InputError
from bridge.notation.measures import part_measures
from bridge.notation.xml import add
from engine.instruments import INSTRUMENTS
from engine.score import Part, Score

_SHARED_IN_BAR_LINES = ("bar-style", "ending", "repeat")  # what concerns all parts; fermatas and codas do not


def add_part(tree: etree._ElementTree, part: Part, score: Score, after: str | None) -> None:
    """Put one part into a score-partwise document, below the part with the id ``after`` (None: the bottom).

    See ``add_parts``.
    """
    add_parts(tree, [part], score, after)


def add_parts(tree: etree._ElementTree, parts: Sequence[Part], score: Score, after: str | None) -> None:
    """Put parts into a score-partwise document, one below the other; several of one family get a bracket.

    ``score`` is what was read from the document; its measures and the parts' cells are in step. The
    parts' ids are free in the document. They stand below the part with the id ``after`` (None: at the
    bottom), outside any group that this part is in. Raises InputError when the document's measures are
    not those of the score, and EngineError when a rhythm has no notation.
    """
    root = tree.getroot()
    model = _longest_part(root)
    part_list = root.find("part-list")
    if part_list is None:
        raise InputError("the document has no part-list", "export the score again")
    if len(model) != len(score.measures):
        raise InputError(f"the document has {len(model)} measures where {len(score.measures)} were read")
    place = _place_in_list(part_list, after)
    channels = count(len(part_list.findall("score-part")))
    entries = [score_part(part, part.id, midi_channel(next(channels))) for part in parts]
    neighbour = _part_above(root, place)
    _insert_after(place, part_list, _bracketed(entries, parts, part_list))
    _insert_after(neighbour, root, [_part(part, score, model) for part in parts])


def _longest_part(root: etree._Element) -> list[etree._Element]:
    """The measures of the first part that has all of them."""
    return max((part.findall("measure") for part in root.iterchildren("part")), key=len, default=[])


def _place_in_list(part_list: etree._Element, after: str | None) -> etree._Element:
    """The child of the part-list to insert behind: that part's entry, or the end of the groups around it."""
    children = [child for child in part_list if child.tag in ("score-part", "part-group")]
    wanted = [i for i, child in enumerate(children) if child.tag == "score-part" and child.get("id") == after]
    index = wanted[0] if wanted else len(children) - 1
    open_groups = _open_groups(children[: index + 1])
    while open_groups and index + 1 < len(children):
        index += 1
        open_groups = _open_groups(children[: index + 1])
    return children[index]


def _open_groups(children: Sequence[etree._Element]) -> set[str]:
    """Numbers of the part-groups that begin among those children and do not end there."""
    groups: set[str] = set()
    for child in children:
        if child.tag == "part-group":
            number = child.get("number", "1")
            groups = groups - {number} if child.get("type") == "stop" else groups | {number}
    return groups


def _part_above(root: etree._Element, place: etree._Element) -> etree._Element | None:
    """The ``<part>`` of the last entry down to that place in the part-list."""
    ids = [
        e.get("id")
        for e in (*reversed(list(place.itersiblings(preceding=True))), place)
        if e.tag == "score-part"
    ]
    parts = {part.get("id"): part for part in root.iterchildren("part")}
    return next((parts[id_] for id_ in reversed(ids) if id_ in parts), None)


def _bracketed(
    entries: list[etree._Element], parts: Sequence[Part], part_list: etree._Element
) -> list[etree._Element]:
    """The entries, within a bracket if they are several of one family."""
    if len(parts) < 2 or len({INSTRUMENTS[part.instrument].family for part in parts}) > 1:
        return entries
    used = {group.get("number", "1") for group in part_list.iterfind("part-group")}
    number = next(n for n in map(str, count(1)) if n not in used)
    start = etree.Element("part-group", {"type": "start", "number": number})
    add(start, "group-symbol", "bracket")
    add(start, "group-barline", "yes")
    return [start, *entries, etree.Element("part-group", {"type": "stop", "number": number})]


def _part(part: Part, score: Score, model: list[etree._Element]) -> etree._Element:
    """The ``<part>`` with the numbers and bar lines of the ``model`` measures."""
    element = etree.Element("part", {"id": part.id})
    for measure, old in zip(part_measures(part, score.measures), model, strict=True):
        _mirror(measure, old)
        element.append(measure)
    return element


def _mirror(measure: etree._Element, model: etree._Element) -> None:
    """Take over what a measure of another part says for all parts."""
    for name in ("number", "implicit", "non-controlling"):
        if value := model.get(name):
            measure.set(name, value)
    times = model.findall("attributes/time")
    for time in measure.iterfind("attributes/time"):
        if times and times[0].get("print-object") == "no":
            time.set("print-object", "no")
    for old in model.iterchildren("barline"):
        location = old.get("location", "right")
        if location != "middle" and (bar_line := _shared_bar_line(old)) is not None:
            measure.insert(0 if location == "left" else len(measure), bar_line)


def _shared_bar_line(old: etree._Element) -> etree._Element | None:
    bar_line = etree.Element("barline", {"location": old.get("location", "right")})
    for child in old:
        if child.tag in _SHARED_IN_BAR_LINES:
            bar_line.append(_without_layout(child))
    return bar_line if len(bar_line) else None


def _without_layout(element: etree._Element) -> etree._Element:
    element = copy.deepcopy(element)
    element.tail = None
    for name in ("default-x", "default-y", "relative-x", "relative-y", "end-length", "text-x", "text-y"):
        element.attrib.pop(name, None)
    return element


def _insert_after(
    place: etree._Element | None, parent: etree._Element, elements: Sequence[etree._Element]
) -> None:
    """Insert elements behind a child of ``parent`` (None: as the last), in the document's indentation."""
    if place is None:
        place = parent[-1]
    step, inner = _indentation(parent)
    for element in reversed(elements):
        if inner:
            _indent(element, inner, step)
        element.tail = place.tail if element is elements[-1] else inner
        parent.insert(parent.index(place) + 1, element)


def _indentation(parent: etree._Element) -> tuple[str, str]:
    """One level of the document's indentation, and the white space before children of ``parent``."""
    inner = parent.text or ""
    if inner.strip() or "\n" not in inner:
        return "", ""
    depth = sum(1 for _ in parent.iterancestors()) + 1
    width = inner.rsplit("\n", 1)[1]
    return width[: len(width) // depth], inner


def _indent(element: etree._Element, white: str, step: str) -> None:
    if len(element):
        element.text = white + step
        for child in element:
            _indent(child, white + step, step)
            child.tail = white + step
        element[-1].tail = white
