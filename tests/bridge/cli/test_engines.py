from __future__ import annotations

import json

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


def test_missing_weights_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise FileNotFoundError(2, "No such file or directory", "small.json")

    monkeypatch.setattr(engines, "available", missing)
    result = CliRunner().invoke(main, ["engines"])
    assert result.exit_code == 1
    assert "small.json" in result.stderr
    assert "unexpected" not in result.stderr
