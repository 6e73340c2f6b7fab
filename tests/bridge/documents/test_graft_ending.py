"""Measures at the end of every part, and where the bar lines go."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import pytest
from lxml import etree

from bridge.documents.checker import check
from bridge.documents.graft import graft
from bridge.documents.musicxml_reader import read_musicxml
from engine.pitch import Pitch
from engine.score import Note, Score, Tuplet

NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration><voice>1</voice></note>"
START = """<attributes><divisions>1</divisions>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"""
REST = '<note><rest measure="yes"/><duration>4</duration><voice>1</voice></note>'
FINAL = '<barline location="right"><bar-style>light-heavy</bar-style></barline>'
REPEAT = FINAL.replace("</barline>", '<repeat direction="backward"/></barline>')
FERMATA = FINAL.replace("</barline>", "<fermata/></barline>")


def tree_of(ending: str = FINAL, second: str = REST) -> etree._ElementTree:
    parts = [
        f'<part id="P{n}"><measure number="1">{START}{NOTE}</measure>'
        f'<measure number="2">{content}{ending}</measure></part>'
        for n, content in ((1, NOTE), (2, second))
    ]
    listed = "".join(f'<score-part id="P{n}"><part-name>{n}</part-name></score-part>' for n in (1, 2))
    text = f"<score-partwise><part-list>{listed}</part-list>{''.join(parts)}</score-partwise>"
    return etree.fromstring(text).getroottree()


def longer(score: Score, *notes: Note) -> Score:
    """One more measure, in which the first part has those notes."""
    measures = (*score.measures, replace(score.measures[-1], number="3", end_repeat=False))
    cells = (tuple(notes), ())
    parts = (replace(p, cells=(*p.cells, c)) for p, c in zip(score.parts, cells, strict=True))
    return replace(score, measures=measures, parts=tuple(parts))


def grown(tree: etree._ElementTree, *notes: Note) -> list[list[str]]:
    """The bar lines of the first part's measures once there is one more."""
    score = read_musicxml(tree.getroot(), "test")
    after = longer(score, *notes)
    graft(tree, score, after)
    assert not check(tree)
    assert read_musicxml(tree.getroot(), "test") == after
    lines = [measure.find("barline") for measure in tree.iterfind("part[@id='P1']/measure")]
    return [[] if line is None else [str(child.tag) for child in line] for line in lines]


def test_the_final_bar_line_moves_to_the_new_end() -> None:
    assert grown(tree_of(), Note(F(0), F(4), Pitch("D", 0, 4))) == [[], [], ["bar-style"]]


def test_a_repeat_stays_where_it_is() -> None:
    assert grown(tree_of(REPEAT)) == [[], ["bar-style", "repeat"], ["bar-style"]]


def test_a_fermata_stays_too() -> None:
    assert grown(tree_of(FERMATA)) == [[], ["fermata"], ["bar-style"]]


def test_without_a_final_bar_line_there_is_none() -> None:
    assert grown(tree_of("")) == [[], [], []]


def test_divisions_are_set_where_the_new_notes_need_them() -> None:
    tree = tree_of()
    third = Note(F(0), F(1, 3), Pitch("D", 0, 4), tuplet=Tuplet(3, 2))
    grown(tree, third, replace(third, onset=F(1, 3)), replace(third, onset=F(2, 3)))
    assert [e.text for e in tree.iterfind("part[@id='P1']//divisions")] == ["1", "3"]
    assert [e.text for e in tree.iterfind("part[@id='P2']//divisions")] == ["1"]


@pytest.mark.parametrize("measures", [1, 2])
def test_a_part_that_ended_early_rests_until_then(measures: int) -> None:
    tree = tree_of()
    part = tree.findall("part")[1]
    for measure in part.findall("measure")[measures:]:
        part.remove(measure)
    grown(tree)
    assert [len(part.findall("measure")) for part in tree.iterfind("part")] == [3, 3]


def test_what_was_there_stays() -> None:
    tree, before = tree_of(), etree.tostring(tree_of(""), method="c14n")
    grown(tree)
    for part in tree.iterfind("part"):
        part.remove(part[-1])
    assert etree.tostring(tree, method="c14n") == before
