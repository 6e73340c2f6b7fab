"""What a measure costs in a short passage and in a long one: time and memory from 8 to 512 measures.

    python -m benchmarks.length

A minuet is repeated until it has that many measures; a piano is written to all of them, again and again by other
seeds until 1024 measures of each length are written, none of them copied from where it returns. Each length has a
process of its own. Writes benchmarks/results/length.md and docs/pictures/cost-by-length.svg.
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

from benchmarks.anew import write_all_anew
from benchmarks.chart import line_chart
from benchmarks.report import ROOT, write_report

LENGTHS = tuple(2**n for n in range(3, 10))
TOTAL = 1024  # measures written of each length
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


def jobs(path: Path, times: int) -> dict[str, float]:
    """Seconds of so many jobs after a first one, of writing alone, their notes, and the peak of memory in MiB."""
    from bridge import open_score
    from bridge.engines import open_engine
    from bridge.options import AccompanyOptions
    from bridge.service import Take, Timings, write

    write_all_anew()
    engine, short = open_engine("transformer"), AccompanyOptions.parse({"add": ["piano"], "measures": "1-8"})
    list(write(open_score(path), short, engine))  # what is read or prepared once
    start, timings, notes = time.perf_counter(), Timings(), 0
    for seed in range(times):
        options = AccompanyOptions.parse({"add": ["piano"], "seed": seed})
        events = list(write(open_score(path), options, engine, timings))
        (take,) = (event for event in events if isinstance(event, Take))
        notes += sum(len(take.score.parts[-1].cells[measure]) for measure in take.measures)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    return {"seconds": seconds, "write": timings.seconds["write"], "notes": notes, "peak": peak}


def measured() -> list[dict[str, float]]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for length in LENGTHS:
            path = Path(folder) / f"{length}.musicxml"
            write_long(length, path)
            command = [sys.executable, "-m", "benchmarks.length", str(path), str(TOTAL // length)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
            found.append({"measures": length, **json.loads(done.stdout)})
    return found


def _a_note(row: dict[str, float]) -> float:
    """Milliseconds of writing."""
    return 1000 * row["write"] / row["notes"]


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(jobs(Path(sys.argv[1]), int(sys.argv[2]))))
        return
    rows = measured()
    usual = next(row for row in rows if row["measures"] == 32)
    lines = [
        f"A minuet repeated to that many measures, a piano to all of them, by other seeds until {TOTAL} measures are",
        "written of each length. Compared with passages of 32 measures, the first with more than one of the network's",
        "windows. All are written: what returns is not copied here. Memory: the process.",
        "",
        "| measures | times | notes a measure | s a measure | against 32 measures | ms a note (writing)"
        " | against 32 measures | peak of memory, MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        length, measure, note = row["measures"], row["seconds"] / usual["seconds"], _a_note(row)
        lines.append(
            f"| {length:.0f} | {TOTAL / length:.0f} | {row['notes'] / TOTAL:.1f} | {row['seconds'] / TOTAL:.4f}"
            f" | {measure:.2f} | {note:.2f} | {note / _a_note(usual):.2f} | {row['peak']:.0f} |"
        )
    write_report("length", "Cost against length", lines, "python -m benchmarks.length")
    series = {
        "10 ms a measure": [(log2(row["measures"]), 100 * row["seconds"] / TOTAL) for row in rows],
        "ms a note": [(log2(row["measures"]), _a_note(row)) for row in rows],
        "memory, 100 MiB": [(log2(row["measures"]), row["peak"] / 100) for row in rows],
    }
    ticks = {log2(length): str(length) for length in LENGTHS}
    PICTURE.write_text(line_chart(series, ticks, "measures of the passage"), encoding="utf-8")


if __name__ == "__main__":
    main()
