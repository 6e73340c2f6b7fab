"""The plugin's writer in Node, over a recorded score: random passages and real ones."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bridge.documents.document import open_document
from bridge.errors import EngineError
from bridge.results.write_list import write_list
from engine.score import Score
from tests.bridge.random_scores import scores

ROOT = Path(__file__).parents[2]
RANDOM = 60  # scores, with so many passages of each:
EACH = 2
REAL = 30
TITLES = (
    "bach/bwv66.6", "bach/bwv269", "mozart/k155/movement1", "haydn/opus74no1/movement3",
    "schoenberg/opus19/movement2", "schumann_clara/polonaise_op1n1", "schumann_robert/dichterliebe_no2",
    "cpebach/h186", "joplin/maple_leaf_rag", "weber/concertino_clarinet", "verdi/laDonnaEMobile",
)  # fmt: skip


def random_passages() -> list[dict[str, object]]:
    """Some measures of some parts of scores drawn at random, always the same ones."""
    found: list[dict[str, object]] = []

    @settings(
        max_examples=RANDOM,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(score=scores())
    def draw(score: Score) -> None:
        for _ in range(EACH):
            found.append(passage(score, random.Random(len(found)), len(score.measures)))

    draw()
    return found


def real_passages() -> list[dict[str, object]]:
    """Runs of measures of scores in music21's corpus and of the examples."""
    from music21 import corpus

    paths = [*sorted((ROOT / "examples").glob("*.musicxml")), *(Path(str(corpus.getWork(t))) for t in TITLES)]
    chance, opened = random.Random(0), [open_document(path).score for path in paths]
    found = list[dict[str, object]]()
    while len(found) < REAL:
        score = chance.choice(opened)
        try:
            found.append(passage(score, chance, 8))
        except EngineError:
            continue  # a rhythm without notation
    return found


def passage(score: Score, chance: random.Random, most: int) -> dict[str, object]:
    """A write list, and that of the measures around it and of all parts, which tells what the open score is."""
    count = chance.randint(1, min(most, len(score.measures)))
    first = chance.randint(0, len(score.measures) - count)
    around = range(max(0, first - 2), min(len(score.measures), first + count + 2))
    parts = sorted(chance.sample(range(len(score.parts)), chance.randint(1, len(score.parts))))
    return {
        "list": write_list(score, parts, range(first, first + count)).model_dump(mode="json"),
        "whole": write_list(score, range(len(score.parts)), around).model_dump(mode="json"),
    }


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_passages_come_out_as_they_are_listed(tmp_path: Path) -> None:
    pytest.importorskip("music21")
    path = tmp_path / "passages.json"
    path.write_text(json.dumps({"random": random_passages(), "real": real_passages()}))
    found = subprocess.run(
        ["node", "--test", "tests/plugin_musescore/writer.test.js"],
        env={**os.environ, "PASSAGES": str(path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
