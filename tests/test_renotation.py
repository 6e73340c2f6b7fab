"""Real piano parts stripped to onset, duration and key, and notated again: three validation songs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.renotation import obbligato, with_human_voices
from benchmarks.stripped import HANDS, Human, human_notes, score_of
from bridge.documents.document import open_document
from engine.score import Measure

DATA = Path(__file__).parent / "../../shared/data"
SONGS = ("lieder/lc6211877.mxl", "lieder/lc5991189.mxl", "lieder/lc6125479.mxl")
Song = tuple[list[Human], tuple[Measure, ...]]


@pytest.fixture(scope="module", params=SONGS)
def song(request: pytest.FixtureRequest) -> Song:
    path = DATA / request.param
    if not path.exists():
        pytest.skip("no training scores")
    score = open_document(path).score
    piano = next(part for part in score.parts if part.staves == HANDS)
    return human_notes(piano, score.measures), score.measures


def test_a_song_is_notated_as_it_was(song: Song) -> None:
    counts = score_of(song[0], obbligato(*song))
    assert counts["spelling"] >= 0.99 * counts["notes"]
    assert counts["staff"] >= 0.97 * counts["notes"]
    assert counts["voice"] >= 0.95 * counts["notes"]
    assert counts["ties"] >= 0.98 * counts["notes"]
    assert counts["tuplets"] >= 0.98 * counts["values"]


def test_the_voices_of_the_human_give_the_rhythm_of_the_human(song: Song) -> None:
    counts = score_of(song[0], with_human_voices(*song))
    assert counts["ties"] >= 0.99 * counts["notes"]
    assert counts["tuplets"] == counts["values"]
    assert counts["staff"] == counts["voice"] == counts["notes"]
