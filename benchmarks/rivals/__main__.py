"""How many times faster Obbligato writes eight measures than other systems of their published size.

    python -m benchmarks.rivals [--data DIR] [--passages 50] [--rival-passages 5]

Obbligato adds a piano to a voice; each rival then writes as many notes for the same measures, the voice given. The
rivals are slow and get only some of the passages, spread over all. Without ``--data`` the passages are of examples/.
Writes benchmarks/results/rivals.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from statistics import median

import torch

from benchmarks.anew import write_all_anew
from benchmarks.report import write_report
from benchmarks.rivals.passages import MEASURES, SEED, Passage, Written, passages, written
from benchmarks.rivals.tasks import Task
from benchmarks.rivals.writers import CHORALES, RIVALS, Rival, Writer
from bridge.engines import open_engine
from bridge.options import HarmonizeOptions
from engine.interface import Engine

THREADS = (1, 2)  # a rival takes those with which it is quicker; Obbligato takes as many as it does by itself
TRIAL = 30  # passes, from which that is seen
COMMAND = "python -m benchmarks.rivals"
COLUMNS = (
    "",
    "parameters",
    "published",
    "threads",
    "passes a note",
    "notes a second",
    "times as long as Obbligato: median (range)",
    "target",
)


@dataclass(frozen=True, slots=True)
class Timed:
    """One passage written by a rival, and what Obbligato's engine took for the same."""

    notes: int
    passes: int
    seconds: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.ours


@dataclass
class Measured:
    """A rival with its parameters, and each passage that it wrote."""

    rival: Rival
    parameters: int
    threads: int
    timed: list[Timed] = field(default_factory=list)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many for torch, and afterwards as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def seconds_of(writer: Writer, task: Task, passes: int, count: int) -> float:
    """With ``count`` threads."""
    with threads(count):
        start = time.perf_counter()
        writer.write(task, passes)
        return time.perf_counter() - start


def best_threads(writer: Writer, task: Task) -> int:
    """On a machine that is not free more threads may be much slower."""
    seconds_of(writer, task, TRIAL, THREADS[0])  # does not count
    return min(THREADS, key=lambda count: seconds_of(writer, task, TRIAL, count))


def harmonized(engine: Engine, passage: Passage) -> float:
    """Seconds of the engine for alto, tenor and bass to the same measures."""
    options = HarmonizeOptions.parse({"measures": passage.numbers, "seed": SEED})
    return written(passage, options, engine).engine


def race(
    engine: Engine, chosen: Sequence[Passage], own: Sequence[Written], rivals: Sequence[Rival]
) -> Iterator[Measured]:
    """Each rival over the passages, after a trial; all but the chorales against ``own``."""
    for rival in rivals:
        torch.manual_seed(0)
        writer = rival.build()
        tasks = [passage.task(ours.cells) for passage, ours in zip(chosen, own, strict=True)]
        count = best_threads(writer, tasks[0])
        measured = Measured(rival, sum(p.numel() for p in writer.network.parameters()), count)
        for passage, ours, task in zip(chosen, own, tasks, strict=True):
            passes = writer.passes(task)
            mine = harmonized(engine, passage) if rival is CHORALES else ours.engine
            measured.timed.append(
                Timed(len(task.written), passes, seconds_of(writer, task, passes, count), mine)
            )
        yield measured


def spread(count: int, of: int) -> list[int]:
    """Indices, evenly spread, at most all of them."""
    count = min(count, of)
    return [i * of // count for i in range(count)]


def report(parameters: int, own: Sequence[Written], measured: Sequence[Measured]) -> Iterator[str]:
    """The tables; ``parameters`` are Obbligato's."""
    notes, seconds = sum(w.notes for w in own), sum(w.engine for w in own)
    yield _cells(*COLUMNS)
    yield "|---" * len(COLUMNS) + "|"
    size, steps = f"{parameters / 1e6:.2f} M", f"{(notes + MEASURES * len(own)) / notes:.2f}"
    yield _cells(
        "Obbligato", size, "", str(torch.get_num_threads()), steps, f"{notes / seconds:.0f}", "1", ""
    )
    yield from map(_row, measured)
    yield ""
    yield f"Obbligato, {MEASURES} measures from voice to piano, {len(own)} passages:"
    yield ""
    yield "| seconds | median | 95 % | most |"
    yield "|---|---|---|---|"
    yield _seconds("the whole job: writing, notation, check", [w.whole for w in own])
    yield _seconds("of it the engine", [w.engine for w in own])
    yield _seconds("until the first measure is there", [w.first for w in own])


def _row(measured: Measured) -> str:
    rival, timed = measured.rival, measured.timed
    published = f"{rival.published / 1e6:.0f} M" if rival.published else ""
    passes, speed = "", ""
    if rival is not CHORALES:  # which writes no notes, but sixteenths over and over
        notes = sum(t.notes for t in timed)
        passes = f"{sum(t.passes for t in timed) / notes:.2f}"
        speed = f"{notes / sum(t.seconds for t in timed):.1f}"
    ratios = sorted(t.ratio for t in timed)
    times = f"{median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
    target = ""
    if rival.target:
        target = f"{rival.target}, {'met' if median(ratios) >= rival.target else 'missed'}"
    size = f"{measured.parameters / 1e6:.1f} M"
    return _cells(rival.name, size, published, str(measured.threads), passes, speed, times, target)


def _cells(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


def _seconds(name: str, values: Sequence[float]) -> str:
    ordered = sorted(values)
    late = ordered[ceil(0.95 * len(ordered)) - 1]
    return f"| {name} | {median(ordered):.3f} | {late:.3f} | {ordered[-1]:.3f} |"


def notes_on_method(chosen: int, source: str) -> Iterator[str]:
    """What a reader has to know to believe the table."""
    yield "The rivals have random weights: a network's speed does not depend on what it has learnt. Each is its"
    yield "authors' network in plain torch, float32, with keys and values kept where it can (the Anticipatory Music"
    yield "Transformer's own code keeps none), and takes the passes that writing as many note heads as Obbligato wrote"
    yield "takes in its encoding, the melody given. Their reading of files, notation and retries are not counted; of"
    yield "Obbligato the time of the engine is. Sizes, encodings and what of them is inferred:"
    yield "benchmarks/rivals/writers.py and deepbach.py. DeepBach does its own task, alto, tenor and bass to the melody"
    yield "by 500 iterations, against Obbligato's `harmonize`. Rivals:"
    yield f"{chosen} of the passages, with one thread or two, as each is quicker; Obbligato: as it does by itself."
    yield f"Passages: {source}. Every measure of them is written, none copied from where the voice had the same before."


def main() -> None:
    parser = argparse.ArgumentParser(description="Obbligato beside other systems of their published size.")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--passages", type=int, default=50)
    parser.add_argument("--rival-passages", type=int, default=5)
    arguments = parser.parse_args()
    write_all_anew()
    engine = open_engine("transformer")
    found = passages(arguments.data, arguments.passages)
    written(found[0], found[0].options, engine)  # does not count
    own = [written(passage, passage.options, engine) for passage in found]
    some = spread(arguments.rival_passages, len(found))
    chosen, theirs = [found[i] for i in some], [own[i] for i in some]
    measured = list(race(engine, chosen, theirs, (*RIVALS, CHORALES)))
    source = "songs of the validation split, the voice alone" if arguments.data else "examples/"
    lines = [
        *report(engine.info.parameters, own, measured),
        "",
        *notes_on_method(len(chosen), source),
    ]
    command = COMMAND + (" --data DIR" if arguments.data else "")
    write_report("rivals", "Obbligato beside other systems of their published size", lines, command)


if __name__ == "__main__":
    main()
