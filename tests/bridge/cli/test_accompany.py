from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mido
import pytest
from click.testing import CliRunner, Result

from bridge.batch import work
from bridge.cli import batch, main
from bridge.documents.document import open_bytes, open_document
from engine.cells import CellEngine
from engine.interface import Controls, Passage, Sampling, WrittenCell

Make = Callable[..., Path]
Run = Callable[..., Result]


@pytest.fixture
def run(fake_engine: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``obbligato accompany`` with the fake engine, in this process."""
    monkeypatch.setattr(batch, "open_engine", lambda name: fake_engine)
    monkeypatch.setattr(batch, "engine_info", lambda name: fake_engine.info)
    return accompany


def accompany(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["accompany", "--workers", "1", *map(str, arguments)])


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_song_goes_in_and_an_accompanied_song_comes_out_beside_it(
    run: Run, make_score: Make, tmp_path: Path
) -> None:
    result = run(make_score(), "--seed", 7)
    assert result.exit_code == 0, result.output
    assert files(tmp_path) == {"song.musicxml", "song.obbligato.musicxml"}
    score = open_document(tmp_path / "song.obbligato.musicxml").score
    assert [part.name for part in score.parts] == ["Voice", "Piano"]
    assert "song.obbligato.musicxml: 4 measures for Piano, seed 7, " in result.stdout


def test_the_same_seed_gives_the_same_bytes(run: Run, make_score: Make, tmp_path: Path) -> None:
    song = make_score()
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        assert run(song, "--seed", seed, "-o", tmp_path / f"{name}.musicxml").exit_code == 0
    a, b, c = ((tmp_path / f"{name}.musicxml").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_options_reach_the_engine(run: Run, make_score: Make, fake_engine: Any) -> None:
    result = run(
        *(make_score("duo"), "--measures", "2-3", "--part", "violin", "--add", "cello", "--style", "hymn"),
        *("--composer", "Schubert, Franz", "--density", 2, "--polyphony", 1, "--low", "C2", "--high", 60),
        *("--shortest", "eighth", "--temperature", 0.5, "--top-p", 0.9, "--seed", 3, "--chords", "ignore"),
    )
    assert result.exit_code == 0, result.output
    ((passage, controls, sampling),) = fake_engine.calls
    assert passage.mask == {(2, 1), (2, 2)}
    assert passage.listen == {0}
    assert controls == Controls("hymn", "Schubert, Franz", 2, 1, 36, 60, controls.shortest)
    assert controls.shortest == 0.5
    assert sampling == Sampling(3, 0.5, 0.9)


def test_the_report_for_machines_is_all_there_is_on_standard_output(
    run: Run, make_score: Make, tmp_path: Path
) -> None:
    good, bad = make_score(), make_score("prose")
    result = run(good, bad, "--add", "satb", "--takes", 2, "--seed", 5, "--json", "-o", tmp_path / "out")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert set(report) == {"version", "files", "seconds"}
    written, failed = report["files"]
    names = [str(tmp_path / "out" / f"song.obbligato{n}.musicxml") for n in ("", ".take2")]
    assert written["input"] == str(good)
    assert written["outputs"] == names
    assert [(take["number"], take["seed"], take["output"]) for take in written["takes"]] == [
        (1, 5, names[0]),
        (2, 6, names[1]),
    ]
    assert written["parts"] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert (written["measures"], written["seed"], written["error"]) == (4, 5, None)
    assert set(written["seconds"]) == {"read", "write", "rank", "notate", "save"}
    assert {"import", "total"} <= set(report["seconds"])
    assert failed["outputs"] == []
    assert failed["error"]["code"] == "bad-input"
    assert failed["error"]["message"].removeprefix("prose.musicxml: ") in result.stderr


def test_a_drawn_seed_is_reported_and_gives_the_same_again(
    run: Run, make_score: Make, tmp_path: Path
) -> None:
    first = json.loads(run(make_score(), "--json").stdout)["files"][0]
    assert run(make_score(), "--seed", first["seed"], "-o", tmp_path / "again.musicxml").exit_code == 0
    assert (tmp_path / "again.musicxml").read_bytes() == Path(first["outputs"][0]).read_bytes()


def test_the_engine_is_loaded_once_and_not_for_bad_files(
    make_score: Make, fake_engine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loads: list[str] = []
    monkeypatch.setattr(batch, "open_engine", lambda name: loads.append(name) or fake_engine)
    arguments = [make_score("prose"), "-o", f"{tmp_path}/out/"]
    assert accompany(*arguments).exit_code == 1
    assert loads == []
    assert accompany(*arguments, make_score(), make_score("duo")).exit_code == 1
    assert loads == ["transformer"]


def make_bomb(folder: Path) -> Path:
    """A small archive that unpacks to 400 MB."""
    path = folder / "bomb.mxl"
    container = '<container><rootfiles><rootfile full-path="song.musicxml"/></rootfiles></container>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", container)
        with archive.open("song.musicxml", "w", force_zip64=True) as member:
            for _ in range(400):
                member.write(bytes(1_000_000))
    return path


@pytest.mark.parametrize("kind", ["prose", "void", "truncated", "timewise", "partless", "drums", "silent"])
def test_bad_files_end_in_one_line_and_no_file(run: Run, make_score: Make, tmp_path: Path, kind: str) -> None:
    refused(run(make_score(kind), "-o", f"{tmp_path}/out/"), tmp_path, f"{kind}.musicxml")


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--measures", "9-12"), ["9", "1-4"]), (("--part", "Tuba"), ["Tuba", "Voice"])],
)
def test_what_the_score_does_not_have_is_named(
    run: Run, make_score: Make, tmp_path: Path, options: tuple[str, ...], words: list[str]
) -> None:
    refused(run(make_score(), *options), tmp_path, "song.musicxml", *words)


def test_a_zip_bomb_is_refused(run: Run, tmp_path: Path) -> None:
    refused(run(make_bomb(tmp_path)), tmp_path, "bomb.mxl")


def test_a_missing_file_and_an_empty_folder_are_refused(run: Run, tmp_path: Path) -> None:
    refused(run(tmp_path / "nowhere.musicxml"), tmp_path, "nowhere.musicxml")
    refused(run(tmp_path / "no*.musicxml"), tmp_path, "no*.musicxml")
    (tmp_path / "scores").mkdir()
    refused(run(tmp_path / "scores"), tmp_path, "scores", "no score in this folder")


def test_a_result_that_cannot_be_written_is_refused_before_the_work(
    run: Run, make_score: Make, tmp_path: Path, fake_engine: Any
) -> None:
    song, taken = make_score(), make_score("duo", "taken.musicxml")
    before = taken.read_bytes()
    refused(run(song, "-o", taken), tmp_path, "taken.musicxml", "--force")
    refused(run(song, "-o", song), tmp_path, "song.musicxml", "--force")
    refused(run(song, "-o", f"{taken}/new.musicxml"), tmp_path, "taken.musicxml", "not a folder")
    assert taken.read_bytes() == before
    assert not fake_engine.calls


def refused(result: Result, folder: Path, *words: str) -> None:
    """Exit status 1, one line that holds those words, perhaps a hint, and no file but the inputs."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] in (["error"], ["error", "hint"]), result.stderr
    for word in words:
        assert word in result.stderr
    assert "unexpected" not in result.stderr
    assert not [name for name in files(folder) if "obbligato" in name or name.startswith("out")]


def test_force_overwrites(run: Run, make_score: Make, tmp_path: Path) -> None:
    taken = make_score("duo", "taken.musicxml")
    assert run(make_score(), "-o", taken, "--force").exit_code == 0
    assert [part.name for part in open_document(taken).score.parts] == ["Voice", "Piano"]


def test_two_inputs_never_end_in_one_file(run: Run, make_score: Make, tmp_path: Path) -> None:
    inputs = make_score(folder="a"), make_score(folder="b")
    result = run(*inputs, "-o", tmp_path / "out", "--force")
    assert result.exit_code == 1
    assert "already written from" in result.stderr
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--add", "pianno"), ["--add names no instrument", "pianno", "piano"]),
        (("--density", "-1"), ["--density must be"]),
        (("--takes", "0"), ["--takes must be"]),
        (("--takes", "many"), ["takes"]),
        (("--low", "H2"), ["--low must be"]),
        (("--low", "C5", "--high", "C4"), ["low"]),
        (("--shortest", "1/7"), ["--shortest must be"]),
        (("--top-p", "2"), ["--top-p must be"]),
        (("--chords", "perhaps"), ["chords"]),
        (("--style", "polka"), ["polka", "hymn"]),
        (("-o", "song.pdf"), ["song.pdf", ".musicxml"]),
        (("--colour", "red"), ["colour"]),
    ],
)
def test_wrong_usage_is_status_2(
    run: Run, make_score: Make, tmp_path: Path, options: tuple[str, ...], words: list[str]
) -> None:
    result = run(make_score(), *options)
    assert result.exit_code == 2, result.output
    for word in words:
        assert word in result.stderr
    assert files(tmp_path) == {"song.musicxml"}


def test_no_input_and_one_file_for_two_inputs_are_wrong_usage(
    run: Run, make_score: Make, tmp_path: Path
) -> None:
    assert run().exit_code == 2
    assert run(make_score(), make_score("duo"), "-o", tmp_path / "one.musicxml").exit_code == 2


class Stopping(CellEngine):
    """An engine that stops after its first cell."""

    def __init__(self, engine: Any, stop: BaseException) -> None:
        self.info, self._engine, self._stop = engine.info, engine, stop

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        yield next(self._engine.cells(passage, controls, sampling))
        raise self._stop


def test_ctrl_c_says_so_and_leaves_no_file(
    make_score: Make, fake_engine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(batch, "open_engine", lambda name: Stopping(fake_engine, KeyboardInterrupt()))
    result = accompany(make_score())
    assert result.exit_code == 130
    assert result.stdout == ""
    assert "interrupted" in result.stderr
    assert files(tmp_path) == {"song.musicxml"}


def test_a_midi_file_goes_in_and_the_suffix_picks_what_comes_out(run: Run, tmp_path: Path) -> None:
    tune = tmp_path / "tune.mid"
    make_midi(tune)
    assert run(tune, "--seed", 1).exit_code == 0
    assert run(tune, "--seed", 1, "-o", tmp_path / "tune.musicxml").exit_code == 0
    assert (tmp_path / "tune.obbligato.mid").read_bytes().startswith(b"MThd")
    parts = open_document(tmp_path / "tune.musicxml").score.parts
    assert [sum(map(len, part.cells)) for part in parts] == [4, 1]


def make_midi(path: Path) -> None:
    """Four quarter notes."""
    track = mido.MidiTrack()
    for note in (60, 62, 64, 65):
        track.append(mido.Message("note_on", note=note, velocity=64, time=0))
        track.append(mido.Message("note_off", note=note, velocity=64, time=480))
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)


def test_an_unexpected_failure_is_one_line_and_the_others_are_written(
    make_score: Make, fake_engine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def open_or_fail(data: bytes, name: str) -> Any:
        if name.endswith("duo.musicxml"):
            raise ZeroDivisionError("division\nby zero")
        return open_bytes(data, name)

    monkeypatch.setattr(batch, "open_engine", lambda name: fake_engine)
    monkeypatch.setattr(work, "open_bytes", open_or_fail)
    arguments = [make_score("duo"), make_score(), "-o", tmp_path / "out"]
    result = accompany(*arguments)
    assert result.exit_code == 1
    error, hint, *end = result.stderr.splitlines()
    assert error.endswith("duo.musicxml: unexpected ZeroDivisionError: division by zero")
    assert hint.startswith("hint: ")
    assert end == [
        "1 of 2 files failed:",
        f"  {tmp_path / 'duo.musicxml'}: unexpected ZeroDivisionError: division by zero",
    ]
    assert os.listdir(tmp_path / "out") == ["song.obbligato.musicxml"]
    monkeypatch.setenv("OBBLIGATO_DEBUG", "1")
    assert "Traceback" in accompany(*arguments, "--force").stderr


def test_the_bar_follows_the_measures(run: Run, make_score: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []

    class Spy:
        def __init__(self, title: str) -> None:
            seen.append((title, 0, 0))

        def __enter__(self) -> Callable[[Any], None]:
            return lambda done, total, remark: seen.append((remark, done, total))

        def __exit__(self, *_: object) -> None:
            seen.append(("end", 0, 0))

    monkeypatch.setattr(batch, "progress_bar", Spy)
    run(make_score(), "--measures", "2-3")
    assert seen == [("song.musicxml", 0, 0), ("measure 2", 1, 2), ("measure 3", 2, 2), ("end", 0, 0)]
