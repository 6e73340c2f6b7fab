"""What the worker sends of a job: its measures and takes in their formats."""

import json
import zlib
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bridge.documents.document import open_document
from bridge.jobs.messages import Made
from bridge.jobs.packing import made, wrote
from bridge.options import TASKS
from bridge.results import write_list as write_lists
from bridge.results.excerpt import excerpt
from bridge.results.write_list import write_list
from bridge.service import Progress, Take, advance, begin
from engine.interface import Passage, WrittenCell
from tests.bridge.conftest import NOTE, REST, FakeEngine, measures_xml, score_xml
from tests.bridge.random_scores import scores


class Echo(FakeEngine):
    """It writes what stands there already."""

    def cells(self, passage, controls, sampling):
        for cell in super().cells(passage, controls, sampling):
            there = passage.score.parts[cell.part].cells[cell.measure]
            yield WrittenCell(cell.part, cell.measure, there)


def messages(path, engine, task, **options):
    performance = begin(open_document(path), TASKS[task].parse({"seed": 7, **options}), engine)
    while not performance.done:
        for _, event in advance([performance]):
            if isinstance(event, Exception):
                raise event
            yield (made if isinstance(event, Take) else wrote)("job", performance, event)


def unpacked(message, format):
    packed = message.files[format] if isinstance(message, Made) else getattr(message, format)
    return zlib.decompress(packed).decode()


def parts_in(message):
    """Ids of the parts in a write list, and in the same measures as MusicXML."""
    listed = [part["id"] for part in json.loads(unpacked(message, "events"))["parts"]]
    return listed, [piece.split('"')[0] for piece in unpacked(message, "measures").split('<part id="')[1:]]


@pytest.mark.parametrize("engine", [FakeEngine, Echo])
def test_all_parts_that_were_asked_for_are_listed_also_where_nothing_changed(make_score, engine):
    for message in messages(make_score("duo"), engine(), "fill", into=["1", "2"], measures="2"):
        assert parts_in(message) == (["P1", "P2"], ["P1", "P2"])


def test_new_parts_are_listed_where_they_stand_in_the_score(make_score, fake_engine):
    *_, take = messages(make_score("duo"), fake_engine, "accompany", add=["flute"], measures="1")
    assert parts_in(take) == (["P3"], ["P3"])
    assert json.loads(unpacked(take, "events"))["parts"][0]["index"] == 0


def test_a_part_that_a_voice_of_a_choir_has_joined_is_listed(make_score, fake_engine):
    *_, take = messages(make_score(), fake_engine, "harmonize", staves=2)
    assert parts_in(take) == (["P1", "P3"], ["P1", "P3"])


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(score=scores(), data=st.data())
def test_a_measure_is_told_as_if_the_whole_score_had_been_laid_out(score, data):
    measure = data.draw(st.sampled_from(range(len(score.measures))))
    parts = [index for index, part in enumerate(score.parts) if part.pitched]
    assume(parts)
    cells = tuple(WrittenCell(part, measure, score.parts[part].cells[measure]) for part in parts)
    whole = replace(score, parts=tuple(replace(p, cells=((),) * len(p.cells)) for p in score.parts))
    whole = whole.with_cells({(cell.part, measure): cell.notes for cell in cells})
    passage = Passage(score, frozenset((part, measure) for part in parts))
    performance = SimpleNamespace(plan=SimpleNamespace(passage=passage))
    message = wrote("job", performance, Progress(1, measure, "1", 1, 1, cells))
    assert unpacked(message, "events") == write_list(whole, parts, [measure]).model_dump_json()
    assert unpacked(message, "measures").encode() == excerpt(whole, parts, [measure])


def test_a_measure_takes_no_longer_in_a_long_score(monkeypatch, tmp_path, fake_engine):
    laid_out = []
    make = write_lists.new_sheet
    path = tmp_path / "long.musicxml"
    path.write_text(score_xml(Voice=measures_xml([NOTE.format(step="C")] * 60)), encoding="utf-8")
    monkeypatch.setattr(
        write_lists,
        "new_sheet",
        lambda part, measures: laid_out.append(len(measures)) or make(part, measures),
    )
    first = next(messages(path, fake_engine, "accompany", measures="30"))
    assert json.loads(unpacked(first, "events"))["measures"][0]["index"] == 29
    assert laid_out == [6]  # the measure, the one before, and four that settle the clefs


def test_a_score_that_is_continued_becomes_longer_in_all_its_parts(tmp_path, fake_engine):
    """By them the plugin knows whose staves it pastes onto."""
    path, note = tmp_path / "trio.musicxml", NOTE.format(step="C")
    path.write_text(
        score_xml(**{n: measures_xml([b]) for n, b in {"A": note, "B": REST, "C": note}.items()}), "utf-8"
    )
    *_, take = messages(path, fake_engine, "continue", count=1)
    assert parts_in(take) == (["P1", "P2", "P3"], ["P1", "P2", "P3"])
