"""The page about engines does what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge import open_score
from bridge.cli import main
from bridge.documents.checker import check
from engine import registry

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
SONG = str(ROOT / "examples" / "ode-to-joy.musicxml")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engine of the page, installed as the page says."""
    (tmp_path / "block_chords.py").write_text(block("python"), encoding="utf-8")
    info = tmp_path / "block_chords-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: block-chords\nVersion: 1.0\n")
    points = block("toml").replace('"', "").replace("project.entry-points.", "")
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._points.cache_clear()
    yield
    registry._points.cache_clear()


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


def test_its_engine_is_no_longer_than_it_says() -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len(lines) <= 30


def test_its_engine_is_listed() -> None:
    assert "block-chords: a chord a measure" in run("engines")[1]


def test_its_engine_writes(tmp_path: Path) -> None:
    out = tmp_path / "out.musicxml"
    arguments = ("accompany", SONG, "--add", "piano", "--engine", "block-chords", "-o", str(out))
    status, said = run(*arguments)
    assert status == 0, said
    document = open_score(out)
    assert check(document.tree) == check(open_score(SONG).tree)
    cells = document.score.parts[-1].cells
    assert all(len(cell) == 3 for cell in cells)
    assert len({cell[0].pitch.step for cell in cells}) > 1


def test_its_engine_keeps_to_the_limits(tmp_path: Path) -> None:
    out = tmp_path / "out.musicxml"
    arguments = ("accompany", SONG, "--engine", "block-chords", "--polyphony", "2", "-o", str(out))
    assert run(*arguments)[0] == 0
    assert not any(open_score(out).score.parts[-1].cells)


def test_what_it_cannot_do_is_refused_with_what_it_can() -> None:
    status, said = run("continue", SONG, "-n", "2", "--engine", "block-chords")
    assert status == 2
    assert "the engine block-chords cannot continue" in said
    assert "It can accompany, or use --engine transformer." in said
