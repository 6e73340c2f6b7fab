"""How soon the bridge answers: its start, the first measure of a job, the whole job, and cancelling.

    python -m benchmarks.bridge.latency [--selections 50]

Each job adds a piano to eight measures of a real score. Writes benchmarks/results/latency.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import cycle

from benchmarks.bridge.running import Bridge, bridge
from benchmarks.bridge.selections import Selection, selections
from benchmarks.report import write_report

POLL = 0.01  # seconds


def to_measures(running: Bridge, selection: Selection) -> dict[str, float]:
    """Seconds from POST to the answer, to the first measure and to the end."""
    start = time.perf_counter()
    answer = running.job(selection.data, measures=selection.measures, seed=1)
    if answer.status != 202:
        return {}
    found = {"POST": answer.seconds}
    path = answer.headers["location"]
    while True:
        state = running.ask("GET", path).json()
        if state["measures_done"]:
            found.setdefault("first measure", time.perf_counter() - start)
        if state["state"] in ("done", "failed"):
            return found | {"whole job": time.perf_counter() - start} if state["state"] == "done" else {}
        time.sleep(POLL)


def cancelled(running: Bridge, selection: Selection, after: float) -> dict[str, float]:
    """Seconds from DELETE to its answer, and until a next job has begun that only one worker can do."""
    jobs = [running.job(selection.data, measures=selection.measures, seed=1) for _ in range(5)]
    if any(job.status != 202 for job in jobs):
        return {}
    time.sleep(after)
    paths = [job.headers["location"] for job in jobs]
    start = time.perf_counter()
    answer = running.ask("DELETE", paths[0])
    state = running.ask("GET", paths[0]).json()["state"]
    found = {"DELETE": answer.seconds} if state == "cancelled" else {}
    while running.ask("GET", paths[4]).json()["state"] == "queued":  # four are written at the same time
        time.sleep(POLL)
    found["the worker is free again"] = time.perf_counter() - start
    for path in paths:
        running.ask("DELETE", path)
    return found if state == "cancelled" else {}


def table(seconds: dict[str, list[float]]) -> list[str]:
    rows = ["| seconds | median | 95 % | most | n |", "|---|---|---|---|---|"]
    for name, values in seconds.items():
        most = sorted(values)
        late = most[int(0.95 * (len(most) - 1))]
        rows.append(f"| {name} | {statistics.median(most):.3f} | {late:.3f} | {most[-1]:.3f} | {len(most)} |")
    return rows


def starts(count: int) -> dict[str, list[float]]:
    """Seconds from the start of the process to the answer of /health, and until the engine is loaded."""
    found = defaultdict(list)
    for _ in range(count):
        with bridge() as running:
            found["process start to /health"].append(running.healthy)
            found["process start to engine loaded"].append(running.wait_ready())
    return found


def measured(chosen: Sequence[Selection]) -> tuple[dict[str, list[float]], int, int]:
    """All jobs in one bridge; memory when the engine was loaded, and at most."""
    seconds: dict[str, list[float]] = defaultdict(list)
    with bridge() as running:
        running.wait_ready()
        idle = running.memory()
        for selection in chosen:
            for name, value in to_measures(running, selection).items():
                seconds[name].append(value)
            running.memory()
        for selection, after in zip(chosen, cycle((0.05, 0.2, 0.5))):
            for name, value in cancelled(running, selection, after).items():
                seconds[name].append(value)
        return seconds, idle, running.peak


def main() -> None:
    parser = argparse.ArgumentParser(description="How soon the bridge answers.")
    parser.add_argument("--selections", type=int, default=50)
    arguments = parser.parse_args()
    seconds, idle, peak = measured(list(selections(arguments.selections)))
    lines = [
        *table(starts(5) | seconds),
        "",
        f"Memory of bridge and worker together: {idle / 2**20:.0f} MB with the engine loaded, "
        f"{peak / 2**20:.0f} MB at most.",
        "Cancelling is measured with five jobs of which four are written at the same time: the fifth begins when the",
        "worker has left the cancelled one.",
    ]
    command = f"python -m benchmarks.bridge.latency --selections {arguments.selections}"
    write_report("latency", "How soon the bridge answers", lines, command)


if __name__ == "__main__":
    main()
