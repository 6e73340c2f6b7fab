"""Score-timewise documents become score-partwise ones, and say so."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.documents.document import open_bytes
from bridge.errors import EmptyScoreError

HEAD = """<?xml version='1.0' encoding='{}'?>
<!-- was <!DOCTYPE score-timewise> -->
<!DOCTYPE score-timewise PUBLIC "-//Recordare//DTD MusicXML 2.0 Timewise//EN"
  "http://www.musicxml.org/dtds/timewise.dtd">
"""
SCORE = """<score-timewise version="2.0">
  <work><work-title>Timewise // é</work-title></work>
  <part-list>
    <score-part id="P1"><part-name>Flute</part-name></score-part>
    <score-part id="P2"><part-name>Cello</part-name></score-part>
  </part-list>
  <!-- first -->
  <measure number="1" width="99" id="m1">
    <part id="P1">
      <note><rest/><duration>4</duration></note>
    </part>
    <?cello in?>
    <part id="P2">
      <note><pitch><step>C</step><octave>3</octave></pitch><duration>4</duration></note>
    </part>
  </measure>
  <measure number="X2" implicit="yes">
    <part id="P2">
      <note><pitch><step>D</step><octave>3</octave></pitch><duration>4</duration></note>
    </part>
  </measure>
</score-timewise>
"""
EPILOG = "<!-- </score-timewise> -->\n"
PARTWISE = """<score-partwise version="2.0">
  <work><work-title>Timewise // é</work-title></work>
  <part-list>
    <score-part id="P1"><part-name>Flute</part-name></score-part>
    <score-part id="P2"><part-name>Cello</part-name></score-part>
  </part-list>
  <!-- first -->
  <part id="P1">
    <measure number="1" width="99" id="m1">
      <note><rest/><duration>4</duration></note>
    </measure>
    <measure number="X2" implicit="yes"/>
  </part>
  <part id="P2">
    <measure number="1" width="99">
      <?cello in?>
    <note><pitch><step>C</step><octave>3</octave></pitch><duration>4</duration></note>
    </measure>
    <measure number="X2" implicit="yes">
      <note><pitch><step>D</step><octave>3</octave></pitch><duration>4</duration></note>
    </measure>
  </part>
</score-partwise>
"""


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1"])
def test_the_whole_document(encoding: str) -> None:
    head = HEAD.format(encoding)
    document = open_bytes((head + SCORE + EPILOG).encode(encoding), "song.xml")
    doctype = head[head.index("<!DOCTYPE score-timewise PUB") :]
    meant = head.replace(doctype, doctype.replace("timewise", "partwise").replace("Timewise", "Partwise"))
    assert document.to_bytes() == (meant + PARTWISE + EPILOG).encode(encoding)
    assert document.remarks == ("song.xml: was score-timewise; written as score-partwise",)
    assert open_bytes(document.to_bytes(), "song.xml").remarks == ()


def test_the_score_in_it() -> None:
    score = open_bytes((HEAD.format("UTF-8") + SCORE).encode(), "song.xml").score
    assert [[len(cell) for cell in part.cells] for part in score.parts] == [[0, 0], [1, 1]]
    assert [(part.id, part.name, part.instrument) for part in score.parts] == [
        ("P1", "Flute", "flute"),
        ("P2", "Cello", "cello"),
    ]
    assert [m.implicit for m in score.measures] == [False, True]


def test_in_an_archive() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.xml", SCORE)
        archive.writestr("b.png", b"b")
    document = open_bytes(packed.getvalue(), "a.mxl")
    with zipfile.ZipFile(io.BytesIO(document.to_bytes())) as archive:
        assert archive.read("a.xml").decode() == PARTWISE
        assert archive.read("b.png") == b"b"


@pytest.mark.parametrize("inside", ["", "<part-list/>", "<measure number='1'/>"])
def test_without_parts(inside: str) -> None:
    document = open_bytes(f"<score-timewise>{inside}</score-timewise>".encode(), "song.xml")
    assert document.to_bytes().startswith(b"<score-partwise")
    with pytest.raises(EmptyScoreError, match=r"song\.xml"):
        _ = document.score


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4), min_size=1, max_size=5))
def test_nothing_is_lost_and_parts_stay_in_step(rows: list[list[str]]) -> None:
    counter = iter(range(100))
    measures = [
        "".join(f'<part id="{name}"><sound tempo="{next(counter)}"/></part><!--{name}-->' for name in row)
        for row in rows
    ]
    text = "".join(f'<measure number="{i}">{content}</measure>' for i, content in enumerate(measures))
    tree = open_bytes(f"<score-timewise>{text}</score-timewise>".encode(), "song.xml").tree
    found = {(p.get("id"), m.get("number"), s.get("tempo")) for p, m, s in _sounds(tree)}
    counter = iter(range(100))
    assert found == {(name, str(i), str(next(counter))) for i, row in enumerate(rows) for name in row}
    assert len(list(tree.iter(etree.Comment))) == sum(map(len, rows))
    assert all(len(part.findall("measure")) == len(rows) for part in tree.iterfind("part"))


def _sounds(tree: etree._ElementTree) -> list[tuple[etree._Element, etree._Element, etree._Element]]:
    return [
        (p, m, s) for p in tree.iterfind("part") for m in p.iterfind("measure") for s in m.iterfind("sound")
    ]
