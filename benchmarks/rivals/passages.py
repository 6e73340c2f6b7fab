"""Eight measures of songs with the voice alone, and how long Obbligato takes over them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest
from pathlib import Path

from benchmarks.rivals.tasks import Task
from bridge.corpus import read_manifest
from bridge.documents.document import Document, open_bytes, open_document
from bridge.documents.musicxml_writer import write_musicxml
from bridge.documents.serial import serialised
from bridge.errors import ObbligatoError
from bridge.options import AccompanyOptions, WritingOptions
from bridge.selection import describe_measures
from bridge.service import Progress, Timings, write
from engine.interface import Engine
from engine.score import Cell

MEASURES = 8
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SEED = 7


@dataclass(frozen=True)
class Passage:
    """A document that holds the voice alone, and the measures of it that are to be written."""

    document: Document
    first: int  # index, from 0

    @property
    def numbers(self) -> str:
        """As printed."""
        return describe_measures(self.document.score.measures[self.first : self.first + MEASURES])

    @property
    def options(self) -> AccompanyOptions:
        """A piano for these measures."""
        return AccompanyOptions.parse({"add": ["piano"], "measures": self.numbers, "seed": SEED})

    def task(self, written: Iterable[Cell]) -> Task:
        """For a rival, with the notes that Obbligato wrote."""
        score, last = self.document.score, self.first + MEASURES
        voice = score.parts[0].cells[self.first : last]
        return Task.of(score.measures[self.first : last], voice, list(written))


@dataclass(frozen=True, slots=True)
class Written:
    """One job in the service. Seconds: of the first measure and of all by the clock, of the engine alone."""

    cells: tuple[Cell, ...]
    first: float
    whole: float
    engine: float

    @property
    def notes(self) -> int:
        """Heads, tied ones too."""
        return sum(map(len, self.cells))


def written(passage: Passage, options: WritingOptions, engine: Engine) -> Written:
    """Let the service do a job on a passage, from its document in memory to a take that is notated and checked."""
    timings, first, cells = Timings(), 0.0, []
    _ = passage.document.score  # read before the clock starts
    start = time.perf_counter()
    for event in write(passage.document, options, engine, timings):
        if isinstance(event, Progress):
            first = first or time.perf_counter() - start
            cells += [cell.notes for cell in event.cells]
    return Written(tuple(cells), first, time.perf_counter() - start, timings.seconds["write"])


def passages(data: Path | None, count: int) -> list[Passage]:
    """So many, of validation songs or of the examples: the first of each document, then the second of each, ..."""
    documents = (
        _songs(data) if data else (open_document(path) for path in sorted(EXAMPLES.glob("*.musicxml")))
    )
    found = list(islice((list(_passages(document)) for document in documents), count))
    return list(islice(filter(None, chain.from_iterable(zip_longest(*found))), count))


def _songs(data: Path) -> Iterator[Document]:
    """Validation songs for a voice and a piano, the voice alone."""
    rows = [r for r in read_manifest(data) if r["collection"] == "lieder" and r["split"] == "valid"]
    for row in rows:
        if row["staves"] != "1+2":
            continue
        try:
            score = open_document(data / row["path"]).score
            tree = write_musicxml(replace(score, parts=score.parts[:1]))
            yield open_bytes(serialised(tree, b""), row["id"])
        except ObbligatoError:
            continue  # a rhythm that our own writer has no notation for


def _passages(document: Document) -> Iterator[Passage]:
    """Runs of measures, none over another, in all of which the first part has notes."""
    cells, first = document.score.parts[0].cells, 0
    while first + MEASURES <= len(cells):
        rests = [index for index in range(first, first + MEASURES) if not cells[index]]
        if rests:
            first = rests[-1] + 1
        else:
            yield Passage(document, first)
            first += MEASURES
