"""Sections that return, through the whole service, with the shipped weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.documents.document import Document, open_document
from bridge.documents.musicxml_reader import read_musicxml
from bridge.engines import open_engine
from bridge.errors import RequestError
from bridge.options import TASKS
from bridge.service import Take, write
from engine.interface import Engine
from engine.score import Cell, Score
from tests.bridge.conftest import NOTE, measures_xml, score_xml

LETTERS = "CDEF" + "G" + "A" + "CDEF" + "B"  # measures 5 and 6 are two endings
ENDING = '<barline location="{side}">{style}<ending number="{number}" type="{type}"/>{repeat}</barline>'


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("transformer")


@pytest.fixture
def song(tmp_path: Path) -> Document:
    """A voice with two endings; measures 7 to 10 are 1 to 4 again."""
    contents = [NOTE.format(step=step) for step in LETTERS]
    for index, number in ((4, 1), (5, 2)):
        start = ENDING.format(side="left", style="", number=number, type="start", repeat="")
        repeat = '<repeat direction="backward"/>' if number == 1 else ""
        end = ENDING.format(side="right", style="", number=number, type="stop", repeat=repeat)
        contents[index] = start + contents[index] + end
    path = tmp_path / "song.musicxml"
    path.write_text(score_xml(Voice=measures_xml(contents)), encoding="utf-8")
    return open_document(path)


def take_of(document: Document, engine: Engine, task: str, **options: Any) -> Take:
    parsed = TASKS[task].parse({"seed": 5, "returns": "alike", **options})
    return next(e for e in write(document, parsed, engine) if isinstance(e, Take))


def sounding(cell: Cell) -> list[tuple[object, ...]]:
    return sorted((n.onset, n.duration, n.pitch.midi, n.staff) for n in cell)


def same(score: Score, part: int, measures: range, back: int) -> list[bool]:
    cells = [sounding(cell) for cell in score.parts[part].cells]
    return [cells[m] == cells[m - back] for m in measures]


@pytest.mark.parametrize("options", [{}, {"measures": "2-11"}, {"add": ["violin", "cello"], "density": 1}])
def test_a_section_gets_what_it_had_in_the_document_too(
    engine: Engine, song: Document, options: dict[str, Any]
) -> None:
    take = take_of(song, engine, "accompany", **options)
    back = read_musicxml(take.tree.getroot(), "result")
    first = 7 if "measures" in options else 6  # nothing was written in the first measure that could return
    for score in (take.score, back):
        for part in range(1, len(score.parts)):
            assert all(same(score, part, range(first, 10), 6))
            cells = [sounding(cell) for cell in score.parts[part].cells]
            assert cells[4] != cells[5] and any(cells[first:10])
    assert [m.endings for m in back.measures] == [m.endings for m in song.score.measures]


def test_what_was_there_before_is_written_again(engine: Engine, song: Document, tmp_path: Path) -> None:
    first = take_of(song, engine, "accompany", measures="1-4", returns="free")
    path = tmp_path / "first.musicxml"
    first.tree.write(str(path))
    options = {"measures": "7-11", "into": ["2"]}
    second = take_of(open_document(path), engine, "accompany", **options)
    assert all(same(second.score, 1, range(6, 10), 6)) and any(second.score.parts[1].cells[6:10])
    free = take_of(open_document(path), engine, "accompany", **options, returns="free")
    assert not all(same(free.score, 1, range(6, 10), 6))


def test_all_voices_of_a_choir_return(engine: Engine, song: Document) -> None:
    take = take_of(song, engine, "harmonize", staves=2)
    assert len(take.score.parts) == 2
    assert all(all(same(take.score, part, range(6, 10), 6)) for part in (0, 1))


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("accompany", {"returns": "always"}, "returns must be 'free' or 'alike'"),
        ("fill", {"measures": "1"}, "there is no option returns"),
        ("continue", {"count": 1}, "there is no option returns"),
        (
            "accompany",
            {"into": ["2"], "replace": True, "vary": 0.5},
            "vary and returns alike exclude each other",
        ),
        ("accompany", {"into": ["2"], "replace": True, "rhythm": "keep"}, "rhythm keep and returns alike"),
    ],
)
def test_what_is_refused(task: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError) as caught:
        TASKS[task].parse({"returns": "alike", **options})
    assert words in caught.value.message
