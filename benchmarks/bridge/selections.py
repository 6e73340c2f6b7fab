"""Real selections: some measures of real scores with their surroundings, as a plugin sends them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import music21

from bridge.documents.document import open_document
from bridge.errors import ObbligatoError
from bridge.selection import describe_measures

CORPUS = Path(music21.__file__).parent / "corpus"
MEASURES = 8
LARGEST = 400_000  # bytes of MusicXML


@dataclass(frozen=True, slots=True)
class Selection:
    """A score and measures of it, by their printed numbers."""

    name: str
    data: bytes
    measures: str


def selections(count: int, measures: int = MEASURES) -> Iterator[Selection]:
    """So many, at random but always the same, from music21's corpus."""
    rng = random.Random(4)
    paths = sorted(path for path in CORPUS.rglob("*") if path.suffix in (".mxl", ".xml", ".musicxml"))
    rng.shuffle(paths)
    for path in paths:
        if count and (selection := _selection(path, rng, measures)):
            yield selection
            count -= 1


def _selection(path: Path, rng: random.Random, measures: int) -> Selection | None:
    try:
        document = open_document(path)
        columns = document.score.measures
    except ObbligatoError:
        return None
    sounding = any(part.pitched and any(part.cells) for part in document.score.parts)
    data = document.source.data
    if len(columns) < measures or not sounding or len(data) > LARGEST or b"UTF-16" in data[:200]:
        return None
    first = rng.randrange(len(columns) - measures + 1)
    return Selection(path.name, data, describe_measures(columns[first : first + measures]))
