"""Wall time of one eight-measure job, with its parts, and against decoding without a cache.

    python -m benchmarks.job

Times the command from process start, then two jobs in one process, then the same number of notes with every
row decoded anew at each step (what a network without keys and values kept would do). Writes
benchmarks/results/job.md.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from benchmarks.anew import write_all_anew
from benchmarks.report import ROOT, write_report

EXAMPLE = ROOT / "examples" / "ode-to-joy.musicxml"
MEASURES = "1-8"


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def command() -> float:
    """Seconds from the start of the process to its end."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [
            "accompany",
            str(EXAMPLE),
            "--add",
            "piano",
            "--measures",
            MEASURES,
            "--seed",
            "7",
            "-o",
            folder,
        ]
        return timed(
            lambda: subprocess.run(
                [sys.executable, "-m", "bridge", *arguments], check=True, capture_output=True
            )
        )


def parts() -> list[tuple[str, float, float]]:
    """Each part of a job with its seconds, the first time and the second."""
    start = time.perf_counter()
    from bridge import open_score
    from bridge.engines import open_engine
    from bridge.options import AccompanyOptions
    from bridge.service import Timings, write

    rows = [("import", time.perf_counter() - start, 0.0)]
    write_all_anew()
    start = time.perf_counter()
    engine = open_engine("transformer")
    rows.append(("load weights", time.perf_counter() - start, 0.0))
    runs = []
    for _ in range(2):
        timings = Timings()
        with timings.measure("read"):
            document = open_score(EXAMPLE)
            _ = document.score
        timings.add("encode", timed(partial(encode, document.score)))
        options = AccompanyOptions.parse({"add": ["piano"], "measures": MEASURES, "seed": 7})
        for _event in write(document, options, engine, timings):
            pass
        runs.append(timings.seconds)
    names = {
        "read": "read",
        "encode": "encode (score to rows)",
        "write": "write (network)",
        "notate": "notate, graft, check",
    }
    return rows + [(text, runs[0][name], runs[1][name]) for name, text in names.items()]


def encode(score: object) -> None:
    from engine.encoding import encode as encode_score

    encode_score(score)  # type: ignore[arg-type]


def without_cache(notes: int) -> tuple[float, float]:
    """Seconds a step as notes are written, and seconds a step if all rows were gone through anew, in torch."""
    import numpy as np
    import torch

    from engine.training.weights import load_weights
    from engine.transformer.columns import DECODER, ENCODER
    from engine.transformer.info import SMALL
    from engine.transformer.weights import load_network

    torch.set_num_threads(1)
    learning, writing = load_weights(SMALL.path), load_network(SMALL.path)
    known, rows = np.ones((60, len(ENCODER)), np.int16), np.ones((notes, len(DECODER)), np.int16)
    known_at, rows_at = (np.random.default_rng(0).random((n, 3), np.float32) for n in (60, notes))

    def kept() -> None:
        cache = writing.encode(known, known_at)
        for row, at in zip(rows, rows_at, strict=True):
            writing.steps([(row, at, cache)])

    @torch.inference_mode()
    def anew() -> None:
        known_, known_at_, rows_, rows_at_ = (
            torch.from_numpy(x)[None]
            for x in (known.astype(np.int64), known_at, rows.astype(np.int64), rows_at)
        )
        for i in range(1, notes + 1):
            learning(known_, known_at_, rows_[:, :i], rows_at_[:, :i])

    kept(), anew()
    return (statistics.median(timed(work) for _ in range(3)) / notes for work in (kept, anew))  # type: ignore[return-value]


def main() -> None:
    whole = [command() for _ in range(3)]
    lines = ["| part | first job, s | second job in the same process, s |", "|---|---|---|"]
    rows = parts()
    lines += [f"| {name} | {first:.3f} | {second:.3f} |" for name, first, second in rows]
    lines.append(f"| all | {sum(r[1] for r in rows):.3f} | {sum(r[2] for r in rows):.3f} |")
    kept, anew = without_cache(110)
    lines += [
        f"\nThe command, from process start to its end: {statistics.median(whole):.2f} s (median of 3).",
        f"A decoder step with keys and values kept: {1000 * kept:.2f} ms;",
        f"without: {1000 * anew:.2f} ms, {anew / kept:.1f} times as long.",
        f"\nMeasures {MEASURES} of ode-to-joy for piano, seed 7; in the two jobs all of them are written,",
        "in the command some are copied from where they stood before.",
    ]
    write_report("job", "A job and its parts", lines, "python -m benchmarks.job")


if __name__ == "__main__":
    main()
