"""The whole path with the shipped weights: real songs in, accompanied songs out."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from lxml import etree
from musescore.headless import Loaded

from bridge import accompany, open_score
from bridge.documents.document import Document
from bridge.documents.schema import musicxml_schema
from bridge.service import Take
from engine.instruments import INSTRUMENTS
from engine.registry import load_engine
from engine.rhythm import VoiceState
from tests.bridge.conftest import NOTE, measures_xml, score_xml

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(p for p in (ROOT / "examples").glob("*.musicxml") if ".obbligato" not in p.name)
DATA = (ROOT / ".." / "shared" / "data").resolve()
PIANO = INSTRUMENTS["piano"]


@pytest.fixture(scope="session")
def engine():
    return load_engine()


@pytest.fixture(scope="session")
def takes(engine) -> dict[str, Take]:
    return {path.stem: accompany(open_score(path), engine, add=["piano"], seed=7)[0] for path in EXAMPLES}


def canonical(tree) -> bytes:
    return etree.tostring(tree, method="c14n")


def without_part(take: Take):
    """The take's document with the new part taken out again."""
    tree = etree.ElementTree(etree.fromstring(etree.tostring(take.tree)))
    new = take.score.parts[-1].id
    for node in tree.xpath("//score-part[@id=$id] | //part[@id=$id]", id=new):
        node.getparent().remove(node)
    return tree


def share_with_notes(take: Take) -> float:
    cells = [take.score.parts[-1].cells[m] for m in take.measures]
    return sum(map(bool, cells)) / len(cells)


def assert_playable(take: Take) -> None:
    for measure, cell in zip(take.score.measures, take.score.parts[-1].cells, strict=True):
        states: dict[int, VoiceState] = {}
        for note in cell:
            state = states.get(note.voice, VoiceState.of(measure))
            assert state.accepts(note.onset, note.duration, note.tuplet)
            states[note.voice] = state.after(note.onset, note.duration, note.tuplet)
            hand = [n.pitch.midi for n in cell if n.staff == note.staff and n.onset <= note.onset < n.end]
            assert len(hand) <= PIANO.notes
            assert max(hand) - min(hand) <= PIANO.span
            assert PIANO.low <= note.pitch.midi <= PIANO.high


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_is_accompanied(path: Path, takes: dict[str, Take], tmp_path: Path):
    take = takes[path.stem]
    assert musicxml_schema().validate(take.tree)
    assert share_with_notes(take) >= 0.9
    assert_playable(take)
    assert canonical(without_part(take)) == canonical(etree.parse(path))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_musescore_loads_it_without_a_word(
    path: Path, takes: dict[str, Take], musescore: Callable[[Path], Loaded], tmp_path: Path
):
    result = tmp_path / path.name
    takes[path.stem].tree.write(result, encoding="UTF-8", xml_declaration=True)
    loaded = musescore(result)
    assert not loaded.problems
    assert loaded.irregular == musescore(path).irregular


def test_the_same_seed_gives_the_same_bytes(engine, takes):
    path = EXAMPLES[0]
    again = accompany(open_score(path), engine, add=["piano"], seed=7)[0]
    assert etree.tostring(again.tree) == etree.tostring(takes[path.stem].tree)
    other = accompany(open_score(path), engine, add=["piano"], seed=8)[0]
    assert other.score.parts[-1] != again.score.parts[-1]


def test_another_melody_gives_another_accompaniment(engine, takes):
    document = open_score(ROOT / "examples" / "ode-to-joy.musicxml")
    score, melody = document.score, document.score.parts[0]
    changed = Document(document.source, document.tree)
    changed.__dict__["score"] = replace(
        score, parts=(replace(melody, cells=melody.cells[::-1]), *score.parts[1:])
    )
    take = accompany(changed, engine, add=["piano"], seed=7)[0]
    assert take.score.parts[-1].cells != takes["ode-to-joy"].score.parts[-1].cells


def songs() -> list[Path]:
    """Validation songs for one voice and piano, of different kinds."""
    if not (DATA / "manifest.csv").exists():
        return []
    with (DATA / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["collection"] == "lieder" and r["split"] == "valid"]
    return [DATA / r["path"] for r in rows if Path(r["path"]).stem in KINDS]


KINDS = {
    "lc5071622": "2/4, repeats with endings",
    "lc4946239": "6/4",
    "lc5071629": "6/8, repeats, two keys",
    "lc5705502": "4/2, pickups, repeats",
    "lc6257518": "2/4, 3/4 and 4/4",
    "lc6510502": "4/4 and 12/8",
}
SONGS = songs()


def alone(document: Document) -> None:
    """Take the piano away."""
    for part in document.score.parts:
        if part.instrument == "piano":
            for node in document.tree.xpath("//score-part[@id=$id] | //part[@id=$id]", id=part.id):
                node.getparent().remove(node)
    document.__dict__.pop("score")


@pytest.mark.skipif(not SONGS, reason="no folder of training scores beside the project")
@pytest.mark.parametrize("path", SONGS, ids=lambda p: p.stem)
def test_a_song_without_its_piano_gets_another(
    path: Path, engine, musescore: Callable[[Path], Loaded], tmp_path: Path
):
    document = open_score(path)
    alone(document)
    before = tmp_path / "before.musicxml"
    document.tree.write(before, encoding="UTF-8", xml_declaration=True)
    take = accompany(document, engine, add=["piano"], seed=7)[0]
    assert musicxml_schema().validate(take.tree) or not musicxml_schema().validate(document.tree)
    assert share_with_notes(take) >= 0.9
    assert_playable(take)
    assert canonical(without_part(take)) == canonical(etree.parse(before))
    after = tmp_path / "after.musicxml"
    take.tree.write(after, encoding="UTF-8", xml_declaration=True)
    loaded, original = musescore(after), musescore(before)
    assert complaints(loaded, after) <= complaints(original, before)  # newer exports draw some of their own
    assert loaded.irregular == original.irregular


def complaints(loaded: Loaded, path: Path) -> set[str]:
    """Without the places in the file, which move when a part is added."""
    return {
        re.sub(r"line \d+ col \d+|0x[0-9a-f]+", "", p.replace(str(path), "FILE")) for p in loaded.problems
    }


def test_a_measure_that_rests_cannot_fill_is_left_empty(engine, tmp_path: Path) -> None:
    """Its second note is a third of a quarter long, in no tuplet: nothing that is written fits around it."""
    contents = [NOTE.format(step=step) for step in "CDEF"]
    short = (
        "<note><pitch><step>D</step><octave>4</octave></pitch><duration>{0}</duration><voice>1</voice></note>"
    )
    contents[1] = "<attributes><divisions>3</divisions></attributes>" + short.format(9) + short.format(1)
    contents[2] = "<attributes><divisions>1</divisions></attributes>" + contents[2]
    path = tmp_path / "song.musicxml"
    path.write_text(score_xml(Voice=measures_xml(contents)), encoding="utf-8")
    (take,) = accompany(open_score(path), engine, add=["piano"], seed=7)
    assert take.score.measures[1].duration == Fraction(10, 3)
    cells = take.score.parts[1].cells
    assert cells[1] == () and cells[0] and cells[2] and cells[3]
    rests = take.tree.xpath("//part[@id='P2']/measure[@number='2']/note/rest[@measure='yes']")
    assert len(rests) == 2
