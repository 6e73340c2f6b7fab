from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from works import two_part_works

import bridge.corpus
from bridge.cli import main
from bridge.corpus import melodies
from engine.training.config import CONFIGS
from engine.training.works import NothingToLearnError

Calls = list[dict[str, Any]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """What reaches the training loop, which itself is not run."""
    from engine.training import run

    found: Calls = []

    def train(model: Any, recipe: Any, training: Any, validation: Any, out: Path, report: Any) -> None:
        found.append({"model": model, "steps": recipe.steps, "works": (training, validation), "out": out})
        report(1, {"loss": 2.0, "validation": 3.0})
        report(2, {"loss": 1.0})

    monkeypatch.setattr(run, "train", train)
    monkeypatch.setattr(
        bridge.corpus,
        "load_corpus",
        lambda data, split, cache, progress, collections: [data, split, cache, *collections],
    )
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "home"))
    return found


def test_training_gets_the_configuration_the_works_and_the_folder(calls: Calls, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["train", "tiny", "--data", str(tmp_path), "-o", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    (call,) = calls
    assert call["works"] == tuple(
        [tmp_path, split, tmp_path / "home" / "cache"] for split in ("train", "valid")
    )
    assert call["out"] == tmp_path / "run"
    assert f"trained {call['steps']} steps: loss 1.000, validation loss 3.000" in result.stdout


def test_the_folder_is_named_after_the_configuration(calls: Calls, tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["train", "tiny", "--data", str(tmp_path)]).exit_code == 0
    assert calls[0]["out"] == Path("runs/tiny")


def test_a_configuration_chooses_its_collections(calls: Calls, tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["train", "jsb", "--data", str(tmp_path)]).exit_code == 0
    assert [works[3:] for works in calls[0]["works"]] == [["jsb"], ["jsb"]]


def test_the_notator_learns_from_all_works_but_the_songs_it_is_measured_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from engine.notator import training

    rows = [("a", "lieder", "3"), ("b", "lieder", "1"), ("c", "mutopia", "0"), ("d", "lieder", "2")]
    lines = [f"{id},{collection},train,{digest}" for id, collection, digest in rows]
    (tmp_path / "manifest.csv").write_text("\n".join(["id,collection,split,sha256_16", *lines]))
    splits = {"train": [("a", "song"), ("b", "song"), ("c", "keyboard"), ("d", "song")]}
    splits["valid"] = [("e", "song"), ("f", "hymn")]
    seen: dict[str, Any] = {}

    def run(shape: Any, recipe: Any, works: Any, songs: Any, out: Path, report: Any) -> Counter[str]:
        seen.update(works=[work.id for work in works], songs=[work.id for work in songs], out=out)
        report(1, 2, 3.0)
        return Counter(sounds=2000, spelling=1990, staff=1900, voice=1000)

    def load(data: Path, split: str, cache: Path, progress: Any, collections: Any) -> list[Any]:
        return [SimpleNamespace(id=id, style=style) for id, style in splits[split]]

    monkeypatch.setattr(training, "run", run)
    monkeypatch.setattr(bridge.corpus, "load_corpus", load)
    config = tmp_path / "own.toml"
    config.write_text((CONFIGS / "notator.toml").read_text().replace("held_out = 140", "held_out = 2"))
    arguments = ["train", str(config), "--data", str(tmp_path), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert seen == {"works": ["a", "c"], "songs": ["e", "b", "d"], "out": tmp_path / "run"}
    assert "right of 2,000 notes: spelling 99.5%, staff 95.0%, voice 50.0%" in result.stdout


def test_the_critic_learns_from_the_training_works_and_the_shipped_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from engine import registry
    from engine.critic import training

    seen: dict[str, Any] = {}

    def run(recipe: Any, engine: Any, works: Any, out: Path, report: Any) -> float:
        seen.update(folds=recipe.folds, engine=engine, works=works, out=out)
        report("songs", 1, 2)
        report("learning", 1, 5)
        return 0.8765

    monkeypatch.setattr(training, "run", run)
    monkeypatch.setattr(registry, "load_engine", lambda: "the engine")
    monkeypatch.setattr(
        bridge.corpus, "load_corpus", lambda data, split, cache, progress, collections: [data, split]
    )
    arguments = ["train", "critic", "--data", str(tmp_path), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    out = tmp_path / "run"
    assert seen == {"folds": 5, "engine": "the engine", "works": [tmp_path, "train"], "out": out}
    assert f"told apart on works held out: AUC 0.876; weights in {out / 'model.safetensors'}" in result.stdout


def test_the_lstm_learns_from_one_split_and_is_measured_on_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from engine.lstm import training

    seen: list[Any] = []

    def run(
        shape: Any, recipe: Any, works: Any, unseen: Any, out: Path, report: Callable[..., None]
    ) -> dict[str, float]:
        seen.append((shape.hidden, recipe.events, works, unseen, out))
        report(1, {"note": 3.0, "duration": 1.0})
        return {"valid note": 2.5, "valid duration": 1.25}

    monkeypatch.setattr(training, "train", run)
    monkeypatch.setattr(
        bridge.corpus, "load_corpus", lambda data, split, cache, progress, collections: [data, split]
    )
    arguments = ["train", "lstm", "--data", str(tmp_path), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    out = tmp_path / "run"
    assert seen == [(256, 96, [tmp_path, "train"], [tmp_path, "valid"], out)]
    assert "valid note 2.500" in result.stdout and str(out / "lstm.safetensors") in result.stdout


def test_c_rnn_gan_learns_from_melodies_as_they_were_played(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from engine.crnngan import training

    seen: list[Any] = []

    def run(shape: Any, recipe: Any, found: Any, out: Path, report: Callable[..., None]) -> None:
        seen.append((recipe.tones, found, out))
        report(1, {"foretold": 0.5})
        raise NothingToLearnError("no melody of more than 48 tones")

    monkeypatch.setattr(training, "train", run)
    monkeypatch.setattr(melodies, "load_melodies", lambda data, split, cache, progress: [data, split])
    arguments = ["train", "c-rnn-gan", "--data", str(tmp_path), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, arguments)
    assert seen == [(48, [tmp_path, "train"], tmp_path / "run")]
    assert result.exit_code == 1 and "no melody of more than 48 tones" in result.stderr


def test_models_of_musegan_are_trained_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from engine.musegan import training

    seen: list[Any] = []

    def run(name: str, shape: Any, recipe: Any, works: Any, out: Path, report: Any) -> dict[str, float]:
        seen.append((name, shape.kind, shape.conditional, recipe.steps, works, out))
        report(1, {"distance": 3.0})
        if name == "third":
            raise NothingToLearnError("no phrase for satb in these works")
        return {"QN": 0.5, "data QN": 0.9}

    monkeypatch.setattr(training, "train", run)
    monkeypatch.setattr(
        bridge.corpus, "load_corpus", lambda data, split, cache, progress, collections: [data, split]
    )
    config = tmp_path / "own.toml"
    config.write_text(
        '[musegan]\nsteps = 9\nensemble = "satb"\nkind = "hybrid"\nconditional = true\n[musegan.models.first]\n'
        '[musegan.models.second]\nkind = "jamming"\nconditional = false\nsteps = 3\n[musegan.models.third]\n'
    )
    arguments = ["train", str(config), "--data", str(tmp_path), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, arguments)
    works, out = [tmp_path, "train"], tmp_path / "run"
    assert seen[:2] == [("first", "hybrid", True, 9, works, out), ("second", "jamming", False, 3, works, out)]
    assert (
        f"second: QN 0.500, data QN 0.900; weights in {out / 'musegan-second.safetensors'}" in result.stdout
    )
    assert result.exit_code == 1 and "no phrase for satb" in result.stderr


@pytest.mark.parametrize(
    ("config", "below"), [("tiny", ""), ("piano.toml", "x"), ("lstm", ""), ("c-rnn-gan", "")]
)
def test_a_folder_that_holds_another_run_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: str, below: str
) -> None:
    from torch import nn

    from engine.training.checkpoint import save_checkpoint

    musegan = '[musegan.models.x]\nensemble = "piano"\nkind = "hybrid"\nconditional = true\nsteps = 1\n'
    (tmp_path / "piano.toml").write_text(musegan)
    monkeypatch.setattr(bridge.corpus, "load_corpus", lambda *_: two_part_works(2))
    monkeypatch.setattr(melodies, "load_melodies", lambda *_: [np.ones((50, 4))])
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "run" / below
    folder.mkdir(parents=True)
    save_checkpoint(folder, [nn.Linear(2, 2)], [], 1)
    before = (folder / "checkpoint.pt").read_bytes()
    result = CliRunner().invoke(main, ["train", config, "--data", str(tmp_path), "-o", str(tmp_path / "run")])
    assert result.exit_code == 1, result.output
    error, hint = result.stderr.splitlines()
    assert error == f"error: {folder}: its checkpoint is of a network of another shape"
    assert hint.startswith("hint: Give another folder with --output, or the configuration")
    assert [path.name for path in folder.iterdir()] == ["checkpoint.pt"]
    assert (folder / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        None,
        "[musegan]\n",
        '[musegan.models.x]\nensemble = "band"\nkind = "hybrid"\nconditional = true\nsteps = 1\n',
        "[critic]\n",
        "[critic]\ncolour = 1\n",
        "[notator]\n",
        "[notator]\ncolour = 1\n",
        "[model",
        "[model]\ncolour = 1\n[training]\n",
        "[model]\n",
    ],
)
def test_a_configuration_that_cannot_be_used_is_wrong_usage(
    calls: Calls, tmp_path: Path, text: str | None
) -> None:
    config = tmp_path / "own.toml"
    if text is not None:
        config.write_text(text)
    result = CliRunner().invoke(main, ["train", str(config), "--data", str(tmp_path)])
    assert result.exit_code == 2, result.output
    assert "own.toml" in result.stderr
    assert calls == []


def test_a_folder_without_scores_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["train", "tiny", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["error", "hint"]
    assert "manifest.csv" in result.stderr
