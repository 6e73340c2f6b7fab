"""A folder of works with a manifest, read once into a token file that training loads in seconds.

The folder holds ``manifest.csv`` with the columns ``id, collection, path, composer, instrumentation, split, m21_match``
and, if some works must stay out of training, ``music21_exclude.txt``.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from bridge.documents.document import open_document
from bridge.errors import InputError, ObbligatoError
from engine.encoding import encode
from engine.harmony import label_chords
from engine.instruments import SETS
from engine.score import Part, Score
from engine.training.works import Work, load_works, save_works

_FORMAT = "4"  # raise it when reading or encoding changes, so that token files are made anew
_STYLES = {
    "lieder": "song",
    "quartets": "quartet",
    "openhymnal": "hymn",
    "mutopia": "keyboard",
    "openewld_pd": "popular",
}
_FULL_NAMES = {
    "BachJS": "Bach, Johann Sebastian",
    "GiulianiM": "Giuliani, Mauro",
    "BurgmullerJFF": "Burgmüller, Friedrich",
}

Row = dict[str, str]
Progress = Callable[[int, int], None]


def load_corpus(data: Path, split: str, cache: Path, progress: Progress | None = None) -> list[Work]:
    """All works of a split ("train" or "valid") that Obbligato learns from; made once, then read from ``cache``.

    ``progress`` is called with the works done and the works in all. Raises InputError without a manifest.
    """
    rows = _rows(data, split)
    path = cache / f"{split}-{_digest(rows)}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        save_works(path, list(_read_all(data, rows, progress)))
    return load_works(path)


def _rows(data: Path, split: str) -> list[Row]:
    manifest = data / "manifest.csv"
    if not manifest.exists():
        raise InputError(f"{data}: no manifest.csv", "Give the folder that holds manifest.csv with --data.")
    excluded = _excluded(data / "music21_exclude.txt")
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == split and r["collection"] in _STYLES]
    return [
        r for r in rows if not (excluded and r["m21_match"] and any(r["m21_match"] in x for x in excluded))
    ]


def _excluded(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _digest(rows: list[Row]) -> str:
    text = _FORMAT + "".join(f"{r['id']} {r.get('sha256_16', '')}\n" for r in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _read_all(data: Path, rows: list[Row], progress: Progress | None) -> Iterable[Work]:
    jobs = [(data, row) for row in rows]
    with get_context("spawn").Pool(2) as pool:
        for done, work in enumerate(pool.imap(_read, jobs, chunksize=4), start=1):
            if progress:
                progress(done, len(rows))
            if work:
                yield work


def _read(job: tuple[Path, Row]) -> Work | None:
    data, row = job
    try:
        score = open_document(data / row["path"]).score
    except ObbligatoError:
        return None  # one unreadable work must not stop hours of training
    if row["collection"] == "openhymnal":
        score = four_voices(score)
    name = _FULL_NAMES.get(row["composer"], row["composer"])
    encoded = encode(score)
    if not len(encoded.chords):
        encoded.chords = label_chords(encoded)
    return Work(row["id"], _style(row), name, encoded)


def four_voices(score: Score) -> Score:
    """A hymn on two staves as four parts, soprano to bass, when it has just four voices; else as it is."""
    lines = [
        (part, voice) for part in score.parts for voice in sorted({n.voice for c in part.cells for n in c})
    ]
    if len(lines) != len(SETS["satb"]):
        return score
    parts = [_line(part, voice, name) for (part, voice), name in zip(lines, SETS["satb"], strict=True)]
    return replace(score, parts=tuple(parts))


def _line(part: Part, voice: int, name: str) -> Part:
    cells = tuple(tuple(replace(n, voice=1, staff=1) for n in c if n.voice == voice) for c in part.cells)
    return replace(part, id=f"{part.id}-{voice}", name=name, instrument=name, staves=1, cells=cells)


def _style(row: Row) -> str:
    """Mutopia holds several kinds of music; its songs and hymns belong with the others."""
    kind = row["kind"]
    if kind.startswith("voice+piano"):
        return "song"
    return "hymn" if kind.startswith("satb") else _STYLES[row["collection"]]
