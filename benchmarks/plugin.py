"""The plugin in the real MuseScore 3, with a real bridge and the shipped weights: from a click to notes.

    python -m benchmarks.plugin [--runs 20] [--pictures FOLDER]

Ten scores of a voice and a silent piano: pickups, 3/4, 6/8, 5/8, duplets, triplets, a transposing part. Each time
eight measures are selected, the button is clicked, and when the notes are there one undo takes them back; the score
must then be saved as it was. Needs musescore3, xvfb, xdotool, x11-utils (and imagemagick for pictures). Writes
benchmarks/results/plugin.md.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import music21

from benchmarks.bridge.running import Bridge, bridge
from benchmarks.report import ROOT, write_report

sys.path.insert(0, str(ROOT / "tests"))
from musescore.plugin import WRITE, panel, with_silent_piano

CORPUS = Path(music21.__file__).parent / "corpus"
OTHERS = ("schubert/Lindenbaum.xml", "leadSheet/fosterBrownHair.mxl")  # triplets; chord symbols


@dataclass
class Run:
    """One click: seconds until the notes were there, those that the job and its engine took of it, what went wrong."""

    score: str
    seconds: float = 0.0
    job: float = 0.0
    engine: float = 0.0  # of the job
    measures: int = 0  # with notes in the piano
    wrong: str = ""


def scores() -> list[Path]:
    return sorted((ROOT / "examples").glob("*.musicxml")) + [CORPUS / name for name in OTHERS]


def run(score: Path, running: Bridge, pictures: Path | None) -> Run:
    """One session with that score."""
    found = Run(score.stem)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with_silent_piano(score, folder / "song.musicxml")
        with panel(folder / "song.musicxml", running, folder) as at:
            before = at.text()
            at.select(1, 8)
            if pictures:
                at.session.screenshot(pictures / "before.png")
            at.open()
            at.click(WRITE)
            start = time.monotonic()
            if pictures:
                at.session.screenshot(pictures / "panel.png")
            try:
                at.wait_notes()
            except TimeoutError as error:
                found.wrong = str(error)[-300:]
                return found
            found.seconds = time.monotonic() - start
            at.wait_said("inserted")
            found.measures = at.session.eval(_measures(at.notes()))
            if pictures:
                at.session.screenshot(pictures / "after.png")
            at.undo()
            if at.text() != before:
                found.wrong = "one undo does not restore the score"
    log = (running.home / "cache" / "bridge.log").read_text(encoding="utf-8")
    times = re.findall(r"done after ([\d.]+) s \(engine ([\d.]+) s\)", log)[-1]
    found.job, found.engine = map(float, times)
    return found


def _measures(notes: list[list[int]]) -> str:
    """JavaScript that counts the measures in which those notes begin."""
    ticks = sorted({tick for _, _, tick, _, _ in notes})
    return (
        f"(function () {{ var t = {ticks}, n = 0, m = curScore.firstMeasure;"
        " for (; m; m = m.nextMeasure) { var a = m.firstSegment.tick,"
        " b = m.nextMeasure ? m.nextMeasure.firstSegment.tick : 1e9;"
        " if (t.some(function (x) { return x >= a && x < b; })) n++; } return n; })()"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="From a click to notes in the real MuseScore 3.")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    runs: list[Run] = []
    with bridge() as running:
        running.wait_ready()
        for number in range(arguments.runs):
            first = arguments.pictures if number == 0 else None
            score = scores()[number % len(scores())]
            runs.append(run(score, running, first))
            print(runs[-1], flush=True)
    good = [run for run in runs if not run.wrong]
    seconds = statistics.median(run.seconds for run in good)
    job = statistics.median(run.job for run in good)
    engine = statistics.median(run.engine for run in good)
    lines = [
        "| score | click to notes, s | of these the job, s | of these the model, s | measures with notes | |",
        "|---|---|---|---|---|---|",
        *(
            f"| {r.score} | {r.seconds:.2f} | {r.job:.2f} | {r.engine:.2f} | {r.measures} | {r.wrong} |"
            for r in runs
        ),
        "",
        f"{len(good)} of {len(runs)} runs: the notes stood there, and one undo restored the score (saved file equal",
        f"but for dates). Two takes of eight measures each time. Median {seconds:.2f} s from the click to the notes,",
        f"of which {engine:.2f} s in the model, {job - engine:.2f} s in the rest of the bridge (reading, notation,",
        f"both takes in every format) and {seconds - job:.2f} s in MuseScore and the plugin.",
    ]
    write_report(
        "plugin",
        "The plugin in MuseScore 3.2.3",
        lines,
        f"python -m benchmarks.plugin --runs {arguments.runs}",
    )
    raise SystemExit(len(good) < len(runs))


if __name__ == "__main__":
    main()
