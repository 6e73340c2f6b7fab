"""What the worker sends of a job: its measures and takes in their formats."""

import json
import zlib

import pytest

from bridge.documents.document import open_document
from bridge.jobs.messages import Made
from bridge.jobs.packing import made, wrote
from bridge.options import TASKS
from bridge.service import Take, advance, begin
from engine.interface import WrittenCell
from tests.bridge.conftest import FakeEngine


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
