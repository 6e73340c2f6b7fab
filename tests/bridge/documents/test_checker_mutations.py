"""One thing is broken in a sound human score, and exactly that place is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import music21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bridge.documents.checker import check
from bridge.documents.document import open_document

CORPUS = Path(music21.__file__).parent / "corpus"
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.musicxml"))
CHORALE, MOTET, TRIO = (
    "bach/bwv269.mxl",
    "lusitano/allor_che_ignuda.mxl",
    "webern/webern_dormi_jesu_op_16_no_2.mxl",
)
PIANO, SONG = "cpebach/h186.mxl", "verdi/laDonnaEMobile.mxl"
SHORTER = {
    "whole": "half",
    "half": "quarter",
    "quarter": "eighth",
    "eighth": "16th",
    "16th": "32nd",
    "32nd": "64th",
}
# Where nothing but the broken thing can be at fault: full measures that no tie enters or leaves.
MEASURES = "//measure[not(.//tie) and not(@implicit='yes') and position() > 1 and position() < last()]"
PLAIN = (
    "not(grace or chord or beam or time-modification or rest or following-sibling::*[1][self::note[chord]])"
)
FIRST_VOICE = "not(voice != ../note[1]/voice)"
# At a repeat a tie may come from afar.
NO_REPEAT = "not((.. | ../preceding-sibling::measure[1] | ../following-sibling::measure[1])/barline)"


@dataclass(frozen=True)
class Breaking:
    """``sites`` is an XPath of what can be broken; ``word`` is in what the checker says of it."""

    sites: str
    break_: Callable[[etree._Element], object]
    word: str
    scores: tuple[str, ...]


def text(path: str, change: Callable[[str], str]) -> Callable[[etree._Element], None]:
    """Changes the text of a child."""

    def break_(element: etree._Element) -> None:
        child = element.find(path)
        child.text = change(child.text)

    return break_


def without(*paths: str) -> Callable[[etree._Element], None]:
    """Removes what is at those paths; "." is the element itself."""

    def break_(element: etree._Element) -> None:
        for path in paths:
            for found in element.findall(path):
                found.getparent().remove(found)

    return break_


def moved_beyond(note: etree._Element) -> None:
    note.find("pitch/step").text, note.find("pitch/octave").text = "B", "9"


def joined_to_nothing(note: etree._Element) -> None:
    note.insert(0, etree.Element("chord"))


BREAKINGS = {
    "a note is deleted": Breaking(
        f"{MEASURES}/note[{PLAIN} and {FIRST_VOICE} and ../note[2]]",
        without("."),
        "quarter",
        (CHORALE, MOTET, PIANO, SONG),
    ),
    "a duration is shifted": Breaking(
        f"{MEASURES}/note[{PLAIN} and {FIRST_VOICE}]",
        text("duration", lambda t: str(int(t) + 1)),
        "lasts",
        (CHORALE, MOTET, PIANO, SONG),
    ),
    "a type is changed": Breaking(
        "//note[not(grace or rest) and type]",
        text("type", SHORTER.__getitem__),
        "lasts",
        (CHORALE, TRIO, PIANO, SONG),
    ),
    "a tie does not stop": Breaking(
        f"//note[tie/@type = 'stop' and {NO_REPEAT}]",
        without("tie[@type='stop']", "notations/tied[@type='stop']"),
        "tie",
        (CHORALE, MOTET, PIANO),
    ),
    "a tie does not start": Breaking(
        f"//note[tie/@type = 'start' and {NO_REPEAT}]",
        without("tie[@type='start']", "notations/tied[@type='start']"),
        "tie",
        (CHORALE, MOTET, PIANO),
    ),
    "a tie is not drawn": Breaking(
        "//note[tie]", without("notations/tied"), "drawn", (CHORALE, MOTET, PIANO)
    ),
    "a tuplet does not stop": Breaking(
        "//note[notations/tuplet/@type = 'stop']", without("notations/tuplet"), "tuplet", (TRIO, PIANO, SONG)
    ),
    "a tuplet does not start": Breaking(
        "//note[notations/tuplet/@type = 'start']", without("notations/tuplet"), "tuplet", (TRIO, PIANO, SONG)
    ),
    "a beam does not end": Breaking("//note[beam = 'end']", without("beam"), "beam", (CHORALE, PIANO, SONG)),
    "a beam does not begin": Breaking(
        "//note[beam = 'begin']", without("beam"), "beam", (CHORALE, PIANO, SONG)
    ),
    "an id is given twice": Breaking("//note", lambda note: note.set("id", "P1"), '"P1"', (CHORALE, SONG)),
    "a backup is dropped": Breaking(f"{MEASURES}/backup", without("."), "quarters", (PIANO, SONG)),
    "a backup is too long": Breaking(
        f"{MEASURES}/backup", text("duration", lambda t: str(int(t) + 1)), "backup", (PIANO, SONG)
    ),
    "an element is out of order": Breaking(
        "//note[type]", lambda note: note.append(note.find("type")), "belong", (CHORALE, PIANO, SONG)
    ),
    "an element is unknown": Breaking(
        "//note", lambda note: note.append(etree.Element("tone")), "<tone>", (TRIO,)
    ),
    "a note is beyond all ranges": Breaking(
        "//note[pitch and not(tie)]", moved_beyond, "beyond", (CHORALE, TRIO, PIANO)
    ),
    "a staff is not there": Breaking(
        "//note[staff]", text("staff", lambda t: "3"), "staff 3 of", (PIANO, SONG)
    ),
    "a chord has no first note": Breaking(
        f"{MEASURES}/note[1][{PLAIN}]", joined_to_nothing, "chord", (CHORALE, PIANO, SONG)
    ),
    "a measure is emptied": Breaking(f"{MEASURES}", without("note"), "neither", (CHORALE,)),
}


@cache
def score(name: str) -> etree._ElementTree:
    return open_document(CORPUS / name).tree


@pytest.mark.parametrize("name", [CHORALE, MOTET, TRIO, PIANO, SONG])
def test_the_unbroken_score_is_sound(name: str) -> None:
    assert check(score(name)) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_sound(path: Path) -> None:
    assert check(open_document(path).tree) == []


@pytest.mark.parametrize(
    ("breaking", "name"),
    [(breaking, name) for breaking, b in BREAKINGS.items() for name in b.scores],
)
@settings(max_examples=4)
@given(data=st.data())
def test_exactly_the_broken_place_is_named(breaking: str, name: str, data: st.DataObject) -> None:
    how = BREAKINGS[breaking]
    tree = copy.deepcopy(score(name))
    sites = tree.xpath(how.sites)
    site = sites[data.draw(st.integers(0, len(sites) - 1))]
    measure, part = (next(site.iterancestors(tag), site) for tag in ("measure", "part"))
    how.break_(site)
    faults = check(tree)
    assert {(fault.part, fault.measure) for fault in faults} == {(part.get("id"), measure.get("number"))}
    assert any(how.word in fault.message for fault in faults)


def renamed(element: etree._Element) -> None:
    element.tag = "backup"


def doubled(element: etree._Element) -> None:
    element.addnext(copy.deepcopy(element))


def retold(element: etree._Element) -> None:
    element.text = "-7.5"


def muted(element: etree._Element) -> None:
    element.text = ""
    element.attrib.clear()


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_broken_the_checker_answers(data: st.DataObject) -> None:
    tree = copy.deepcopy(open_document(EXAMPLES[0]).tree)
    for _ in range(data.draw(st.integers(1, 8))):
        elements = tree.xpath("/*//*")
        how = data.draw(st.sampled_from([without("."), renamed, doubled, retold, muted]))
        how(elements[data.draw(st.integers(0, len(elements) - 1))])
    assert all(fault.message for fault in check(tree))
