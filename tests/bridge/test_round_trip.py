"""What is written reads back as the very same score, and is a sound document."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from lxml import etree

from bridge.documents.checker import check
from bridge.documents.musicxml_reader import read_musicxml
from bridge.documents.musicxml_writer import write_musicxml
from engine.score import Score
from tests.bridge.random_scores import scores

FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(score=scores())
def test_a_written_score_reads_back(schema: etree.XMLSchema, score: Score) -> None:
    tree = write_musicxml(score)
    assert read_musicxml(etree.fromstring(etree.tostring(tree)), "written") == score
    schema.assertValid(tree)
    assert check(tree) == []
