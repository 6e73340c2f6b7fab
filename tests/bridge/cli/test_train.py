from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from works import two_part_works

import bridge.corpus
from bridge.cli import main, trainers
from bridge.corpus import melodies
from bridge.errors import RequestError
from engine.training.config import CONFIGS, load_config, read_tables
from engine.training.works import NothingToLearnError

Calls = list[dict[str, Any]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """What reaches the training loop, which itself is not run."""
    from engine.training import run

    found: Calls = []

    def train(model: Any, recipe: Any, training: Any, validation: Any, out: Path, report: Any) -> None:
        found.append(
            {
                "model": model,
                "recipe": recipe,
                "steps": recipe.steps,
                "works": (training, validation),
                "out": out,
            }
        )
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
    told = f"trained {call['steps']} steps: loss 1.000, validation loss 3.000; weights in {call['out']}"
    assert f"{told}/model.safetensors" in result.stdout


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
    lines = [f"{id},{collection},,,,train,{digest}" for id, collection, digest in rows]
    header = "id,collection,path,composer,kind,split,sha256_16"
    (tmp_path / "manifest.csv").write_text("\n".join([header, *lines]))
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


def test_weights_to_begin_with_that_are_not_there_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    works = two_part_works(2)
    monkeypatch.setattr(bridge.corpus, "load_corpus", lambda *_: works)
    arguments = ["train", "tiny", "--data", str(tmp_path), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, [*arguments, "--set", 'training.grown_from="smal"'])
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert (
        "tiny: no weights of a Transformer are shipped as smal\nhint: Set training.grown_from"
        in result.stderr
    )


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


def test_values_that_are_set_take_the_place_of_those_of_the_configuration(
    calls: Calls, tmp_path: Path
) -> None:
    settings = ["model.measures=8", "training.odds={hymn = 1}", "training.odds.pop = 0.5", "training.seed=2"]
    again = [word for setting in [*settings, "training.seed=3"] for word in ("--set", setting)]
    result = CliRunner().invoke(main, ["train", "tiny", "--data", str(tmp_path), *again])
    assert result.exit_code == 0, result.output
    (call,) = calls
    model, recipe = load_config("tiny")
    assert call["model"] == {**model, "measures": 8}
    assert call["recipe"] == replace(recipe, odds={"hymn": 1, "pop": 0.5}, seed=3)


def test_runs_of_other_values_have_folders_of_their_own(calls: Calls, tmp_path: Path) -> None:
    for settings in [
        ["training.seed=2"],
        ["training.seed=3"],
        ["training.seed=3", "training.odds={song = 1}"],
    ]:
        words = [word for setting in settings for word in ("--set", setting)]
        assert CliRunner().invoke(main, ["train", "tiny", "--data", str(tmp_path), *words]).exit_code == 0
    names = ["training.seed=2", "training.seed=3", "training.seed=3/training.odds=_song_=_1_"]
    assert [call["out"] for call in calls] == [Path("runs/tiny", name) for name in names]


@pytest.mark.parametrize("config", sorted(path.stem for path in CONFIGS.glob("*.toml")))
def test_every_shipped_configuration_can_be_trained_and_refuses_a_name_it_does_not_have(
    config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stop(*arguments: Any, **more: Any) -> None:
        raise RequestError("the works are asked for")

    monkeypatch.setattr(trainers, "read_works", stop)
    monkeypatch.setattr(melodies, "load_melodies", stop)
    result = CliRunner().invoke(main, ["train", config, "--data", str(tmp_path)])
    assert "the works are asked for" in result.stderr
    table = next(name for name in read_tables(config) if name != "training")
    result = CliRunner().invoke(
        main, ["train", config, "--data", str(tmp_path), "--set", f"{table}.colour=1"]
    )
    assert result.exit_code == 2 and "no setting colour" in result.stderr


@pytest.mark.parametrize(
    ("config", "setting", "words"),
    [
        ("tiny", "measures=8", "must be TABLE.NAME=VALUE; tables are model, training"),
        ("tiny", "modle.measures=8", "must be TABLE.NAME=VALUE"),
        ("tiny", "model.measures", "no value as TOML writes it"),
        ("tiny", "model.measures=eight", "no value as TOML writes it"),
        ("tiny", "training.steps.x=1", "steps is no table"),
        ("tiny", "model.measure=8", "no setting measure; there are width,"),
        ("tiny", "model.measures='8'", "measures must be a valid integer"),
        ("tiny", "model.measures=0", "must be at least 1"),
        ("tiny", "model.dropout=1", "less than 1"),
        ("tiny", "model.width=100", "width must be heads times 64"),
        ("tiny", "model.composers=3", "composers must be a valid"),
        ("tiny", "training.batch=0", "batch must be greater than 0"),
        ("tiny", "training.steps=1.5", "steps must be a valid integer"),
        ("tiny", "training.steps=2001-01-01", "steps must be a valid integer"),
        ("tiny", "training.seed=true", "seed must be a valid integer"),
        ("tiny", "training.odds.songs=1", "odds of songs; the styles are song,"),
        ("tiny", "training.odds.song='much'", "odds.song must be a valid number"),
        ("notator", "training.alone=1.5", "alone must be less than or equal to 1"),
        ("critic", "critic.works.sonatas=3", "works of sonatas; the scenarios are songs,"),
        ("musegan", "musegan.models.satb.kind='solo'", "kind must be 'jamming', 'composer' or 'hybrid'"),
        ("lstm", "lstm.hidden='wide'", "hidden must be a valid integer"),
        ("c-rnn-gan", "training.steps=-1", "steps must be greater than 0"),
    ],
)
def test_a_value_that_cannot_be_set_is_wrong_usage(
    calls: Calls, tmp_path: Path, config: str, setting: str, words: str
) -> None:
    result = CliRunner().invoke(main, ["train", config, "--data", str(tmp_path), "--set", setting])
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.stderr.split())
    assert calls == []


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
    save_checkpoint(folder, {}, [nn.Linear(2, 2)], [], 1)
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


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nosuch", "nosuch: no shipped configuration; they are base, c-rnn-gan, critic, jsb, lstm, manner,"),
        ("nosuch.toml", "nosuch.toml: no such file or directory"),
    ],
)
def test_a_configuration_that_is_not_there_is_refused_in_words(tmp_path: Path, name: str, told: str) -> None:
    result = CliRunner().invoke(main, ["train", name, "--data", str(tmp_path)])
    assert result.exit_code == 2 and told in result.stderr and "Errno" not in result.stderr
