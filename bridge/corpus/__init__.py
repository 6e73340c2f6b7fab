"""A folder of works with a manifest, read once into token files that training loads in seconds.

The folder holds ``manifest.csv``, a row for each work, with the columns

id          a name that no other work has
collection  one of those below, which says how the work is read
path        of its file, in the folder
composer    the name, or nothing
kind        where it begins with "voice+piano" a song, with "satb" a hymn, else what its collection is
split       "train" or "valid"

Of others two are used where they are there. ``sha256_16``, the first digits of the file's SHA-256, tells of a work that
has changed and must be read again. ``m21_match`` is the work's name in music21's corpus: where that is in a line of
``music21_exclude.txt``, the work stays out. Each collection has a token file for each split, so that one that is new or
read differently does not make all the others read again.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path

from bridge.corpus.documents import read_hymn, read_score
from bridge.corpus.jsb import read_chorale
from bridge.corpus.pop909 import read_song
from bridge.errors import InputError, ObbligatoError
from engine.encoding import encode
from engine.harmony import label_chords
from engine.score import Score
from engine.training.works import Work, load_works, save_works

_COLUMNS = ("id", "collection", "path", "composer", "kind", "split")  # that a manifest must have
_FORMAT = "5"  # raise it when encoding changes, so that all token files are made anew


@dataclass(frozen=True, slots=True)
class _Collection:
    """What a collection holds; raise ``version`` when its reading changes."""

    style: str
    read: Callable[[Path], Score]
    version: int = 1
    composers: bool = True  # whether the manifest names composers, not singers
    learnt: bool = True  # False: a benchmark, read only where it is asked for by name


_COLLECTIONS = {
    "lieder": _Collection("song", read_score, version=2),
    "quartets": _Collection("quartet", read_score),
    "openhymnal": _Collection("hymn", read_hymn),
    "mutopia": _Collection("keyboard", read_score),
    "openewld_pd": _Collection("pop", read_score),
    "pop909": _Collection("pop", read_song, composers=False),
    "jsb": _Collection("hymn", read_chorale, learnt=False),
}
_FULL_NAMES = {
    "BachJS": "Bach, Johann Sebastian",
    "GiulianiM": "Giuliani, Mauro",
    "BurgmullerJFF": "Burgmüller, Friedrich",
}

_FEW = 8  # works that are read before other processes would have started

Row = dict[str, str]
Job = tuple[Path, Row]
Progress = Callable[[int, int], None]


def load_corpus(
    data: Path, split: str, cache: Path, progress: Progress | None = None, collections: Collection[str] = ()
) -> list[Work]:
    """All works of a split ("train" or "valid") that Obbligato learns from; made once, then read from ``cache``.

    ``progress`` is called with the works read and the works that have to be. ``collections`` asks for the works of
    just these. Raises InputError as ``read_manifest`` does, and where no work of those is listed.
    """
    learnt = {name for name, what in _COLLECTIONS.items() if what.learnt}
    rows = rows_of(data, split, _COLLECTIONS.keys() & collections if collections else learnt)
    if collections and not rows:
        raise InputError(
            f"{data}: no work ({split}) of {', '.join(collections)}",
            "Give a folder that holds them with --data.",
        )
    files = {token_file(cache, split, name, found): found for name, found in _by_collection(rows).items()}
    missing = {path: found for path, found in files.items() if not path.exists()}
    done, total = count(1), sum(map(len, missing.values()))
    for path, found in missing.items():
        cache.mkdir(parents=True, exist_ok=True)
        save_works(path, list(_read_all(data, found, lambda: progress and progress(next(done), total))))
    return [work for path in files for work in load_works(path)]


def token_file(cache: Path, split: str, collection: str, rows: list[Row]) -> Path:
    """Where the works of those rows are kept; another place when they, or their reading, change."""
    what = _COLLECTIONS[collection]
    text = f"{_FORMAT} {what.version} {what.style}\n"
    text += "".join(f"{r['id']} {r.get('sha256_16', '')}\n" for r in rows)
    return cache / f"{collection}-{split}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.npz"


def rows_of(data: Path, split: str, collections: Collection[str]) -> list[Row]:
    """The manifest's rows of a split and of those collections. Raises InputError as ``read_manifest`` does."""
    excluded = _excluded(data / "music21_exclude.txt")
    return [
        row
        for row in read_manifest(data)
        if row["split"] == split and row["collection"] in collections and not _matches(row, excluded)
    ]


def read_manifest(data: Path) -> list[Row]:
    """All rows of the folder's manifest.

    Raises InputError where there is none, where it is not UTF-8 or lacks a column, and where no row is of a collection
    that is read: rows of others beside them are left alone.
    """
    manifest = data / "manifest.csv"
    if not manifest.exists():
        raise InputError(f"{data}: no manifest.csv", "Give the folder that holds manifest.csv with --data.")
    try:
        text = manifest.read_text(encoding="utf-8-sig")  # with the mark that spreadsheets write, or without
    except UnicodeDecodeError:
        raise InputError(f"{manifest}: not UTF-8", "Save it as CSV in UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    for column in _COLUMNS:
        if column not in (reader.fieldnames or ()):
            raise InputError(f"{manifest}: no column {column}", f"It must have {', '.join(_COLUMNS)}.")
    rows = list(reader)
    if not any(row["collection"] in _COLLECTIONS for row in rows):
        hint = f"Collections that are read are {', '.join(_COLLECTIONS)}: see docs/how-it-works.md."
        raise InputError(f"{manifest}: no work of a collection that is known", hint)
    return rows


def _excluded(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _matches(row: Row, excluded: list[str]) -> bool:
    name = row.get("m21_match", "")
    return name != "" and any(name in line for line in excluded)


def _by_collection(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["collection"], []).append(row)
    return found


def _read_all(data: Path, rows: list[Row], step: Callable[[], object]) -> Iterator[Work]:
    with _readers(len(rows)) as read:
        for work in read([(data, row) for row in rows]):
            step()
            if work:
                yield work


@contextmanager
def _readers(works: int) -> Iterator[Callable[[list[Job]], Iterator[Work | None]]]:
    """What reads so many works: this process a few, two others many, for they take seconds to start."""
    if works <= _FEW:
        yield partial(map, _read)
        return
    with get_context("spawn").Pool(2) as pool:
        yield partial(pool.imap, _read, chunksize=4)


def _read(job: Job) -> Work | None:
    data, row = job
    collection = _COLLECTIONS[row["collection"]]
    try:
        score = collection.read(data / row["path"])
    except ObbligatoError:
        return None  # one unreadable work must not stop hours of training
    name = _FULL_NAMES.get(row["composer"], row["composer"]) if collection.composers else ""
    encoded = encode(score)
    if not len(encoded.chords):
        encoded.chords = label_chords(encoded)
    return Work(row["id"], _style(row), name, encoded)


def _style(row: Row) -> str:
    """Mutopia holds several kinds of music; its songs and hymns belong with the others."""
    kind = row["kind"]
    if kind.startswith("voice+piano"):
        return "song"
    return "hymn" if kind.startswith("satb") else _COLLECTIONS[row["collection"]].style
