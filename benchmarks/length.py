"""What a measure costs in a short passage and in a long one: time and memory from 8 to 512 measures.

    python -m benchmarks.length

A minuet is repeated until it has that many measures; a piano is written to all of them, each length in a process
of its own. Writes benchmarks/results/length.md and docs/pictures/cost-by-length.svg.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from math import log2
from pathlib import Path

from benchmarks.chart import line_chart
from benchmarks.report import ROOT, write_report

LENGTHS = tuple(2**n for n in range(3, 10))
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


def job(path: Path) -> dict[str, float]:
    """Seconds of each part of the second of two jobs, notes, and the peak of memory in MiB."""
    from bridge import open_score
    from bridge.engines import open_engine
    from bridge.options import AccompanyOptions
    from bridge.service import Take, Timings, write

    engine, short = open_engine("transformer"), AccompanyOptions.parse({"add": ["piano"], "measures": "1-8"})
    list(write(open_score(path), short, engine))  # what is read or prepared once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    start, timings = time.perf_counter(), Timings()
    events = list(
        write(open_score(path), AccompanyOptions.parse({"add": ["piano"], "seed": 7}), engine, timings)
    )
    seconds = time.perf_counter() - start
    (take,) = (event for event in events if isinstance(event, Take))
    notes = sum(len(take.score.parts[-1].cells[measure]) for measure in take.measures)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    return {
        "seconds": seconds,
        "write": timings.seconds["write"],
        "notes": notes,
        "before": before,
        "peak": peak,
    }


def measured() -> list[dict[str, float]]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for length in LENGTHS:
            path = Path(folder) / f"{length}.musicxml"
            write_long(length, path)
            command = [sys.executable, "-m", "benchmarks.length", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
            found.append({"measures": length, **json.loads(done.stdout)})
    return found


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(job(Path(sys.argv[1]))))
        return
    rows = measured()
    per_note = [row["write"] / row["notes"] for row in rows]
    lines = [
        "A minuet repeated to that many measures, a piano to all of them. The writing of a note is compared with that",
        "in a passage of 32 measures, the first with more than one of the network's windows. Memory: the process.",
        "",
        "| measures | notes | s | s a measure | ms a note (writing) | against 32 measures | peak of memory, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    usual = per_note[LENGTHS.index(32)]
    for row, each in zip(rows, per_note, strict=True):
        counts = f"| {row['measures']:.0f} | {row['notes']:.0f} | {row['seconds']:.2f} "
        costs = f"| {row['seconds'] / row['measures']:.4f} | {1000 * each:.2f} | {each / usual:.2f} "
        lines.append(f"{counts}{costs}| {row['peak']:.0f} |")
    write_report("length", "Cost against length", lines, "python -m benchmarks.length")
    series = {
        "ms a note": [(log2(row["measures"]), 1000 * each) for row, each in zip(rows, per_note, strict=True)],
        "memory, 100 MiB": [(log2(row["measures"]), row["peak"] / 100) for row in rows],
    }
    ticks = {log2(length): str(length) for length in LENGTHS}
    PICTURE.write_text(line_chart(series, ticks, "measures of the passage"), encoding="utf-8")


if __name__ == "__main__":
    main()
