"""The listening page: nothing but the music tells its sides apart, and it counts right."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from evaluation.fake_engine import FakeEngine, FakeStream
from lxml import etree
from scipy.stats import binomtest
from works import two_part_works

from benchmarks import listen
from bridge.errors import EngineError
from engine.evaluation.scenarios import Excerpt, draw_excerpts
from engine.interface import WrittenCell

ROOT = Path(__file__).parent.parent
EXCERPTS = draw_excerpts(two_part_works(6, 30), listen.SONGS, 6, seed=0)
SOURCES = [listen.Source(excerpt, "Frühling", "Someone") for excerpt in EXCERPTS]
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

Json = dict[str, Any]


class Copyist(FakeEngine):
    """Writes what the composer wrote."""

    def __init__(self, excerpt: Excerpt) -> None:
        super().__init__()
        self.excerpt = excerpt

    def _cell(self, stream: FakeStream) -> WrittenCell:
        part, measure = stream.cells.pop(0)
        return WrittenCell(part, measure, self.excerpt.score.parts[part].cells[measure])


def key(passage: Json) -> Json:
    """What is hidden in a passage, read by the page's own script."""
    return node(f"tally.revealed({json.dumps(passage)})")


def node(expression: str) -> Any:
    code = f'const tally = require("./docs/listen/tally.js"); console.log(JSON.stringify({expression}))'
    return json.loads(
        subprocess.run(["node"], input=code, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    )


def without_ids(svg: str) -> str:
    (seed,) = set(re.findall(r'^<svg [^>]*id="(\w+)"', svg))
    return svg.replace(seed, "ID")


@pytest.fixture(scope="module")
def passages() -> list[Json]:
    return list(listen.passages(SOURCES, FakeEngine(), seed=3))


def test_where_the_engine_writes_the_same_nothing_tells_the_sides_apart() -> None:
    for index, source in enumerate(SOURCES[:3]):
        a, b = listen.passage(source, Copyist(source.excerpt), index, index % 2)["sides"]
        assert a["notes"] == b["notes"]
        assert a["svg"] != b["svg"]  # their ids would clash
        assert without_ids(a["svg"]) == without_ids(b["svg"])


@needs_node
def test_the_engine_stands_where_the_key_says(passages: list[Json]) -> None:
    assert len(passages) == len(SOURCES)
    for passage in passages:
        hidden = key(passage)
        assert (hidden["title"], hidden["composer"]) == ("Frühling", "Someone")
        assert len(passage["sides"][hidden["engine"]]["notes"]) == 8  # a whole note in each measure
        assert len(passage["sides"][1 - hidden["engine"]]["notes"]) == 8 * 9


@needs_node
def test_sides_are_drawn_by_lot_and_the_same_again(passages: list[Json]) -> None:
    sides = [key(passage)["engine"] for passage in passages]
    assert len(sides) == 12 and 1 < sum(sides) < 11
    assert list(listen.passages(SOURCES[:4], FakeEngine(), seed=3)) == passages[:4]
    assert list(listen.passages(SOURCES[:4], FakeEngine(), seed=4)) != passages[:4]


def test_a_passage_is_eight_measures_of_both_parts(passages: list[Json]) -> None:
    for source, passage in zip(SOURCES, passages, strict=True):
        assert passage["starts"] == [4.0 * m for m in range(9)]
        assert passage["pace"] == listen.BEATS
        melody = [n.pitch.midi for cell in source.excerpt.cells(0) for n in cell]
        assert [key for _, _, key in passage["melody"]] == melody
        assert [start for start, _, _ in passage["melody"]] == list(range(32))
        for side in passage["sides"]:
            root = etree.fromstring(side["svg"])
            names = {text.strip() for text in root.xpath("//*[@class='label']//text()")}
            assert names - {""} == {"Voice", "Piano"}
            assert len(root.xpath("//*[@class='measure']")) == 8
            assert len(root.xpath("//*[@class='staff']")) == 8 * 3
            assert not root.xpath("//*[@class='harm' or @class='dynam' or @class='verse' or @class='tempo']")


def test_a_passage_without_notation_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engraved, calls = listen.engraved, []

    def second_fails(score, seed):  # type: ignore[no-untyped-def]
        calls.append(seed)
        if len(calls) == 2:
            raise EngineError("measure 3, voice 1: no notation for this rhythm")
        return engraved(score, seed)

    monkeypatch.setattr(listen, "engraved", second_fails)
    assert len(list(listen.passages(SOURCES[:3], FakeEngine(), seed=0))) == 2
    assert "left out, Frühling: measure 3" in capsys.readouterr().out


@needs_node
def test_the_script_is_read_by_the_page(passages: list[Json]) -> None:
    script = listen.script(passages[:2], demonstration=False)
    found = node(f"(() => {{ const window = {{}}; {script}; return window.LISTEN; }})()")
    assert found["passages"] == passages[:2] and not found["demonstration"]
    assert found["set"] != node(
        f"(() => {{ const window = {{}}; {listen.script(passages[:1], False)}; return window.LISTEN.set; }})()"
    )


@needs_node
def test_intervals_are_exact() -> None:
    most = 30
    found = node(
        f"Array.from({{length: {most}}}, (_, n) => Array.from({{length: n + 2}}, (_, k) => tally.interval(k, n + 1)))"
    )
    for n in range(1, most + 1):
        for k in range(n + 1):
            exact = binomtest(k, n).proportion_ci(0.95, method="exact")
            assert found[n - 1][k] == pytest.approx([exact.low, exact.high], abs=1e-9)


@needs_node
@pytest.mark.parametrize("script", ["tally", "sound"])
def test_the_scripts_in_node(script: str) -> None:
    found = subprocess.run(
        ["node", "--test", f"tests/listen/{script}.test.js"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


@needs_node
def test_the_demonstration_is_what_may_be_shown() -> None:
    text = (listen.PAGE / "demonstration.js").read_text(encoding="utf-8")
    found = node(f"(() => {{ const window = {{}}; {text}; return window.LISTEN; }})()")
    assert found["demonstration"]
    sources = list(listen.demonstration())
    assert (
        [key(p)["title"] for p in found["passages"]]
        == [s.title for s in sources]
        == ["Minuet in G", "Aloha Oe", "Minuet in G"]
    )
    for passage, source in zip(found["passages"], sources, strict=True):
        human = passage["sides"][1 - key(passage)["engine"]]["notes"]
        (part,) = source.excerpt.written
        assert {round(note[2]) for note in human} == {
            note.pitch.midi for cell in source.excerpt.cells(part) for note in cell
        }


def test_the_page_is_alone_in_the_world() -> None:
    for path in listen.PAGE.glob("*.*"):
        if path.name != "passages.js":
            hosts = set(re.findall(r"https?://([\w.]+)", path.read_text(encoding="utf-8")))
            assert hosts <= {"www.w3.org", "www.musicxml.org"}, (
                path.name
            )  # names of formats, which nobody asks


def test_passages_of_others_stay_out_of_the_repository() -> None:
    command = ["git", "check-ignore", "-q", "docs/listen/passages.js"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
