from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

import bridge
from bridge import output
from bridge.documents.document import open_document
from bridge.errors import OutputError, RequestError
from bridge.output import output_paths, require_writable, save, write_whole

Make = Callable[..., Path]


@pytest.mark.parametrize(
    ("source", "given", "several", "expected"),
    [
        ("a/song.musicxml", None, False, "a/song.obbligato.musicxml"),
        ("a/song", None, False, "a/song.obbligato.musicxml"),
        ("song.mid", None, False, "song.obbligato.mid"),
        ("song.v2.mxl", None, True, "song.v2.obbligato.mxl"),
        ("a/song.mid", "b/new.musicxml", False, "b/new.musicxml"),
        ("a/song.musicxml", "out/", False, "out/song.obbligato.musicxml"),
        ("a/song.musicxml", "out", True, "out/song.obbligato.musicxml"),
    ],
)
def test_results_have_predictable_names(source: str, given: str | None, several: bool, expected: str) -> None:
    assert output_paths(Path(source), given, 1, several) == (Path(expected),)


def test_an_existing_folder_needs_no_slash(tmp_path: Path) -> None:
    assert output_paths(Path("song.xml"), str(tmp_path), 1) == (tmp_path / "song.obbligato.xml",)


def test_later_takes_are_numbered() -> None:
    paths = output_paths(Path("song.mxl"), "new.mxl", 3)
    assert paths == (Path("new.mxl"), Path("new.take2.mxl"), Path("new.take3.mxl"))


@pytest.mark.parametrize(("given", "several"), [("new.pdf", False), ("new", False), ("one.musicxml", True)])
def test_paths_that_name_no_format_or_one_file_for_many_are_refused(given: str, several: bool) -> None:
    with pytest.raises(RequestError, match=given):
        output_paths(Path("song.musicxml"), given, 1, several)


def test_a_file_in_the_way_stays(tmp_path: Path) -> None:
    path = tmp_path / "old.musicxml"
    path.write_bytes(b"old")
    for attempt in (lambda: require_writable([path], False), lambda: write_whole(path, b"new")):
        with pytest.raises(OutputError, match=r"old\.musicxml is there already") as caught:
            attempt()
        assert "--force" in caught.value.hint
    assert path.read_bytes() == b"old"
    require_writable([path], True)
    write_whole(path, b"new", force=True)
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["old.musicxml"]


@pytest.mark.parametrize("below", ["new.musicxml", "deep/er/new.musicxml"])
def test_a_file_is_no_folder(tmp_path: Path, below: str) -> None:
    blocker = tmp_path / "blocker"
    blocker.write_bytes(b"")
    with pytest.raises(OutputError, match="not a folder"):
        require_writable([blocker / below], False)
    with pytest.raises(OutputError, match="cannot write"):
        write_whole(blocker / below, b"data")
    assert os.listdir(tmp_path) == ["blocker"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        require_writable([tmp_path], True)


def test_a_read_only_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="read-only") as caught:
        require_writable([tmp_path / "new" / "song.musicxml"], False)
    assert str(tmp_path) in caught.value.message


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    require_writable([tmp_path / "a" / "b" / "song.mxl"], False)
    write_whole(tmp_path / "a" / "b" / "song.mxl", b"data")
    assert (tmp_path / "a" / "b" / "song.mxl").read_bytes() == b"data"


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_left_of_a_write_that_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    def fail(_: int) -> None:
        raise stop

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write_whole(tmp_path / "song.musicxml", b"data")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", [".musicxml", ".xml", ".mxl", ".MXL"])
def test_every_musicxml_format_reads_back(
    make_score: Make, fake_engine: Any, tmp_path: Path, suffix: str
) -> None:
    document = open_document(make_score())
    (take,) = bridge.accompany(document, engine=fake_engine, seed=1)
    path = tmp_path / f"new{suffix}"
    save(document, take, path)
    again = open_document(path)
    assert [part.name for part in again.score.parts] == ["Voice", "Piano"]
    assert again.score.parts[1].cells == take.score.parts[1].cells
    assert zipfile.is_zipfile(path) == (suffix.lower() == ".mxl")


def test_midi_holds_every_note(make_score: Make, fake_engine: Any, tmp_path: Path) -> None:
    document = open_document(make_score())
    (take,) = bridge.accompany(document, engine=fake_engine, seed=1)
    save(document, take, tmp_path / "new.mid")
    messages = [m for track in mido.MidiFile(tmp_path / "new.mid").tracks for m in track]
    struck = sorted(m.note for m in messages if m.type == "note_on" and m.velocity)
    assert struck == sorted(
        note.pitch.midi for part in take.score.parts for cell in part.cells for note in cell
    )


def test_the_same_take_is_the_same_bytes(make_score: Make, fake_engine: Any) -> None:
    path = make_score()
    for suffix in (".musicxml", ".mxl", ".mid"):
        first, second = (
            output.encode(document, bridge.accompany(document, engine=fake_engine, seed=1)[0], suffix)
            for document in (open_document(path), open_document(path))
        )
        assert first == second


def test_a_container_keeps_its_other_members(make_score: Make, fake_engine: Any, tmp_path: Path) -> None:
    container = '<container><rootfiles><rootfile full-path="music/song.musicxml"/></rootfiles></container>'
    with zipfile.ZipFile(tmp_path / "song.mxl", "w") as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("music/song.musicxml", make_score().read_bytes())
        archive.writestr("cover.png", b"picture")
    document = open_document(tmp_path / "song.mxl")
    (take,) = bridge.accompany(document, engine=fake_engine, seed=1)
    save(document, take, tmp_path / "new.mxl")
    with zipfile.ZipFile(tmp_path / "new.mxl") as archive:
        assert archive.read("cover.png") == b"picture"
        assert b"Piano" in archive.read("music/song.musicxml")
