from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge import engines
from bridge.cli import main
from engine.interface import EngineInfo

INFO = EngineInfo(
    "tiny", "A small one", 1_500_000, "MIT", "hymns", ("accompany",), ("piano", "organ"), ("hymn",)
)


@pytest.fixture(autouse=True)
def one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "available", lambda: [INFO])


def test_engines_are_listed_with_what_is_known_of_them() -> None:
    result = CliRunner().invoke(main, ["engines"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "tiny: A small one"
    assert "  parameters:  1.5 million" in lines
    assert "  instruments: piano, organ" in lines
    assert not [line for line in lines if "composers" in line]


def test_engines_are_listed_for_machines() -> None:
    (engine,) = json.loads(CliRunner().invoke(main, ["engines", "--json"]).stdout)
    assert (engine["name"], engine["parameters"], engine["styles"]) == ("tiny", 1_500_000, ["hymn"])


def test_what_an_engine_is_limited_to_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = EngineInfo("narrow", "for few", ensembles=("satb",), metres=("4/4", "3/4"), parts=2)
    monkeypatch.setattr(engines, "available", lambda: [limited])
    lines = CliRunner().invoke(main, ["engines"]).stdout.splitlines()
    assert lines[1:] == ["  ensembles:   satb", "  metres:      4/4, 3/4", "  parts:       up to 2 at once"]


def test_an_engine_that_cannot_be_used_is_listed_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "available", lambda: [INFO, EngineInfo("broken", fault="no small.json")])
    result = CliRunner().invoke(main, ["engines"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "broken: cannot be used: no small.json"


def test_an_engine_that_cannot_be_used_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "described", lambda name: EngineInfo(name, fault="no small.json"))
    song = str(Path(__file__).parents[3] / "examples" / "ode-to-joy.musicxml")
    result = CliRunner().invoke(main, ["accompany", song, "--engine", "broken"])
    assert result.exit_code == 1
    assert "the engine broken cannot be loaded: no small.json" in result.stderr
    assert "unexpected" not in result.stderr
