"""A new part leaves everything else in the user's document as it was."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import music21
import pytest
from lxml import etree

from bridge.documents.checker import check
from bridge.documents.graft import graft
from bridge.documents.musicxml_reader import read_musicxml
from bridge.errors import InputError
from engine.instruments import INSTRUMENTS, SETS
from engine.pitch import Pitch
from engine.score import Note, Part, Score

CORPUS = Path(music21.__file__).parent / "corpus"
WORKS = [
    "bach/bwv66.6.mxl",
    "bach/bwv185.6.mxl",
    "beethoven/opus18no1/movement1.mxl",
    "monteverdi/madrigal.3.1.mxl",
    "schoenberg/opus19/movement2.mxl",
    "schubert/Lindenbaum.xml",
]

DOCUMENT = b"""<score-partwise version="4.0">
  <part-list>
    <part-group type="start" number="1"><group-symbol>bracket</group-symbol></part-group>
    <score-part id="P1"><part-name>Soprano</part-name></score-part>
    <score-part id="P2"><part-name>Alto</part-name></score-part>
    <part-group type="stop" number="1"/>
    <score-part id="P3"><part-name>Cello</part-name></score-part>
    </part-list>
  %s
  </score-partwise>"""
PART = """<part id="P%d">
    <measure number="0" implicit="yes" width="120"><print new-page="yes"/>
      <attributes><divisions>2</divisions><key><fifths>1</fifths></key>
        <time print-object="no"><beats>3</beats><beat-type>4</beat-type></time></attributes>
      <note><rest/><duration>2</duration><voice>1</voice></note>
      </measure>
    <measure number="X1">
      <barline location="left"><bar-style>heavy-light</bar-style><repeat direction="forward"/></barline>
      <note><pitch><step>G</step><octave>4</octave></pitch><duration>6</duration><voice>1</voice></note>
      <barline location="right"><bar-style>light-heavy</bar-style><fermata/>
        <ending number="1" type="stop" end-length="3"/>
        <repeat direction="backward"/></barline>
      </measure>
    </part>
  """


def small() -> etree._ElementTree:
    parts = "".join(PART % n for n in (1, 2, 3)).rstrip().encode()
    return etree.fromstring(DOCUMENT % parts).getroottree()


def parse(name: str) -> etree._ElementTree:
    data = (CORPUS / name).read_bytes()
    if data[:2] == b"PK":
        with ZipFile(BytesIO(data)) as archive:
            inner = [
                n
                for n in archive.namelist()
                if n.endswith((".xml", ".musicxml")) and not n.startswith("META")
            ]
            data = archive.read(inner[0])
    return etree.fromstring(
        data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    ).getroottree()


def score_of(tree: etree._ElementTree) -> Score:
    return read_musicxml(tree.getroot(), "test")


def new_part(score: Score, id_: str = "new", instrument: str = "piano") -> Part:
    """A part that has something in every other measure."""
    cells = tuple(
        (Note(F(0), measure.duration, Pitch("C", 1, 4)),)
        if n % 2 and 64 % measure.duration.denominator == 0
        else ()
        for n, measure in enumerate(score.measures)
    )
    kind = INSTRUMENTS[instrument]
    return Part(id_, kind.label, instrument, kind.staves, cells, kind.transposition)


def add(tree: etree._ElementTree, parts: list[Part], score: Score, above: str | None) -> None:
    """Graft parts below the one with the id ``above`` (None: at the bottom)."""
    place = next((i + 1 for i, part in enumerate(score.parts) if part.id == above), len(score.parts))
    graft(tree, score, replace(score, parts=(*score.parts[:place], *parts, *score.parts[place:])))


def remove(tree: etree._ElementTree, ids: set[str]) -> None:
    for element in [e for e in tree.iter("part", "score-part") if e.get("id") in ids]:
        element.getparent().remove(element)


def without(tree: etree._ElementTree, ids: set[str]) -> bytes:
    remove(tree, ids)
    return etree.tostring(tree, method="c14n")


@pytest.mark.parametrize("work", WORKS)
def test_everything_else_stands(work: str) -> None:
    tree = parse(work)
    before, known, score = etree.tostring(tree, method="c14n"), set(check(tree)), score_of(tree)
    part = new_part(score)
    add(tree, [part], score, score.parts[0].id)
    assert set(check(tree)) <= known
    back = score_of(tree)
    assert back.measures == score.measures
    assert [p.id for p in back.parts if p.id != "new"] == [p.id for p in score.parts]
    assert [sounding(p) for p in back.parts if p.id == "new"] == [sounding(part)]
    assert etree.tostring(tree, method="c14n") != before
    assert without(tree, {"new"}) == before


def sounding(part: Part) -> list[tuple[F, F]]:
    """First onset and last end of each measure."""
    return [(min(n.onset for n in cell), max(n.end for n in cell)) for cell in part.cells if cell]


def test_order_numbers_and_bar_lines() -> None:
    tree = small()
    score = score_of(tree)
    add(tree, [new_part(score)], score, "P3")
    measures = tree.findall("part[@id='new']/measure")
    assert [dict(m.attrib) for m in measures] == [{"number": "0", "implicit": "yes"}, {"number": "X1"}]
    assert [[e.tag for e in b] for b in measures[1].iterfind("barline")] == [
        ["bar-style", "repeat"],
        ["bar-style", "ending", "repeat"],
    ]
    assert measures[1].find("barline/ending").attrib == {"number": "1", "type": "stop"}
    assert measures[0].find("attributes/time").get("print-object") == "no"
    assert tree.find("part[@id='new']//print") is None


def test_a_part_stays_below_its_neighbour_and_outside_its_group() -> None:
    tree = small()
    score = score_of(tree)
    add(tree, [new_part(score)], score, "P1")
    entries = [e.get("id") or e.get("type") for e in tree.find("part-list")]
    assert entries == ["start", "P1", "P2", "stop", "new", "P3"]
    assert [part.get("id") for part in tree.iterfind("part")] == ["P1", "P2", "new", "P3"]


def test_without_a_neighbour_it_goes_to_the_bottom() -> None:
    tree = small()
    score = score_of(tree)
    add(tree, [new_part(score)], score, None)
    assert tree.findall("part")[-1].get("id") == "new"


def test_a_quartet_gets_a_bracket_of_its_own_number() -> None:
    tree = small()
    before, score = etree.tostring(tree, method="c14n"), score_of(tree)
    parts = [new_part(score, f"Q{n}", name) for n, name in enumerate(SETS["string-quartet"])]
    add(tree, parts, score, "P3")
    entries = [e.get("id") or (e.get("type"), e.get("number")) for e in tree.find("part-list")]
    assert entries[-6:] == [("start", "2"), "Q0", "Q1", "Q2", "Q3", ("stop", "2")]
    assert [part.get("id") for part in tree.iterfind("part")][-4:] == ["Q0", "Q1", "Q2", "Q3"]
    for group in tree.findall("part-list/part-group[@number='2']"):
        group.getparent().remove(group)
    assert without(tree, {part.id for part in parts}) == before


def test_a_band_gets_none() -> None:
    tree = small()
    score = score_of(tree)
    add(tree, [new_part(score, f"B{n}", name) for n, name in enumerate(SETS["band"])], score, "P3")
    assert len(tree.findall("part-list/part-group")) == 2


def test_what_is_added_is_indented_like_the_document() -> None:
    tree = small()
    score = score_of(tree)
    add(tree, [new_part(score)], score, "P1")
    text = etree.tostring(tree).decode()
    assert '\n    <score-part id="new">\n      <part-name>' in text
    opening = '\n  <part id="new">\n    <measure number="0" implicit="yes">\n      <attributes>'
    assert opening + "\n        <divisions>" in text
    assert '\n    </measure>\n  </part>\n  <part id="P3">' in text


def test_a_document_without_white_space_gets_none() -> None:
    parser = etree.XMLParser(remove_blank_text=True)
    tree = etree.fromstring(etree.tostring(small()), parser).getroottree()
    score = score_of(tree)
    add(tree, [new_part(score)], score, "P1")
    assert b"\n" not in etree.tostring(tree)


def test_a_part_may_come_first() -> None:
    tree = small()
    score = score_of(tree)
    graft(tree, score, replace(score, parts=(new_part(score), *score.parts)))
    assert [part.get("id") for part in tree.iterfind("part")] == ["new", "P1", "P2", "P3"]
    assert [e.get("id") or e.get("type") for e in tree.find("part-list")][:2] == ["new", "start"]


def test_measures_that_do_not_match_are_refused() -> None:
    tree = small()
    with pytest.raises(InputError, match="2 measures where 1"):
        graft(tree, Score(score_of(tree).measures[:1], ()), Score(score_of(tree).measures[:1], ()))
