"""What a measure costs in a short passage and in a long one: time and memory from 8 to 512 measures.

    python -m benchmarks.length

A minuet is repeated until it has that many measures; a piano is written to all of them, again and again by other
seeds until 512 measures of each length are written, none of them copied from where it returns. Each length has a
process of its own; they take turns, round after round, for a machine is not always as fast.
Writes benchmarks/results/length.md and docs/pictures/cost-by-length.svg.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from math import log2
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.anew import write_all_anew
from benchmarks.chart import line_chart
from benchmarks.report import ROOT, write_report

LENGTHS = tuple(2**n for n in range(3, 10))
TOTAL = 512  # measures written of each length in a round
ROUNDS = 3
USUAL = 32  # measures: what all are compared with
EXAMPLE = ROOT / "examples" / "minuet-in-g.musicxml"
PICTURE = ROOT / "docs" / "pictures" / "cost-by-length.svg"
_MIB = 2**10  # of what ru_maxrss counts


def write_long(measures: int, path: Path) -> None:
    """The melody again and again, as a document."""
    from bridge import open_score
    from bridge.documents.musicxml_writer import write_musicxml

    score = open_score(EXAMPLE).score
    times = -(-measures // len(score.measures))
    numbered = (score.measures * times)[:measures]
    parts = tuple(replace(part, cells=(part.cells * times)[:measures]) for part in score.parts)
    frames = tuple(replace(measure, number=str(i)) for i, measure in enumerate(numbered, 1))
    write_musicxml(replace(score, measures=frames, parts=parts)).write(path)


class Round(NamedTuple):
    """``seconds`` of all, ``write`` those of writing alone, ``notes`` written, ``peak`` of memory in MiB."""

    seconds: float
    write: float
    notes: int
    peak: float

    @property
    def a_measure(self) -> float:
        """Seconds."""
        return self.seconds / TOTAL

    @property
    def a_note(self) -> float:
        """Milliseconds of writing."""
        return 1000 * self.write / self.notes


def rounds(path: Path, times: int) -> Iterator[Round]:
    """So many jobs each, after a first one that is not counted."""
    from bridge import open_score
    from bridge.engines import open_engine
    from bridge.options import AccompanyOptions
    from bridge.service import Take, Timings, write

    write_all_anew()
    engine, short = open_engine("transformer"), AccompanyOptions.parse({"add": ["piano"], "measures": "1-8"})
    list(write(open_score(path), short, engine))  # what is read or prepared once
    for first in count(step=times):
        start, timings, notes = time.perf_counter(), Timings(), 0
        for seed in range(first, first + times):
            options = AccompanyOptions.parse({"add": ["piano"], "seed": seed})
            events = list(write(open_score(path), options, engine, timings))
            (take,) = (event for event in events if isinstance(event, Take))
            notes += sum(len(take.score.parts[-1].cells[measure]) for measure in take.measures)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
        yield Round(seconds, timings.seconds["write"], notes, peak)


def work(path: Path, times: int) -> None:
    """A round for each line that is read."""
    for _, found in zip(sys.stdin, rounds(path, times), strict=False):
        print(json.dumps(found), flush=True)


def measured() -> dict[int, list[Round]]:
    """The rounds of each length."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        workers = {}
        for length in LENGTHS:
            path = Path(folder) / f"{length}.musicxml"
            write_long(length, path)
            command = [sys.executable, "-m", "benchmarks.length", str(path), str(TOTAL // length)]
            pipes = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
            )
            workers[length] = stack.enter_context(pipes)
        return {
            length: list(found)
            for length, *found in zip(LENGTHS, *(_one_round(workers) for _ in range(ROUNDS)), strict=True)
        }


def _one_round(workers: Mapping[int, subprocess.Popen[str]]) -> list[Round]:
    found = []
    for worker in workers.values():
        assert worker.stdin and worker.stdout
        worker.stdin.write("\n")
        found.append(Round(*json.loads(worker.stdout.readline())))
    return found


def beside(found: Sequence[float], usual: Sequence[float]) -> float:
    """How many times as much as the usual length in the same round, the median."""
    return median(a / b for a, b in zip(found, usual, strict=True))


def main() -> None:
    if len(sys.argv) > 1:
        work(Path(sys.argv[1]), int(sys.argv[2]))
        return
    found = measured()
    measures = {length: [one.a_measure for one in own] for length, own in found.items()}
    notes = {length: [one.a_note for one in own] for length, own in found.items()}
    peaks = {length: max(one.peak for one in own) for length, own in found.items()}
    lines = [
        f"A minuet repeated to that many measures, a piano to all of them, by other seeds until {TOTAL} measures are",
        f"written of each length, in each of {ROUNDS} rounds in which the lengths take turns: medians. Compared with",
        f"passages of {USUAL} measures in the same round, the first with more than one of the network's windows.",
        "All are written: what returns is not copied here. Memory: the process.",
        "",
        "| measures | times | notes a measure | s a measure | against 32 measures | ms a note (writing)"
        " | against 32 measures | peak of memory, MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for length, own in found.items():
        written = sum(one.notes for one in own) / (ROUNDS * TOTAL)
        lines.append(
            f"| {length} | {ROUNDS * TOTAL // length} | {written:.1f} | {median(measures[length]):.4f}"
            f" | {beside(measures[length], measures[USUAL]):.2f} | {median(notes[length]):.2f}"
            f" | {beside(notes[length], notes[USUAL]):.2f} | {peaks[length]:.0f} |"
        )
    write_report("length", "Cost against length", lines, "python -m benchmarks.length")
    series = {
        "10 ms a measure": [(log2(length), 100 * median(own)) for length, own in measures.items()],
        "ms a note": [(log2(length), median(own)) for length, own in notes.items()],
        "memory, 100 MiB": [(log2(length), peak / 100) for length, peak in peaks.items()],
    }
    ticks = {log2(length): str(length) for length in LENGTHS}
    PICTURE.write_text(line_chart(series, ticks, "measures of the passage"), encoding="utf-8")


if __name__ == "__main__":
    main()
