"""One trial: a real score is read, accompanied in a random place and written, and the result is held against it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

import music21

from benchmarks import verify
from bridge import accompany, open_score
from bridge.corpus import read_manifest
from bridge.documents.checker import new_faults
from bridge.documents.document import Document
from bridge.documents.schema import musicxml_schema
from bridge.errors import EngineError, ObbligatoError, RequestError
from bridge.output import encode
from bridge.selection import select_measures
from bridge.service import Take
from engine.interface import Engine
from engine.score import Measure

CORPUS = Path(music21.__file__).parent / "corpus"
COLLECTIONS = ("lieder", "quartets", "openhymnal", "mutopia")
INSTRUMENTS = ("piano", "organ", "guitar", "violin", "cello", "flute", "clarinet", "satb", "string-quartet")
MEASURES = 4
CHECKS = ("different", "invalid", "faulty", "misplaced", "silent")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Work:
    """One score of a collection; ``name`` is its path there."""

    collection: str
    name: str
    path: Path

    @property
    def result(self) -> Path:
        """Where its result lies in the folder of results."""
        return Path(self.collection, self.name.replace("/", "__"))

    @property
    def random(self) -> Random:
        return Random(f"{self.collection}/{self.name}")


@dataclass(slots=True)
class Outcome:
    """What became of one score: ``written``, ``refused`` or ``failed``, and what is wrong with what was written."""

    task: str
    collection: str
    name: str
    outcome: str = "written"
    reason: str = ""
    add: str = ""
    measures: str = ""
    seconds: float = 0.0
    problems: dict[str, list[str]] = field(default_factory=dict)


def music21_works() -> list[Work]:
    """All MusicXML that comes with music21."""
    paths = sorted(p for p in CORPUS.rglob("*") if p.suffix in (".xml", ".musicxml", ".mxl"))
    return [Work("music21", path.relative_to(CORPUS).as_posix(), path) for path in paths]


def data_works(data: Path, collection: str, training: int) -> list[Work]:
    """The validation split of a collection, and so many scores of the training split, evenly chosen."""
    rows = [row for row in read_manifest(data) if row["collection"] == collection]
    valid = [row["path"] for row in rows if row["split"] == "valid"]
    train = spread([row["path"] for row in rows if row["split"] == "train"], training)
    return [Work(collection, Path(path).name, data / path) for path in (*valid, *train)]


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """So many of the items, at even distances."""
    return [items[i * len(items) // count] for i in range(count)] if count < len(items) else list(items)


def passage(measures: Sequence[Measure], random: Random) -> str:
    """Four neighbouring measures as a person would name them.

    Where numbers stand more than once a name may mean more measures than four: then the shortest that was found.
    """
    starts = range(max(len(measures) - MEASURES, 0) + 1)
    found: dict[str, int] = {}
    for start in random.sample(starts, min(len(starts), 40)):
        run = measures[start : start + MEASURES]
        text = f"{run[0].number}-{run[-1].number}"
        try:
            found[text] = len(select_measures(text, measures))
        except RequestError:
            continue
        if found[text] == len(run):
            return text
    return min(found, key=lambda text: found[text], default="")


def accompanied(document: Document, work: Work, engine: Engine, outcome: Outcome) -> Take:
    """New parts over the passage."""
    random = work.random
    outcome.add = random.choice(INSTRUMENTS)
    outcome.measures = passage(document.score.measures, random)
    wishes = {"add": [outcome.add], "measures": outcome.measures, "seed": random.randrange(2**31)}
    return accompany(document, engine, **wishes)[0]


TASKS: dict[str, Callable[[Document, Work, Engine, Outcome], Take]] = {"accompany": accompanied}


def problems(before: bytes, after: bytes, measures: Sequence[int]) -> dict[str, list[str]]:
    """What is wrong with a result, by kind of check; empty when all is well."""
    old, new = verify.taken_apart(before), verify.taken_apart(after)
    found: dict[str, Sequence[object]] = {
        "misplaced": verify.misplaced(old, new, measures),
        "silent": verify.silent(old, new, measures),
        "invalid": verify.invalid(old, new, musicxml_schema()),
        "faulty": new_faults(old.tree, new.tree),
        "different": verify.differences(old, new),  # last: it takes the new parts out
    }
    return {name: verify.short(messages) for name, messages in found.items() if messages}


def tried(work: Work, task: str, engine: Engine, folder: Path) -> Outcome:
    """Do the task with one score and judge what is written into the folder."""
    outcome = Outcome(task, work.collection, work.name)
    start = time.perf_counter()
    try:
        document = open_score(work.path)
        take = TASKS[task](document, work, engine, outcome)
        result = folder / work.result
        result.parent.mkdir(parents=True, exist_ok=True)
        result.write_bytes(encode(document, take, work.path.suffix))
        outcome.problems = problems(work.path.read_bytes(), result.read_bytes(), take.measures)
    except ObbligatoError as error:
        outcome.outcome = "failed" if isinstance(error, EngineError) else "refused"
        outcome.reason = error.message.replace(str(work.path), work.path.name)
    except Exception as error:  # whatever it is, it is what we look for
        outcome.outcome = "failed"
        frame = traceback.extract_tb(error.__traceback__)[-1]
        outcome.reason = f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
    outcome.seconds = round(time.perf_counter() - start, 2)
    return outcome
