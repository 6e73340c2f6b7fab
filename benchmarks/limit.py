"""How far the engine's time for a note is from the limit: what a step must read, over how fast memory gives it.

    python -m benchmarks.limit [--data DIR] [--passages 10]

A step of the decoder multiplies one row with all of its weights: nothing can be faster than reading them once. What the
rest of the time goes to is profiled in a pass of its own. The passages are those of ``benchmarks.rivals``. Writes
benchmarks/results/limit.md.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import torch

from benchmarks.anew import write_all_anew
from benchmarks.report import ROOT, write_report
from benchmarks.rivals.passages import MEASURES, Passage, Written, passages, written
from bridge.engines import open_engine
from engine.exact import Fraction
from engine.interface import Engine
from engine.transformer.columns import DECODER
from engine.transformer.info import SMALL
from engine.transformer.weights import read_weights

BYTES = 4  # of a weight: the sums are float32, however the weights are stored
LARGE = 512_000_000  # bytes, far beyond any cache
ROUNDS = 20
CONTEXT = 6  # measures before the passage that are looked at, where they are there
PUSHES = 60  # a call of a library is rarely deeper
# Parts of the time by module, the first prefix that fits.
PARTS = (
    ("engine/transformer/sampling", "drawing"),
    ("engine/transformer/leaning", "drawing"),
    ("engine/transformer/rules", "rules and cell state"),
    ("engine/transformer/cell", "rules and cell state"),
    ("engine/transformer/choir", "rules and cell state"),
    ("engine/transformer/writer", "rows, windows and streams"),
    ("engine/transformer/stream", "rows, windows and streams"),
    ("engine/transformer/window", "rows, windows and streams"),
    ("engine/transformer/recall", "rows, windows and streams"),
    ("engine/encoding", "rows, windows and streams"),
    ("engine/transformer", "network: encoder, steps, heads"),
    ("engine", "rules and cell state"),
    ("bridge", "notation, graft, check"),
    ("", "elsewhere"),
)

Function = tuple[str, int, str]  # file, line, name; as the profiler has it


@dataclass(frozen=True, slots=True)
class Reading:
    """Bytes that one step of the decoder must read."""

    weights: int
    kept: int  # keys and values, on average

    @property
    def step(self) -> int:
        return self.weights + self.kept


def touched(shapes: Mapping[str, Sequence[int]], fields: int, columns: int) -> int:
    """Weights that a step reads, of tensors by name: the decoder, the heads, and of tables only the rows looked up.

    Keys and values of what is listened to were made when it was read, once.
    """
    width = shapes["write.table.weight"][1]
    count = (columns + fields) * width
    for name, shape in shapes.items():
        of_step = name.startswith(("decoder.", "heads.")) and not name.startswith("heads.choices.")
        if of_step and ".listening.key_" not in name:
            count += int(torch.Size(shape).numel())
    return count


def kept_rows(passage: Passage, ours: Written, window: int) -> float:
    """Rows that a step looks at, on average: those written so far, and those of what is known."""
    score = passage.document.score
    first = max(0, passage.first - CONTEXT)
    seen = range(first, min(len(score.measures), first + window))
    known = sum(len(score.parts[0].cells[m]) + len(score.measures[m].chords) for m in seen)
    return (ours.notes + MEASURES) / 2 + known + len(seen) + MEASURES


def reading(found: Sequence[Passage], own: Sequence[Written]) -> Reading:
    """Of the shipped weights, over those passages."""
    config, weights = read_weights(SMALL.path)
    shapes = {name: array.shape for name, array in weights.items()}
    fields = sum(name.startswith("heads.choices.") for name in shapes)
    rows = fmean(kept_rows(p, w, config.measures) for p, w in zip(found, own, strict=True))
    kept = rows * 2 * config.decoder_layers * config.width
    return Reading(BYTES * touched(shapes, fields, len(DECODER)), int(BYTES * kept))


def bandwidth(size: int, threads: int) -> float:
    """Bytes a second out of an array of ``size`` bytes, the best of some rounds of its sum and of a product with it."""
    matrix = torch.ones(size // BYTES // 1024, 1024)
    vector = torch.ones(1024)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        works: tuple[Callable[[], object], ...] = (matrix.sum, lambda: torch.mv(matrix, vector))
        best = min(_seconds(work) for work in works for _ in range(ROUNDS))
    finally:
        torch.set_num_threads(before)
    return matrix.numel() * BYTES / best


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def own_time(profile: cProfile.Profile) -> dict[str, float]:
    """Seconds by module of ours, relative to the checkout; what libraries do counts for the module that calls them."""
    stats: dict[Function, tuple[int, int, float, float, dict[Function, tuple[int, int, float, float]]]]
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    found: defaultdict[str, float] = defaultdict(float)
    pending = {function: entry[2] for function, entry in stats.items()}
    for _ in range(PUSHES):
        further: defaultdict[Function, float] = defaultdict(float)
        for function, seconds in pending.items():
            callers = {caller: entry[3] for caller, entry in stats[function][4].items()}
            whole = sum(callers.values())
            if module := _module(function):
                found[module] += seconds
            elif whole:
                for caller, share in callers.items():
                    further[caller] += seconds * share / whole
            else:
                found["elsewhere"] += seconds
        pending = further
    found["elsewhere"] += sum(pending.values())
    return found


def _module(function: Function) -> str:
    """Of ours, or nothing."""
    path = Path(function[0])
    ours = any(path.is_relative_to(ROOT / package) for package in ("bridge", "engine"))
    return path.relative_to(ROOT).as_posix() if ours else ""


def part_of(module: str) -> str:
    return next(part for prefix, part in PARTS if module.startswith(prefix))


def profiled(engine: Engine, found: Sequence[Passage]) -> dict[str, float]:
    """All passages once more, with the profiler's eyes on them."""
    profile = cProfile.Profile()
    with profile:
        for passage in found:
            written(passage, passage.options, engine)
    return own_time(profile)


def report(
    need: Reading, speeds: Mapping[str, float], own: Sequence[Written], modules: Mapping[str, float]
) -> Iterator[str]:
    """``speeds``: bytes a second by what was read."""
    notes = sum(w.notes for w in own)
    steps = Fraction(notes + MEASURES * len(own), notes)
    each = sum(w.engine for w in own) / notes
    yield "| a step of the decoder reads | MB |"
    yield "|---|---|"
    yield f"| weights, {BYTES} bytes each | {need.weights / 1e6:.2f} |"
    yield f"| keys and values, on average | {need.kept / 1e6:.2f} |"
    yield f"| for a note, {float(steps):.2f} steps | {float(need.step * steps) / 1e6:.2f} |"
    yield ""
    yield "| out of | GB/s | least ms a note | measured ms a note | of it the least |"
    yield "|---|---|---|---|---|"
    for name, speed in speeds.items():
        least = float(need.step * steps) / speed
        yield f"| {name} | {speed / 1e9:.1f} | {1000 * least:.2f} | {1000 * each:.2f} | {least / each:.1%} |"
    yield ""
    yield "What fills the time of a job, notation included, by the profiler, which makes Python dearer than it is:"
    yield ""
    yield "| part | share | ms a note | most of it in |"
    yield "|---|---|---|---|"
    whole, job = sum(modules.values()), sum(w.whole for w in own) / notes
    parts: defaultdict[str, float] = defaultdict(float)
    for module, seconds in modules.items():
        parts[part_of(module)] += seconds
    for part, seconds in sorted(parts.items(), key=lambda item: -item[1]):
        inside = sorted((m for m in modules if part_of(m) == part), key=lambda m: -modules[m])[:3]
        names = ", ".join(f"{Path(module).stem} {modules[module] / whole:.0%}" for module in inside)
        yield f"| {part} | {seconds / whole:.1%} | {1000 * job * seconds / whole:.2f} | {names} |"
    yield ""
    yield f"{len(own)} passages of {MEASURES} measures, {notes} notes, one job at a time, nothing copied. The weights"
    yield "are few enough to stay in a large cache of the processor; where they do, the second limit is the true one."


def main() -> None:
    parser = argparse.ArgumentParser(
        description="The engine's time for a note beside the limit of the memory."
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--passages", type=int, default=10)
    arguments = parser.parse_args()
    write_all_anew()
    engine = open_engine("transformer")
    found = passages(arguments.data, arguments.passages)
    written(found[0], found[0].options, engine)  # does not count
    own = [written(passage, passage.options, engine) for passage in found]
    need = reading(found, own)
    speeds = {
        f"{name}, {threads} thread{'s' * (threads > 1)}": bandwidth(size, threads)
        for name, size in (
            (f"memory ({LARGE // 1_000_000} MB)", LARGE),
            ("as much as the weights", need.weights),
        )
        for threads in (1, 2)
    }
    lines = report(need, speeds, own, profiled(engine, found))
    command = "python -m benchmarks.limit" + (" --data DIR" if arguments.data else "")
    write_report("limit", "The distance to the limit", lines, command)


if __name__ == "__main__":
    main()
