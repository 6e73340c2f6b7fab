"""Wall time of one eight-measure job, with its parts, and against decoding without a cache.

    python -m benchmarks.job

Times the command from process start, then two jobs in one process, then the same number of notes with every
row decoded anew at each step (what a network without keys and values kept would do). Writes
benchmarks/results/job.md.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "ode-to-joy.musicxml"
RESULT = Path(__file__).parent / "results" / "job.md"
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
    start = time.perf_counter()
    engine = open_engine("transformer")
    rows.append(("load weights (and import torch)", time.perf_counter() - start, 0.0))
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
    """Seconds a step with kept keys and values, and seconds a step without, over as many steps as notes."""
    import torch

    from engine.transformer.cache import Cache
    from engine.transformer.columns import DECODER, ENCODER
    from engine.transformer.info import SHIPPED
    from engine.transformer.weights import load_weights

    network = load_weights(SHIPPED)
    known, rows = torch.ones(1, 60, len(ENCODER)).long(), torch.ones(1, notes, len(DECODER)).long()
    known_at, rows_at = torch.rand(1, 60, 3), torch.rand(1, notes, 3)

    @torch.inference_mode()
    def cached() -> None:
        memory, _ = network.encode(known, known_at)
        cache = Cache(memory)
        for i in range(notes):
            network.step(rows[:, i], rows_at[:, i], [cache])

    @torch.inference_mode()
    def anew() -> None:
        for i in range(1, notes + 1):
            network(known, known_at, rows[:, :i], rows_at[:, :i])

    cached(), anew()
    return (statistics.median(timed(work) for _ in range(3)) / notes for work in (cached, anew))  # type: ignore[return-value]


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
        f"\nMeasures {MEASURES} of ode-to-joy for piano, seed 7;",
        f"{platform.machine()}, Python {platform.python_version()}.",
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
