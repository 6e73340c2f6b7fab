"""The bridge is killed at random moments during jobs; the history must open and every take in it be whole.

    python -m benchmarks.bridge.kills [--times 50]

All in one home: each time a bridge is started, given jobs, and killed (SIGKILL) at a random moment; then the
history is read and every take in it opened and checked. Writes benchmarks/results/kills.md.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from benchmarks.bridge.running import Bridge, start
from benchmarks.bridge.selections import Selection, selections
from benchmarks.report import write_report
from bridge.documents.document import open_bytes
from bridge.takes import History


def killed(home: Path, selection: Selection, moment: float) -> tuple[Bridge, int]:
    """Start, give two jobs of several takes, kill after ``moment`` seconds; how many takes were told as kept."""
    running = start(home)
    jobs = [running.job(selection.data, measures=selection.measures, takes=8) for _ in range(2)]
    end = time.monotonic() + moment
    kept = 0
    while time.monotonic() < end:
        states = [running.ask("GET", job.headers["location"]).json() for job in jobs]
        kept = sum(take.get("history") is not None for state in states for take in state["takes"])
        time.sleep(0.01)
    workers = psutil.Process(running.process.pid).children(recursive=True)
    running.process.kill()
    running.process.wait()
    _, alive = psutil.wait_procs(workers, timeout=5)
    if alive:
        raise RuntimeError("the worker lives on without its bridge")
    return running, kept


def examined(home: Path) -> Counter[str]:
    """Every take of the history, opened and checked."""
    found: Counter[str] = Counter()
    with History(home / "data" / "takes.sqlite") as history:
        for record in history.newest(100_000):
            document = open_bytes(history.document(record.id), record.id)
            whole = len(document.to_bytes()) == record.size and bool(document.score.measures)
            found["whole" if whole else "half"] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="The bridge is killed at random moments during jobs.")
    parser.add_argument("--times", type=int, default=50)
    arguments = parser.parse_args()
    rng, chosen = random.Random(9), list(selections(10, measures=2))
    told, counts, broken = 0, Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for _ in range(arguments.times):
            _, kept = killed(home, rng.choice(chosen), rng.uniform(0, 6))
            told += kept
            counts = examined(home)
            broken = len(list((home / "data").glob("*broken*")))
        lines = [
            f"{arguments.times} times started and killed; every start worked and no worker outlived its bridge.",
            f"Takes in the history at the end: {counts['whole']} whole, {counts['half']} not;",
            f"clients had been told of {told}.",
            f"Histories put aside as broken: {broken}.",
        ]
    write_report(
        "kills",
        "Killed at random moments",
        lines,
        f"python -m benchmarks.bridge.kills --times {arguments.times}",
    )
    raise SystemExit(bool(counts["half"] or broken or counts["whole"] < told))


if __name__ == "__main__":
    main()
