"""Any score in, nothing else changed: some two dozen real scores, through the functions of the benchmark."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.trials import CORPUS, Outcome, Work, data_works, tried
from benchmarks.verify import differences, misplaced, new_parts, silent, taken_apart
from engine.interface import Engine
from engine.registry import load_engine

DATA = (Path(__file__).parent.parent / ".." / "shared" / "data").resolve()
FROM_MUSIC21 = (
    "bach/bwv66.6.mxl",  # pickup, four parts
    "ciconia/quod_jactatur.xml",
    "demos/incorrect_time_signature_pv.mxl",
    "demos/nested_tuplet_finale_test2.xml",
    "demos/two-parts.xml",  # one part, two staves
    "demos/voices_with_chords.xml",
    "handel/rinaldo/Lascia_chio_pianga.mxl",  # another metre on the way
    "haydn/opus1no1/movement4.mxl",  # endings, and measures cut in two by repeats
    "johnson_j_r/lift_every_voice.mxl",  # 6/8 with a pickup
    "leadSheet/fosterBrownHair.mxl",  # chord symbols, endings
    "liliuokalani/aloha_oe.mxl",  # choir with piano, groups of parts
    "schumann_robert/opus48no2.mxl",
    "trecento/PMFC_12_11a-Credo PMFC12.11a.xml",  # 23/8, 15/4, 7/2 ...
    "trecento/PMFC_23_16-Kyrie Apt 16.xml",  # transposed, of long measures
    "verdi/laDonnaEMobile.mxl",  # 3/8, grace notes
)
FROM_DATA = {"lieder": 4, "openhymnal": 4, "mutopia": 2}


def works() -> list[Work]:
    found = [Work("music21", name, CORPUS / name) for name in FROM_MUSIC21]
    if (DATA / "manifest.csv").exists():
        for collection, count in FROM_DATA.items():
            small = [w for w in data_works(DATA, collection, 0) if w.path.stat().st_size < 20_000]
            found += small[:count]
    return found


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


@pytest.mark.parametrize("work", works(), ids=lambda work: f"{work.collection}/{work.name}")
def test_a_score_is_kept_whole(work: Work, engine: Engine, tmp_path: Path) -> None:
    outcome = tried(work, "accompany", engine, tmp_path)
    outcome.problems.pop("silent", None)  # a player may rest
    assert (outcome.outcome, outcome.reason, outcome.problems) == ("written", "", {})
    assert (tmp_path / work.result).stat().st_size > work.path.stat().st_size / 2


def test_a_refusal_is_told_with_its_reason(engine: Engine, tmp_path: Path) -> None:
    drums = Work("music21", "demos/drum_sample.xml", CORPUS / "demos/drum_sample.xml")
    outcome = tried(drums, "accompany", engine, tmp_path)
    assert outcome.outcome == "refused" and "only percussion" in outcome.reason


def test_a_crash_is_told_with_its_place(tmp_path: Path) -> None:
    work = Work("music21", FROM_MUSIC21[1], CORPUS / FROM_MUSIC21[1])
    outcome: Outcome = tried(work, "accompany", None, tmp_path)  # type: ignore[arg-type]
    assert outcome.outcome == "failed" and "AttributeError" in outcome.reason and ".py:" in outcome.reason


NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note>"
REST = "<note><rest/><duration>4</duration></note>"
BEFORE = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN" "partwise.dtd">
<score-partwise version="3.1"><!-- kept -->
  <part-list>
    <score-part id="P1"><part-name>Voice</part-name></score-part>
  </part-list>
  <part id="P1"><measure number="1">{NOTE}</measure><measure number="2">{NOTE}</measure></part>
</score-partwise>
"""
ENTRY = '<part-group type="start" number="1"/>\n    <score-part id="P2"/>\n    <part-group type="stop" number="1"/>'
PART = f'<part id="P2"><measure number="1">{NOTE}</measure><measure number="2">{REST}</measure></part>'
AFTER = BEFORE.replace("<part-list>\n", f"<part-list>\n    {ENTRY}\n").replace(
    "</part>\n", f"</part>\n{PART}\n"
)


def packed(score: str, member: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("score.xml", score)
        archive.writestr("notes.txt", member)
    return data.getvalue()


def changed(before: bytes, after: bytes) -> list[str]:
    return differences(taken_apart(before), taken_apart(after))


def test_new_parts_are_no_difference() -> None:
    assert [
        part.get("id") for part in new_parts(taken_apart(BEFORE.encode()), taken_apart(AFTER.encode()))
    ] == ["P2"]
    assert changed(BEFORE.encode(), AFTER.encode()) == []
    assert changed(packed(BEFORE, b"1"), packed(AFTER, b"1")) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("<!-- kept -->", ""),
        lambda text: text.replace("Voice", "voice"),
        lambda text: text.replace("3.1 Partwise", "4.0 Partwise"),
        lambda text: text.replace('encoding="UTF-8"', 'encoding="ASCII"'),
        lambda text: text.replace('<measure number="2">', '<measure number="2" width="1">', 1),
        lambda text: text.replace('  <part id="P1">', '<part id="P1">'),
        lambda text: text.replace(NOTE, NOTE + NOTE, 1),
        lambda text: text.replace("</score-partwise>\n", "<credit/></score-partwise>\n"),
    ],
)
def test_anything_else_is_a_difference(edit: Callable[[str], str]) -> None:
    assert changed(BEFORE.encode(), edit(AFTER).encode())


def test_another_member_of_the_archive_is_a_difference() -> None:
    assert changed(packed(BEFORE, b"1"), packed(AFTER, b"2"))


def test_notes_belong_into_the_passage() -> None:
    before, after = taken_apart(BEFORE.encode()), taken_apart(AFTER.encode())
    assert misplaced(before, after, {0}) == silent(before, after, {0}) == []
    assert misplaced(before, after, {1}) and silent(before, after, {1})
    assert misplaced(before, before, {0}) == ["there is no new part"]
    longer = taken_apart(AFTER.replace("</measure></part>", "</measure><measure/></part>").encode())
    assert misplaced(after, longer, {0}) == ["there is no new part"]
    assert any("measures, not" in said for said in misplaced(before, longer, {0}))
