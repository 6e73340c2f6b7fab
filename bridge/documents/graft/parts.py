"""New parts in a score-partwise document: their entries in the part-list and their measures."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from itertools import count, groupby

from lxml import etree

from bridge.documents.graft.white import insert_at
from bridge.documents.musicxml_writer import midi_channel, score_part
from bridge.errors import InputError
from bridge.notation.measures import part_measures
from bridge.notation.xml import add
from engine.instruments import INSTRUMENTS
from engine.score import Part, Score

_SHARED_IN_BAR_LINES = ("bar-style", "ending", "repeat")  # what concerns all parts; fermatas and codas do not
_BRACKETED = ("voice", "strings", "woodwind", "brass")
_ENDING = re.compile(r"[1-9][0-9]*(, ?[1-9][0-9]*)*")  # what an ending should be called; files hold others


def insert_parts(root: etree._Element, parts: Sequence[Part], score: Score, above: str | None) -> None:
    """Put parts below the part with the id ``above`` (None: at the top), outside any group that it is in.

    ``score`` has the measures of the document, and the parts' cells are in step with them. The parts' ids
    are free in the document. Neighbours of one family get a bracket. Raises InputError for a document
    without a part-list, EngineError when a rhythm has no notation.
    """
    part_list = root.find("part-list")
    if part_list is None:
        raise InputError("the document has no part-list", "Export the score again.")
    model = longest_part(root)
    channels = count(len(part_list.findall("score-part")))
    entries = [score_part(part, part.id, midi_channel(next(channels))) for part in parts]
    place, neighbours = _place(part_list, above)
    insert_at(part_list, place, _bracketed(entries, parts, part_list))
    insert_at(root, _place_in_score(root, neighbours), [_part(part, score, model) for part in parts])


def longest_part(root: etree._Element) -> list[etree._Element]:
    """The measures of the first part that has all of them."""
    return max((part.findall("measure") for part in root.iterchildren("part")), key=len, default=[])


def _place(part_list: etree._Element, above: str | None) -> tuple[int, set[str]]:
    """Where in the list to insert, and the ids of the parts before that place."""
    if above is None:
        return 0, set()
    children = list(part_list)
    own = [i for i, child in enumerate(children) if child.tag == "score-part" and child.get("id") == above]
    index = own[0] if own else len(children) - 1
    while _open_groups(children[: index + 1]) and index + 1 < len(children):
        index += 1
    ids = {child.get("id", "") for child in children[: index + 1] if child.tag == "score-part"}
    return index + 1, ids


def _open_groups(children: Sequence[etree._Element]) -> set[str]:
    """Numbers of the part-groups that begin among those children and do not end there."""
    groups: set[str] = set()
    for child in children:
        if child.tag == "part-group":
            number = child.get("number", "1")
            groups = groups - {number} if child.get("type") == "stop" else groups | {number}
    return groups


def _place_in_score(root: etree._Element, above: set[str]) -> int:
    """The index among the children of the root behind the last ``<part>`` with one of those ids."""
    parts = [(i, child.get("id")) for i, child in enumerate(root) if child.tag == "part"]
    behind = [i + 1 for i, id_ in parts if id_ in above]
    return behind[-1] if behind else parts[0][0] if parts else len(root)


def _bracketed(
    entries: list[etree._Element], parts: Sequence[Part], part_list: etree._Element
) -> list[etree._Element]:
    """The entries, neighbours of one family of singers, strings or winds within a bracket."""
    used = {group.get("number", "1") for group in part_list.iterfind("part-group")}
    numbers = (number for number in map(str, count(1)) if number not in used)
    pairs = zip(entries, parts, strict=True)
    runs = groupby(pairs, key=lambda pair: INSTRUMENTS[pair[1].instrument].family)
    return [
        element
        for family, run in runs
        for element in _group([entry for entry, _ in run], numbers if family in _BRACKETED else None)
    ]


def _group(entries: list[etree._Element], numbers: Iterator[str] | None) -> list[etree._Element]:
    """Several entries within a bracket; one alone, or without a number for the bracket, as it is."""
    if len(entries) < 2 or numbers is None:
        return entries
    number = next(numbers)
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
    if not all(_ENDING.fullmatch(ending.get("number", "")) for ending in element.iter("ending")):
        etree.strip_elements(
            element, "ending", with_tail=False
        )  # numbers that are none would be a fault of ours
    if not any(old.find("attributes/time") is not None for old in model):
        etree.strip_elements(element, "time", with_tail=False)  # a document without metres gets none from us
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
    if len(bar_line) and bar_line.find("bar-style") is None and bar_line.find("repeat") is None:
        bar_line.insert(0, etree.Element("bar-style"))
        bar_line[0].text = "regular"  # MuseScore wants a style or a repeat beside an ending
    return bar_line if len(bar_line) else None


def _without_layout(element: etree._Element) -> etree._Element:
    element = copy.deepcopy(element)
    element.tail = None
    for name in ("default-x", "default-y", "relative-x", "relative-y", "end-length", "text-x", "text-y"):
        element.attrib.pop(name, None)
    return element
