"""The checker finds what it is there to find, and nothing in a sound document."""

from __future__ import annotations

import pytest
from lxml import etree

from bridge.documents.checker import Fault, check

PITCH = "<pitch><step>{}</step><octave>4</octave></pitch>"
NOTE = f"<note>{PITCH}<duration>{{}}</duration>{{}}<voice>{{}}</voice>{{}}</note>"
BACKUP = "<backup><duration>4</duration></backup>"
START, STOP = '<tie type="start"/>', '<tie type="stop"/>'


def note(duration: int, tie: str = "", voice: int = 1, step: str = "C", marks: str = "") -> str:
    notations = f"<notations>{marks}</notations>" if marks else ""
    return NOTE.format(step, duration, tie, voice, notations)


def document(
    *parts: list[str], listed: str = "", metre: str = "<beats>4</beats><beat-type>4</beat-type>"
) -> etree._ElementTree:
    """Parts P1, P2, ... with those measures."""
    attributes = f"<attributes><divisions>1</divisions><time>{metre}</time></attributes>"
    ids = [f"P{n}" for n in range(1, len(parts) + 1)]
    entries = "".join(f'<score-part id="{id_}"/>' for id_ in ids) + listed
    bodies = ""
    for id_, measures in zip(ids, parts, strict=True):
        inner = "".join(f'<measure number="{n}">{m}</measure>' for n, m in enumerate(measures, start=1))
        bodies += f'<part id="{id_}">{inner}</part>'.replace('number="1">', f'number="1">{attributes}')
    text = f"<score-partwise><part-list>{entries}</part-list>{bodies}</score-partwise>"
    return etree.fromstring(text).getroottree()


def messages(*parts: list[str]) -> list[str]:
    return [str(fault) for fault in check(document(*parts))]


def test_a_sound_document() -> None:
    tied = [note(4, START), note(2, STOP + START) + note(2, STOP) + BACKUP + note(3, voice=2)]
    assert messages(tied, [note(4), note(4)]) == []


def test_a_short_measure_is_fine_when_all_parts_agree() -> None:
    assert messages([note(4), note(3)], [note(4), note(3)]) == []
    assert messages([note(4), note(3)], [note(4), note(4)]) == ["part P1, measure 2: 3 quarters instead of 4"]


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        ([note(4), note(5)], "measure 2: 5 quarters instead of 4"),
        ([note(4), note(3)], "measure 2: 3 quarters instead of 4"),
        (
            [note(3) + "<backup><duration>3</duration></backup>" + note(4, voice=2)],
            "measure 1: voice 1 is not complete",
        ),
        ([note(4) + BACKUP + note(4)], "measure 1: voice 1 overlaps itself"),
        ([note(4, START), note(4)], "measure 1: a tie across the bar line leads to no note"),
        ([note(4, START), note(4, STOP, step="D")], "measure 1: a tie across the bar line leads to no note"),
        ([note(2, START) + note(2)], "measure 1: a tie leads to no note"),
        ([note(2) + note(2, STOP)], "measure 1: a tie comes from no note"),
        ([note(4, START)], "measure 1: a tie leads beyond the end"),
        ([note(4, marks='<tuplet type="start"/>')], "measure 1: voice 1 has a tuplet that is not complete"),
        ([note(4) + note(0)], "measure 1: voice 1 has a note without length"),
        ([note(4).replace("<octave>4", "<octave>10")], "measure 1: C10 is beyond every instrument"),
    ],
)
def test_faults(measures: list[str], message: str) -> None:
    assert f"part P1, {message}" in messages(measures)


def test_ids() -> None:
    tree = document([note(4)], listed='<score-part id="P1"/><score-part id="P9"/>')
    assert check(tree) == [
        Fault("P1", "", "the id is given twice"),
        Fault("P9", "", "listed but not written"),
    ]
    tree.find("part-list").clear()
    assert check(tree) == [Fault("P1", "", "written but not listed")]


def test_senza_misura_has_any_length() -> None:
    assert check(document([note(7), note(2)], metre="<senza-misura/>")) == []
