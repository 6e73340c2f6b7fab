from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from music21 import corpus as music21_corpus

from bridge import corpus
from bridge.corpus import load_corpus, read_manifest
from bridge.corpus.documents import four_voices
from bridge.documents.document import open_document
from bridge.errors import InputError
from engine.score import Part, Score
from engine.training.works import Work

EXAMPLES = Path(__file__).parents[2] / "examples"
COLUMNS = "id,collection,path,composer,kind,split,m21_match,sha256_16\n"


@dataclass(frozen=True)
class Folder:
    """A folder with its cache, the training works of its first reading, and what that told."""

    path: Path
    works: list[Work]
    seen: list[tuple[int, int]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Four readable works, one broken, one excluded."""
    path = tmp_path_factory.mktemp("data")
    for name in ("ode-to-joy", "largo", "silent-night"):
        shutil.copy(EXAMPLES / f"{name}.musicxml", path)
    (path / "broken.musicxml").write_text("<score-partwise>", encoding="utf-8")
    (path / "music21_exclude.txt").write_text("bach/bwv360.mxl\n", encoding="utf-8")
    rows = [
        'a,lieder,ode-to-joy.musicxml,"Beethoven, Ludwig van",voice+piano,train,,1',
        "b,mutopia,largo.musicxml,BachJS,keyboard,train,,2",
        "c,lieder,silent-night.musicxml,,voice+piano,valid,,3",
        "d,lieder,broken.musicxml,,voice+piano,train,,4",
        "e,lieder,ode-to-joy.musicxml,,voice+piano,train,bwv360,5",
        "f,unheard-of,ode-to-joy.musicxml,,other,train,,6",
    ]
    (path / "manifest.csv").write_text(COLUMNS + "\n".join(rows) + "\n", encoding="utf-8")
    seen: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "_FEW", 0)  # by other processes
        works = load_corpus(path, "train", path / "cache", lambda done, total: seen.append((done, total)))
    return Folder(path, works, seen)


@pytest.fixture
def data(folder: Folder, tmp_path: Path) -> Path:
    """A copy of it, whose training works have been read."""
    shutil.copytree(folder.path, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_folder_is_read_once_and_then_remembered(folder: Folder, data: Path):
    cache = data / "cache"
    assert [(w.id, w.style, w.composer) for w in folder.works] == [
        ("a", "song", "Beethoven, Ludwig van"),
        ("b", "keyboard", "Bach, Johann Sebastian"),
    ]
    assert folder.seen == [(1, 3), (2, 3), (3, 3)]
    (data / "largo.musicxml").unlink()
    assert [w.id for w in load_corpus(data, "train", cache)] == ["a", "b"]
    assert [w.id for w in load_corpus(data, "valid", cache)] == ["c"]


def test_a_new_collection_is_read_alone(data: Path):
    cache = data / "cache"
    for name in ("ode-to-joy", "largo"):
        (data / f"{name}.musicxml").unlink()
    with (data / "manifest.csv").open("a", encoding="utf-8") as file:
        file.write("g,quartets,silent-night.musicxml,,quartet,train,,7\n")
        file.write("h,openewld_pd,broken.musicxml,,lead sheet,train,,8\n")
    seen: list[tuple[int, int]] = []
    works = load_corpus(data, "train", cache, lambda done, total: seen.append((done, total)))
    assert [(w.id, w.style) for w in works] == [("a", "song"), ("b", "keyboard"), ("g", "quartet")]
    assert seen == [(1, 2), (2, 2)]


def test_a_work_that_has_changed_is_read_again(data: Path):
    cache = data / "cache"
    manifest = data / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("train,,2\n", "train,,3\n"), "utf-8")
    (data / "ode-to-joy.musicxml").unlink()
    shutil.copy(EXAMPLES / "silent-night.musicxml", data / "largo.musicxml")
    a, b = load_corpus(data, "train", cache)
    (silent,) = load_corpus(data, "valid", cache)
    assert (a.id, b.id) == ("a", "b")
    assert b.score.notes.tolist() == silent.score.notes.tolist()


def test_works_without_chord_symbols_are_given_some(folder: Folder):
    assert all(len(w.score.chords) for w in folder.works)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"manifest\.csv"):
        load_corpus(tmp_path, "train", tmp_path)


@pytest.mark.parametrize("column", ["id", "collection", "path", "composer", "kind", "split"])
def test_a_manifest_that_lacks_a_column_is_refused(data: Path, column: str):
    manifest = data / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(column, "other", 1), encoding="utf-8")
    with pytest.raises(InputError, match=rf"manifest\.csv: no column {column}$"):
        load_corpus(data, "train", data / "cache")


def test_a_manifest_needs_no_other_columns(data: Path):
    (data / "music21_exclude.txt").write_text("anything\n", encoding="utf-8")
    row = "a,lieder,ode-to-joy.musicxml,,voice+piano,train\n"
    (data / "manifest.csv").write_text(f"{COLUMNS.rpartition(',m21')[0]}\n{row}", encoding="utf-8")
    assert [work.id for work in load_corpus(data, "train", data / "new")] == ["a"]


@pytest.mark.parametrize("rows", ["", "x1,mine,ode-to-joy.musicxml,,voice+piano,train,,1\n"])
def test_a_manifest_without_a_collection_that_is_read_is_refused(data: Path, rows: str):
    (data / "manifest.csv").write_text(COLUMNS + rows, encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest\.csv: no work of a collection that is known") as caught:
        load_corpus(data, "train", data / "cache")
    assert "lieder, quartets, openhymnal, mutopia, openewld_pd, pop909, jsb" in caught.value.hint


def test_a_manifest_may_begin_with_a_mark_and_must_be_utf_8(data: Path):
    manifest = data / "manifest.csv"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text, encoding="utf-8-sig")
    assert [row["id"] for row in read_manifest(data)] == list("abcdef")
    manifest.write_text(text, encoding="utf-16")
    with pytest.raises(InputError, match=r"manifest\.csv: not UTF-8"):
        read_manifest(data)


def closed(score: Score) -> Score:
    """Four voices on two staves, two in each part."""
    return Score(score.measures, tuple(_together(score.parts[i], score.parts[i + 1]) for i in (0, 2)))


def _together(upper: Part, lower: Part) -> Part:
    cells = tuple(
        (*a, *(replace(note, voice=2) for note in b)) for a, b in zip(upper.cells, lower.cells, strict=True)
    )
    return replace(upper, cells=cells)


def test_a_hymn_on_two_staves_becomes_four_parts():
    chorale = open_document(music21_corpus.getWork("bach/bwv66.6")).score
    opened = four_voices(closed(chorale))
    assert [p.instrument for p in opened.parts] == ["soprano", "alto", "tenor", "bass-voice"]
    assert [p.cells for p in opened.parts] == [p.cells for p in chorale.parts]


def test_other_hymns_stay_as_they_are():
    chorale = open_document(music21_corpus.getWork("bach/bwv66.6")).score
    three = Score(chorale.measures, chorale.parts[:3])
    assert four_voices(three) is three
