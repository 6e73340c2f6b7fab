from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import bridge.cli.evaluate as command
from bridge.cli import main
from engine.interface import CHOIR

pytest.importorskip("sklearn")

from engine.evaluation import report
from engine.evaluation.arms import COLUMNS
from engine.evaluation.bootstrap import Estimate
from engine.evaluation.report import ScenarioReport

FIGURES = {"coverage": {"human": Estimate(1, 0.5, 1.5), "musegan": Estimate(2, 2, 2)}}
FOUND = ScenarioReport("songs", "Songs", 3, 6, 5, {"human": 6, "musegan": 4}, FIGURES, {})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What reaches the evaluation, which itself is not run."""
    found: list[Any] = []

    def evaluate(*arguments: Any) -> list[ScenarioReport]:
        found.append(arguments)
        return [FOUND] if arguments[2] else []

    monkeypatch.setattr(report, "evaluate", evaluate)
    monkeypatch.setattr("bridge.cli.trainers.read_works", lambda data, split: [data.name, split])
    return found


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["evaluate", *arguments])


def test_what_is_evaluated(calls: list[Any], tmp_path: Path) -> None:
    result = run("--data", str(tmp_path), "--seed", "3", "--top-p", "0.5", "--scenario", "hymns")
    assert result.exit_code == 0, result.output
    engines, training, asked, works, seed, _, scenarios = calls[0]
    assert (training, asked) == ([tmp_path.name, "train"], [tmp_path.name, "valid"])
    assert [(name, engine.info.name) for name, engine in engines.items()] == [("transformer",) * 2]
    assert works == 40
    sampling = scenarios[0].sampling
    assert (seed, sampling.temperature, sampling.top_p) == (3, CHOIR.temperature, 0.5)
    assert [s.name for s in scenarios] == ["hymns"]
    assert "6 excerpts of 3 works; 5 also with other given parts." in result.stdout
    lines = [line.split("|")[1:-1] for line in result.stdout.splitlines() if line.startswith("|")]
    head, _, counts, coverage = [[cell.strip() for cell in line] for line in lines]
    assert head == ["", "human", "musegan"] and counts == ["excerpts", "6", "4"]
    assert coverage == ["coverage", "1.00 [0.50, 1.50]", "2.00 [2.00, 2.00]"]


def test_several_engines(calls: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.engines.open_engine", lambda name: f"engine {name}")
    out = tmp_path / "quality.md"
    names = ("--engine", "b", "--engine", "a", "--engine", "b")
    result = run("--data", str(tmp_path), "--json", "-o", str(out), *names)
    assert list(calls[0][0].items()) == [("b", "engine b"), ("a", "engine a")]
    assert json.loads(result.stdout)["engines"] == ["b", "a"]
    assert "`obbligato evaluate --data DIR --engine b --engine a --works 40" in out.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("name", COLUMNS)
def test_a_further_engine_cannot_have_the_name_of_another_column(
    calls: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("bridge.engines.open_engine", lambda name: f"engine {name}")
    result = run("--data", str(tmp_path), "--engine", "a", "--engine", name)
    assert result.exit_code == 2 and not calls
    assert f'the table has a column "{name}" of its own' in result.stderr
    assert run("--data", str(tmp_path), "--engine", name, "--engine", "a").exit_code == 0
    assert list(calls[0][0]) == [name, "a"]


def test_nothing_to_evaluate(calls: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "evaluate", lambda *arguments: [])
    out = tmp_path / "quality.md"
    result = run("--data", str(tmp_path), "-o", str(out))
    assert result.exit_code == 1 and not out.exists()
    assert f"{tmp_path}: no works for transformer in its valid split" in result.stderr


def test_quick_means_fewer_works(calls: list[Any], tmp_path: Path) -> None:
    assert run("--data", str(tmp_path), "--quick").exit_code == 0
    assert run("--data", str(tmp_path), "--quick", "--works", "9").exit_code == 0
    assert [call[3] for call in calls] == [6, 9]
    assert len(calls[0][6]) == 6


def test_json_and_a_file(calls: list[Any], tmp_path: Path) -> None:
    out = tmp_path / "quality.md"
    result = run("--data", str(tmp_path), "--json", "-o", str(out), "--scenario", "songs")
    (scenario,) = json.loads(result.stdout)["scenarios"]
    assert scenario["figures"]["coverage"]["human"] == {"value": 1, "low": 0.5, "high": 1.5}
    assert scenario["arms"] == {"human": 6, "musegan": 4}
    text = out.read_text(encoding="utf-8")
    assert "6 excerpts of 3 works; 5 also with other given parts." in text
    assert "`obbligato evaluate --data DIR --engine transformer --works 40" in text
    assert "--scenario songs" in text and str(tmp_path) not in text


def test_a_file_that_is_there_is_overwritten_only_by_force(calls: list[Any], tmp_path: Path) -> None:
    out = tmp_path / "quality.md"
    out.write_text("mine", encoding="utf-8")
    arguments = ("--data", str(tmp_path), "-o", str(out))
    refused = run(*arguments)
    assert refused.exit_code == 1 and "is there already" in refused.stderr and "--force" in refused.stderr
    assert not calls and out.read_text(encoding="utf-8") == "mine"
    assert run(*arguments, "--force").exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("# Quality")


def test_wrong_usage(calls: list[Any], tmp_path: Path) -> None:
    result = run("--data", str(tmp_path), "--scenario", "operas")
    assert result.exit_code == 2 and "operas is none of songs," in result.output
    assert run("--data", str(tmp_path / "nowhere")).exit_code == 2
    assert run("--data", str(tmp_path), "--works", "0").exit_code == 2
    assert run("--data", str(tmp_path), "--temperature", "0").exit_code == 2
    unknown = run("--data", str(tmp_path), "--engine", "nobody")
    assert unknown.exit_code == 2 and 'no engine "nobody"' in unknown.output
    assert not calls


def test_without_the_judges_it_says_what_to_install(
    calls: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    result = run("--data", str(tmp_path))
    assert result.exit_code == 1 and not calls
    assert "pip install 'obbligato[evaluate]'" in result.output
