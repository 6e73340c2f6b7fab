"""The plugin's walker in the real MuseScore 3, held against what MuseScore itself exports."""

from __future__ import annotations

from pathlib import Path

import music21
import pytest
from lxml import etree
from musescore.headless import convert, executable
from musescore.walking import compare, compared, walk

from bridge.documents.document import open_document
from engine.score import Note

CORPUS = Path(music21.__file__).parent / "corpus"
QUARTET = CORPUS / "johnson_j_r" / "lift_every_voice.mxl"
EXAMPLE = Path(__file__).parents[2] / "examples" / "silent-night.musicxml"

pytestmark = pytest.mark.skipif(executable() is None, reason="MuseScore 3 is not installed")

SCORES = [
    "haydn/opus1no1/movement4.mxl",  # pickup, grace notes, repeats, four parts
    "leadSheet/fosterBrownHair.mxl",  # chord symbols, endings
    "luca/gloria.xml",  # changing metres, 126 measures
    "schumann_clara/polonaise_op1n3.mxl",  # tuplets, four voices on two staves
    "schubert/Lindenbaum.xml",  # key changes, triplets, pickup
    "verdi/laDonnaEMobile.mxl",  # 3/8
    "trecento/PMFC_23_20-Kyrie O Sacra Virgo Beata.xml",  # metres, transposing part
    "demos/nested_tuplet_finale_test2.xml",
]

ODD = """<score-partwise version="4.0"><part-list>
<score-part id="P1"><part-name>Clarinet</part-name></score-part>
<score-part id="P2"><part-name>Piano</part-name></score-part></part-list>
<part id="P1"><measure number="0" implicit="yes"><attributes><divisions>12</divisions><key><fifths>2</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef>
<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose></attributes>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>12</duration><tie type="start"/><voice>1</voice>
<type>quarter</type><notations><tied type="start"/></notations></note></measure>
<measure number="1"><harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root>
<kind text="maj7">major-seventh</kind><bass><bass-step>D</bass-step></bass></harmony>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>12</duration><tie type="stop"/><voice>1</voice>
<type>quarter</type><notations><tied type="stop"/></notations></note>
<note><rest/><duration>36</duration><voice>1</voice><type>half</type><dot/></note>
<backup><duration>48</duration></backup><forward><duration>24</duration></forward>
<note><pitch><step>A</step><alter>-1</alter><octave>4</octave></pitch><duration>12</duration><voice>2</voice>
<type>quarter</type></note></measure></part>
<part id="P2"><measure number="0" implicit="yes"><attributes><divisions>1</divisions><key><fifths>0</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>
<direction><direction-type><octave-shift type="down" size="8" number="1"/></direction-type></direction>
<note><pitch><step>D</step><octave>6</octave></pitch><duration>1</duration><voice>1</voice><type>quarter</type></note>
</measure><measure number="1">
<note><pitch><step>E</step><octave>6</octave></pitch><duration>2</duration><voice>1</voice><type>half</type></note>
<direction><direction-type><octave-shift type="stop" size="8" number="1"/></direction-type></direction>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>2</duration><voice>1</voice><type>half</type></note>
</measure></part></score-partwise>"""


def test_a_missing_note_is_a_difference() -> None:
    score = open_document(EXAMPLE).score
    cell = score.parts[0].cells[0]
    changed = score.with_cells({(0, 0): cell[1:]})
    found = compare(changed, score)
    assert found.total["notes"] - found.equal["notes"] == 1
    assert len(found.differences) == 1


@pytest.mark.parametrize("name", SCORES)
def test_the_walker_says_what_the_export_says(name: str, tmp_path: Path, schema: etree.XMLSchema) -> None:
    found, walked = compared(CORPUS / name, tmp_path)
    schema.assertValid(etree.parse(walked.document))
    assert found.differences == []
    assert found.total["notes"] > 10


def test_transposition_gaps_and_octave_lines(tmp_path: Path) -> None:
    score = tmp_path / "odd.musicxml"
    score.write_text(ODD, encoding="utf-8")
    found, _ = compared(score, tmp_path)
    assert found.differences == []
    assert (found.total["ties"], found.total["chord symbols"], found.total["notes"]) == (1, 1, 6)


def test_a_passage_is_what_stands_there_in_the_whole(tmp_path: Path) -> None:
    path = CORPUS / "schumann_clara" / "polonaise_op1n1.mxl"
    exported = tmp_path / "exported.musicxml"
    convert(path, exported)
    whole = open_document(exported).score
    part = open_document(walk(path, tmp_path, first=10, last=19).document).score
    assert [m.number for m in part.measures] == [m.number for m in whole.measures[10:20]]
    assert [(m.key.fifths, m.metre) for m in part.measures] == [
        (m.key.fifths, m.metre) for m in whole.measures[10:20]
    ]
    for index, cell in enumerate(part.parts[0].cells[1:], 11):
        assert [_heard(n) for n in cell] == [_heard(n) for n in whole.parts[0].cells[index]]


def _heard(note: Note) -> tuple[object, ...]:
    return note.onset, note.duration, note.pitch, note.voice, note.staff, note.tied


@pytest.mark.parametrize(
    ("commands", "measures", "staves", "numbers"),
    [
        (["select-all"], (0, 31), (0, 3), ["0", "31"]),
        (["first-element"] + 3 * ["next-element"], (0, 0), (0, 0), ["0", "0"]),
        (
            ["first-element"] + 3 * ["next-element"] + ["next-measure"] + 2 * ["select-next-measure"],
            (1, 2),
            (0, 0),
            ["1", "2"],
        ),
    ],
)
def test_selections(
    commands: list[str],
    measures: tuple[int, int],
    staves: tuple[int, int],
    numbers: list[str],
    tmp_path: Path,
) -> None:
    said = walk(QUARTET, tmp_path, select=commands).said["selected"]
    assert (said["firstMeasure"], said["lastMeasure"]) == measures
    assert (said["firstStaff"], said["lastStaff"]) == staves
    assert said["numbers"] == numbers


def test_nothing_is_selected(tmp_path: Path) -> None:
    assert walk(EXAMPLE, tmp_path).said["selected"] is None


def test_the_digest_follows_its_measures(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start = text.index("<step>", text.index('<measure number="3"'))
    edited = tmp_path / "edited.musicxml"
    edited.write_text(text[:start] + "<step>G" + text[start + 7 :], encoding="utf-8")
    (tmp_path / "a").mkdir()
    before, after = ([_digest(path, tmp_path / "a", m) for m in (1, 2)] for path in (EXAMPLE, edited))
    assert before[0] == after[0]
    assert before[1] != after[1]


def _digest(path: Path, folder: Path, measure: int) -> str:
    return str(walk(path, folder, first=measure, last=measure).said["digest"])
