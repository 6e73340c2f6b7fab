"""Melodies as they were played, for the engine that learns lengths, strength and timing: the voices of POP909."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.corpus import rows_of, token_file
from bridge.corpus.pop909 import read_melody
from bridge.errors import InputError, ObbligatoError

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

_COLLECTION = "pop909"


def load_melodies(data: Path, split: str, cache: Path, progress: Progress | None = None) -> list[Floats]:
    """(tones, 4) of each song: onset and length in quarters, MIDI key, velocity. Made once, then read from ``cache``.

    Raises InputError as ``read_manifest`` does, and where no song of POP909 is listed.
    """
    rows = rows_of(data, split, {_COLLECTION})
    if not rows:
        raise InputError(f"{data}: no song of POP909 ({split})", "Give a folder that holds it with --data.")
    file = token_file(cache, split, _COLLECTION, rows).with_suffix(".played.npz")
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _save(file, _read_all([data / row["path"] for row in rows], progress))
    with np.load(file) as found:
        tones: Floats = found["tones"]
        return np.split(tones, found["ends"][:-1])


def _save(file: Path, melodies: list[Floats]) -> None:
    temporary = file.with_suffix(".tmp.npz")
    tones = np.concatenate([np.zeros((0, 4)), *melodies])
    np.savez_compressed(temporary, tones=tones, ends=np.cumsum([len(melody) for melody in melodies]))
    os.replace(temporary, file)


def _read_all(paths: list[Path], progress: Progress | None) -> list[Floats]:
    found = []
    with get_context("spawn").Pool(2) as pool:
        for done, melody in enumerate(pool.imap(_read, paths, chunksize=4), 1):
            found += [melody] if len(melody) else []
            if progress:
                progress(done, len(paths))
    return found


def _read(path: Path) -> Floats:
    try:
        notes = read_melody(path)
    except ObbligatoError:
        notes = []  # one unreadable song must not stop the others
    tones = [(float(n.start), float(n.end - n.start), n.midi, n.velocity) for n in notes]
    return np.array(tones, np.float64).reshape(-1, 4)
