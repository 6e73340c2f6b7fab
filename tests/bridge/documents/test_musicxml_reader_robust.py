"""Whatever a document says, the reader answers with a score or with an error of its own."""

from __future__ import annotations

import contextlib
import copy
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.documents.document import open_bytes
from bridge.documents.musicxml_reader import read_musicxml
from bridge.errors import InputError

SCORE = """<score-partwise version="4.0"><work><work-title>T</work-title></work><part-list>
<score-part id="P1"><part-name>Horn</part-name><midi-instrument id="i"><midi-program>61</midi-program>
</midi-instrument></score-part></part-list><part id="P1"><measure number="1"><attributes>
<divisions>6</divisions><key><fifths>1</fifths></key><time><beats>3+2</beats><beat-type>8</beat-type></time>
<staves>2</staves><clef number="1"><sign>G</sign></clef><transpose number="1"><diatonic>-4</diatonic>
<chromatic>-7</chromatic><octave-change>0</octave-change><double/></transpose><key number="2"><key-step>F</key-step>
<key-alter>1</key-alter></key>
<measure-style><measure-repeat type="start">1</measure-repeat></measure-style></attributes>
<harmony><root><root-step>C</root-step><root-alter>1</root-alter></root><kind>major</kind><offset>2</offset>
<degree/></harmony><harmony><numeral/><kind>none</kind></harmony><note><pitch><step>C</step><alter>1</alter><octave>4</octave></pitch><duration>4</duration>
<tie type="stop"/><voice>1</voice><type>quarter</type><time-modification><actual-notes>3</actual-notes>
<normal-notes>2</normal-notes></time-modification><staff>1</staff></note>
<backup><duration>4</duration></backup><forward><duration>2</duration></forward>
<note><rest/><duration>3</duration><voice>2</voice></note>
<barline><ending number="1" type="start"/></barline></measure></part></score-partwise>"""
PLACES = len(list(etree.fromstring(SCORE).iter()))
JUNK = st.sampled_from(
    ["", " ", "-1", "0", "1e99", "9" * 40, "NaN", "x", "3+", "1/0", "٣", "0.5", "½", "C", "77", "-0"]
)


@given(st.lists(st.tuples(st.integers(0, PLACES - 1), JUNK), min_size=1, max_size=4))
def test_junk_in_any_element(changes: list[tuple[int, str]]) -> None:
    root = etree.fromstring(SCORE)
    elements = list(root.iter())
    for place, junk in changes:
        elements[place].text = junk
        for name in elements[place].attrib:
            elements[place].set(name, junk)
    with contextlib.suppress(InputError):
        read_musicxml(root, "song.xml")


@given(st.sets(st.integers(1, PLACES - 1), min_size=1, max_size=4))
def test_any_element_missing(places: set[int]) -> None:
    root = etree.fromstring(SCORE)
    elements = list(root.iter())
    for place in places:
        parent = elements[place].getparent()
        if parent is not None:
            parent.remove(elements[place])
    with contextlib.suppress(InputError):
        read_musicxml(root, "song.xml")


@given(st.lists(st.tuples(st.integers(1, PLACES - 1), st.integers(0, PLACES - 1)), min_size=1, max_size=4))
def test_any_element_anywhere(copies: list[tuple[int, int]]) -> None:
    root = etree.fromstring(SCORE)
    elements = list(root.iter())
    for copied, place in copies:
        elements[place].insert(0, copy.deepcopy(elements[copied]))
    with contextlib.suppress(InputError):
        read_musicxml(root, "song.xml")


@given(st.integers(0, len(SCORE)), st.binary(max_size=8))
def test_any_bytes_in_the_middle(place: int, junk: bytes) -> None:
    data = SCORE.encode()
    with contextlib.suppress(InputError):
        _ = open_bytes(data[:place] + junk + data[place:], "song.xml").score
    data = data.replace(b"partwise", b"timewise")
    with contextlib.suppress(InputError):
        _ = open_bytes(data[:place] + junk + data[place:], "song.xml").score


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 24)), min_size=1, max_size=12))
def test_onsets_are_the_exact_sum_of_what_came_before(lengths: list[tuple[int, int]]) -> None:
    body = "".join(
        f"<attributes><divisions>{divisions}</divisions></attributes><note><pitch><step>C</step><octave>4</octave>"
        f"</pitch><duration>{count}</duration></note>"
        for divisions, count in lengths
    )
    text = f'<score-partwise><part id="P1"><measure number="1">{body}</measure></part></score-partwise>'
    score = read_musicxml(etree.fromstring(text), "song.xml")
    durations = [Fraction(count, divisions) for divisions, count in lengths]
    assert [n.duration for n in score.parts[0].cells[0]] == durations
    assert [n.onset for n in score.parts[0].cells[0]] == [
        sum(durations[:i], Fraction(0)) for i in range(len(lengths))
    ]
