"""Many windows in one step: what the batched network gains, and how near it comes to the memory's limit.

    python -m benchmarks.device --data DIR [--device cuda] [--slots 1,16,64,256,1024] [--passages 512] [--rows 64]

Steps alone: so many windows of validation songs, each asked for the same rows, beside the network that writes on a
processor, which takes one window after the other. The engine alone: eight measures of a piano part to each song's
melody, rules and drawing included, in one process. Writes benchmarks/results/device.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import torch

from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.device import DEVICES, choose, require
from engine.evaluation.arms import cells_of, seeded
from engine.evaluation.scenarios import SCENARIOS, Excerpt, draw_excerpts
from engine.interface import Sampling
from engine.training.validation import validation_batches
from engine.training.weights import load_weights
from engine.transformer.batched_network import BatchedNetwork
from engine.transformer.engine import TransformerEngine
from engine.transformer.info import SMALL
from engine.transformer.weights import load_network
from engine.transformer.writing_network import WritingNetwork

Rows = tuple[torch.Tensor, ...]
_COPIED = 256_000_000  # bytes, beyond any cache


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def windows(data: Path) -> list[Rows]:
    """Known rows, their places, written rows and their places of single windows."""
    config = load_weights(SMALL.path).config
    batches = validation_batches(load_corpus(data, "valid", cache_folder()), config, 16)
    fields = ("known", "known_at", "rows", "rows_at")
    found = []
    for batch in batches:
        for i in range(len(batch.known)):
            known = int((batch.known[i, :, 0] > 0).sum())
            written = int(batch.rows[i].any(-1).sum())
            lengths = (known, known, written, written)
            found.append(tuple(getattr(batch, f)[i, :n] for f, n in zip(fields, lengths, strict=True)))
    return found


def a_row(network: WritingNetwork, found: Sequence[Rows], together: int, rows: int) -> float:
    """Seconds for a row, of so many windows at the same time, each asked for so many of its rows."""
    chosen = list(islice(cycle(found), together))
    arrays = [
        [t.numpy().astype("int16" if i in (0, 2) else "float32") for i, t in enumerate(w)] for w in chosen
    ]
    memories = [network.encode(known, known_at) for known, known_at, _, _ in arrays]

    def step(n: int) -> None:
        network.steps(
            [
                (own[n % len(own)], at[n % len(own)], memory)
                for (_, _, own, at), memory in zip(arrays, memories, strict=True)
            ]
        )

    step(0)  # a graph is made, kernels are chosen

    def all_rows() -> None:
        for n in range(1, rows):
            step(n)

    return seconds(all_rows) / ((rows - 1) * together)


def bandwidth(device: torch.device) -> float:
    """Bytes a second that can be read and written by a copy."""
    source = torch.ones(_COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)

    def copy() -> None:
        target.copy_(source)
        if device.type == "cuda":
            torch.cuda.synchronize()

    copy()
    return 2 * _COPIED / min(seconds(copy) for _ in range(5))


def steps(network: BatchedNetwork, found: Sequence[Rows], slots: Sequence[int], rows: int) -> Iterator[str]:
    weights = sum(
        p.numel() * p.element_size() for layer in network._network.layers for p in layer.parameters()
    )
    limit, alone = bandwidth(network.device), a_row(load_network(SMALL.path), found, 1, rows)
    yield "| network | windows | rows a second | times one on the processor | of the limit |"
    yield "|---|---|---|---|---|"
    yield f"| processor, one row at a time | 1 | {1 / alone:,.0f} | 1.0 | |"
    for count in slots:
        time_of_row = a_row(network, found, count, rows)
        caches = sum(c.numel() * c.element_size() for kv in (*network._past, *network._memory) for c in kv)
        least = (weights + caches) / limit / count
        yield (
            f"| batched, {network.device.type}, {str(network.dtype).removeprefix('torch.')} | {count} "
            f"| {1 / time_of_row:,.0f} | {alone / time_of_row:.1f} | {least / time_of_row:.0%} |"
        )
    yield ""
    yield (
        f"The limit: {weights / 1e6:.1f} MB of the decoder's weights and all caches, once a step at "
        f"{limit / 1e9:,.0f} GB/s."
    )


def jobs(engine: TransformerEngine, excerpts: Sequence[Excerpt]) -> float:
    """Eight-measure jobs in an hour."""
    samplings = seeded(Sampling(), len(excerpts))
    return (
        3600 * len(excerpts) / seconds(lambda: cells_of(engine, excerpts, samplings, lambda done, of: None))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--device", choices=DEVICES, default="cuda")
    parser.add_argument("--slots", default="1,16,64,256,1024")
    parser.add_argument("--passages", type=int, default=512)
    parser.add_argument("--rows", type=int, default=64)
    asked = parser.parse_args()
    choose(asked.device)
    require(asked.device)
    network = BatchedNetwork(load_weights(SMALL.path), asked.device)
    lines = list(steps(network, windows(asked.data), [int(n) for n in asked.slots.split(",")], asked.rows))
    some = draw_excerpts(load_corpus(asked.data, "valid", cache_folder()), SCENARIOS[0], asked.passages, 0)
    excerpts = list(islice(cycle(some), asked.passages))
    network = BatchedNetwork(load_weights(SMALL.path), asked.device)
    lines += ["", "| engine alone, one process | eight-measure jobs an hour |", "|---|---|"]
    lines.append(f"| processor | {jobs(TransformerEngine.load(), excerpts):,.0f} |")
    lines.append(
        f"| batched, {asked.device} | {jobs(TransformerEngine(network, SMALL.describe()), excerpts):,.0f} |"
    )
    command = f"python -m benchmarks.device --data DIR --device {asked.device}"
    write_report("device", "Many windows in one step", lines, command)


if __name__ == "__main__":
    main()
