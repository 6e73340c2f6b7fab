from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cli import batch, main
from bridge.cli.takes import command
from bridge.documents.document import open_bytes, open_document
from bridge.options import TASKS, WritingOptions
from bridge.output import packed
from bridge.takes import History, NewTake, TakeRecord, history_path
from engine.interface import EngineInfo

Make = Callable[..., Path]


def new(**changes: Any) -> NewTake:
    about = {"task": "accompany", "title": "Silent Night", "parts": ("Piano",), "measures": "1-4", "seed": 7}
    rest = {"engine": "transformer", "options": {"add": ["piano"]}, "suffix": ".musicxml"}
    return NewTake(**about | rest | changes)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def kept() -> Iterator[History]:
    with History(history_path()) as opened:
        yield opened


def run(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["takes", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def test_no_takes_are_said_to_be_none() -> None:
    assert run("list").stdout == "there are no takes yet\n"
    assert json.loads(run("list", "--json").stdout) == []


def test_takes_are_listed_in_columns(kept: History) -> None:
    long, short = kept.record(new(task="continue", seed=123456), b""), kept.record(new(parts=("A", "B")), b"")
    heads, *lines = run("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [short, long]
    for head, first, second in (
        ("TASK", "accompany", "continue"),
        ("PARTS", "A, B", "Piano"),
        ("SEED", "7", "123456"),
        ("TITLE", "Silent Night", "Silent Night"),
    ):
        start = heads.index(head)
        assert lines[0][start:].startswith(first)
        assert lines[1][start:].startswith(second)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a time zone can be set on POSIX")
def test_times_are_those_of_the_clock_on_the_wall(kept: History, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.record(new(), b"")
    created = kept.newest(1)[0].created
    try:
        monkeypatch.setenv("TZ", "XXX-05:30")  # five and a half hours east
        time.tzset()
        shown = datetime.strptime(" ".join(run("list").stdout.splitlines()[1].split()[1:3]), "%Y-%m-%d %H:%M")
    finally:
        monkeypatch.undo()
        time.tzset()
    ahead = shown - datetime.fromisoformat(created).replace(tzinfo=None, second=0)
    assert ahead.total_seconds() == 5.5 * 3600


def test_a_wide_a_long_and_a_hostile_title_keep_to_their_line(kept: History) -> None:
    for title in ("日本の歌", "la " * 50, "red\x1b[31m\r\nalert"):
        kept.record(new(title=title, parts=("日本" * 20,)), b"")
    _, *lines = run("list").stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].endswith("red [31m alert")
    assert lines[1].endswith("…")
    assert lines[2].endswith("日本の歌")
    assert {line.count("…") for line in lines} == {1, 2}
    assert "\x1b" not in run("show", kept.newest(1)[0].id).stdout


def test_a_limit_shows_so_many(kept: History) -> None:
    ids = [kept.record(new(), b"") for _ in range(25)]
    assert [take["id"] for take in json.loads(run("list", "--limit", 3, "--json").stdout)] == ids[:-4:-1]
    assert len(run("list").stdout.splitlines()) == 1 + 20
    run("list", "--limit", 0, status=2)


def test_a_take_is_shown_with_the_command_that_gives_it_again(kept: History) -> None:
    options = {"add": ["piano", "violin"], "measures": "9-16", "density": 2.0, "replace": False, "seed": 7}
    id = kept.record(new(options=options), b"x" * 5000)
    assert id
    shown = run("show", id[:6]).stdout
    assert shown.startswith(f"take {id}\n")
    again = "obbligato accompany SCORE --add piano --add violin --measures 9-16 --density 2.0 --seed 7"
    assert f"  again:    {again}\n" in shown
    assert "  document: .musicxml, 5 kB\n" in shown
    assert f"  export:   obbligato takes export {id} -o PATH\n" in shown
    (listed,) = json.loads(run("list", "--json").stdout)
    assert json.loads(run("show", id, "--json").stdout) == listed | {"command": again}
    assert listed["options"] == options


def test_a_take_of_another_version_is_shown_with_the_command_of_that_version(kept: History) -> None:
    id = kept.record(new(task="transpose", options={"add": ["piano"], "gone": 3, "other": None}), b"")
    assert "again:    obbligato transpose SCORE --add piano --gone 3 --seed 7\n" in run("show", id).stdout


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
common = {
    "part": st.lists(names, max_size=2),
    "engine": st.sampled_from(["transformer", "musegan"]),
    "style": st.sampled_from(["", "hymn"]),
    "composer": st.sampled_from(["", "Schubert, Franz"]),
    "density": st.none() | st.floats(0.1, 9),
    "polyphony": st.none() | st.integers(1, 9),
    "low": st.sampled_from([None, 0, 40]),
    "high": st.sampled_from([None, 80, 127]),
    "shortest": st.sampled_from([None, "whole", "1/16"]),
    "chords": st.sampled_from(["follow", "suggest", "ignore"]),
    "temperature": st.floats(0.1, 5),
    "top_p": st.floats(0.1, 1),
    "seed": st.sampled_from([0, 1, 2**63 - 1]),
}
own: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "accompany": {
        "measures": st.sampled_from(["", "9-16"]),
        "add": st.lists(st.sampled_from(["piano", "satb"]), max_size=2),
        "into": st.lists(names, min_size=1, max_size=2),
        "replace": st.booleans(),
    },
    "fill": {"measures": st.sampled_from(["1", "-3--1"]), "into": st.lists(names, max_size=2)},
    "harmonize": {
        "measures": st.sampled_from(["", "1, 3"]),
        "add": st.lists(st.sampled_from(["alto", "tenor", "bass"]), min_size=1, max_size=3),
        "staves": st.sampled_from([2, 4]),
    },
    "continue": {"count": st.integers(1, 1000)},
}
wishes = st.sampled_from(sorted(TASKS)).flatmap(
    lambda task: st.tuples(st.just(task), st.fixed_dictionaries({**common, **own[task]}))
)


def understood(line: str) -> WritingOptions:
    """The options as the command line understands them."""
    found: list[WritingOptions] = []

    def resolved(options: WritingOptions, _: EngineInfo) -> None:
        found.append(options)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "resolved", resolved)
        program, *arguments = shlex.split(line)
        assert program == "obbligato"
        result = CliRunner().invoke(main, arguments)
    assert found, result.output
    return found[0]


@settings(max_examples=60, deadline=None)
@given(wishes)
def test_the_command_means_what_was_asked_for(wish: tuple[str, dict[str, Any]]) -> None:
    task, values = wish
    options = TASKS[task].parse(values)
    about = {"id": "", "created": "", "version": "", "size": 0}
    stored = json.loads(json.dumps(options.model_dump(mode="json")))
    take = new(task=task, seed=options.seed, options=stored)
    record = TakeRecord(**about, **{name: getattr(take, name) for name in NewTake.__slots__})
    assert understood(command(record)) == options


def test_a_take_is_exported_as_it_was_recorded(kept: History, make_score: Make, tmp_path: Path) -> None:
    song = make_score().read_bytes()
    for suffix, data in ((".musicxml", song), (".mxl", packed(song))):
        id = kept.record(new(suffix=suffix), data)
        result = run("export", id, "-o", tmp_path / "out" / f"song{suffix}")
        assert result.stdout == f"wrote {tmp_path / 'out' / f'song{suffix}'}\n"
        assert (tmp_path / "out" / f"song{suffix}").read_bytes() == data


@pytest.mark.parametrize("stored", [".musicxml", ".mxl"])
@pytest.mark.parametrize("suffix", [".musicxml", ".xml", ".mxl", ".MXL", ".mid"])
def test_the_suffix_picks_the_format(
    kept: History, make_score: Make, tmp_path: Path, stored: str, suffix: str
) -> None:
    song = make_score().read_bytes()
    id = kept.record(new(suffix=stored), packed(song) if stored == ".mxl" else song)
    path = tmp_path / f"out{suffix}"
    run("export", id, "-o", path)
    kind = {".mxl": "mxl", ".mid": "midi"}.get(suffix.lower(), "musicxml")
    document = open_document(path)
    assert document.source.kind == kind
    ours, theirs = document.score.parts[0].cells, open_bytes(song, "song").score.parts[0].cells
    assert [note.pitch.midi for cell in ours for note in cell] == [
        note.pitch.midi for cell in theirs for note in cell
    ]
    assert kind == "midi" or document.source.data == song


def test_without_a_file_a_take_goes_here_and_into_a_folder_under_its_id(
    kept: History, make_score: Make, tmp_path: Path
) -> None:
    id = kept.record(new(), make_score().read_bytes())
    run("export", id)
    run("export", id, "-o", f"out{os.sep}")
    for folder in (tmp_path, tmp_path / "out"):
        assert (folder / f"{id}.obbligato.musicxml").is_file()


def test_nothing_is_written_over_unless_forced(kept: History, make_score: Make, tmp_path: Path) -> None:
    song = make_score()
    before = song.read_bytes()
    id = kept.record(new(), before.replace(b"Voice", b"Choir"))
    assert "--force" in run("export", id, "-o", song, status=1).stderr
    assert song.read_bytes() == before
    run("export", id, "-o", song, "--force")
    assert b"Choir" in song.read_bytes()


def test_a_suffix_of_no_format_is_wrong_usage(kept: History, tmp_path: Path) -> None:
    id = kept.record(new(), b"")
    assert ".musicxml" in run("export", id, "-o", tmp_path / "song.pdf", status=2).stderr
    assert not (tmp_path / "song.pdf").exists()


@pytest.mark.parametrize("arguments", [("show",), ("show", "--json"), ("export",)])
def test_an_unknown_id_is_an_error_that_says_what_to_do(arguments: tuple[str, ...]) -> None:
    stderr = run(*arguments, "nonesuch", status=1).stderr
    assert (
        stderr
        == 'error: there is no take "nonesuch" in the history\nhint: `obbligato takes list` shows them.\n'
    )


def test_a_history_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    stderr = run("list", status=1).stderr
    assert "cannot be used" in stderr
    assert "OBBLIGATO_HOME" in stderr
