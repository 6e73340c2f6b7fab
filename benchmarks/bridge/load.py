"""Thirty-two clients at once: nothing may be lost, and the bridge must stay quick to answer.

    python -m benchmarks.bridge.load [--requests 2000] [--seconds 120]

Clients begin jobs, ask for them, cancel some, follow some as event streams and fetch takes. Every job that was
accepted must end as done or cancelled; beyond the queue there must be 503 with Retry-After. Writes
benchmarks/results/load.md.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks.bridge.running import Answer, Bridge, bridge
from benchmarks.bridge.selections import Selection, selections
from benchmarks.report import write_report

CLIENTS = 32
STREAMS = 100  # open beside the clients
BURST = 80  # jobs at the end, all at once: more than the queue holds


@dataclass
class Tally:
    """What came back; safe from several threads."""

    answers: Counter[str] = field(default_factory=Counter)
    gets: list[float] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str, answer: Answer, *statuses: int) -> Answer:
        with self.lock:
            self.answers[f"{what}: {answer.status}"] += 1
            if what.startswith("GET"):
                self.gets.append(answer.seconds)
            if answer.status not in statuses or (
                answer.status == 503 and "retry-after" not in answer.headers
            ):
                self.wrong.append(f"{what}: {answer.status} {answer.body[:200]!r}")
        return answer


def client(
    running: Bridge, tally: Tally, chosen: list[Selection], number: int, requests: int, pause: float
) -> None:
    """One client's requests, spread over the time."""
    rng = random.Random(number)
    mine: list[str] = []
    for _ in range(requests):
        time.sleep(rng.uniform(0, 2 * pause))
        action = rng.random()
        if action < 0.15 or not mine:
            _submit(running, tally, rng.choice(chosen), rng, mine)
        elif action < 0.22:
            tally.add("DELETE", running.ask("DELETE", rng.choice(mine)), 204)
        elif action < 0.3:
            tally.add(
                "GET take", running.ask("GET", f"{rng.choice(mine)}/takes/1?format=measures"), 200, 404, 409
            )
        elif action < 0.4:
            tally.add("GET health", running.ask("GET", "/health"), 200)
        else:
            tally.add("GET job", running.ask("GET", rng.choice(mine)), 200)


def _submit(running: Bridge, tally: Tally, selection: Selection, rng: random.Random, mine: list[str]) -> None:
    options = {"measures": selection.measures, "seed": rng.randrange(1000)}
    answer = tally.add("POST", running.job(selection.data, **options), 202, 503)
    if answer.status == 202:
        mine.append(answer.headers["location"])
        with tally.lock:
            tally.jobs.append(answer.json()["id"])


def streams(running: Bridge, path: str, tally: Tally) -> list[threading.Thread]:
    """A hundred event streams of one job, read to their end."""

    def follow() -> None:
        answer = running.ask("GET", f"{path}/events", timeout=600)
        with tally.lock:
            tally.answers[f"event streams: {answer.status}"] += 1
            if answer.status != 200 or b"event: state" not in answer.body:
                tally.wrong.append(f"a stream gave {answer.status} {answer.body[-200:]!r}")

    threads = [threading.Thread(target=follow) for _ in range(STREAMS)]
    for thread in threads:
        thread.start()
    return threads


def hold(requests: int, seconds: float) -> tuple[Tally, Counter[str], int]:
    tally, ends = Tally(), Counter[str]()
    chosen = list(selections(20, measures=2))
    with bridge() as running:
        running.wait_ready()
        long = running.job(chosen[0].data, measures=chosen[0].measures, takes=99, seed=1).headers["location"]
        followers = streams(running, long, tally)
        each, pause = requests // CLIENTS, seconds * CLIENTS / requests
        with ThreadPoolExecutor(CLIENTS) as pool:
            done = [pool.submit(client, running, tally, chosen, n, each, pause) for n in range(CLIENTS)]
            for future in done:
                future.result()
            burst = [
                pool.submit(_submit, running, tally, chosen[0], random.Random(n), []) for n in range(BURST)
            ]
            for future in burst:
                future.result()
        running.ask("DELETE", long)
        for id in tally.jobs:
            ends[running.wait(id, 300)["state"]] += 1
        for thread in followers:
            thread.join()
        running.memory()
        return tally, ends, running.peak


def main() -> None:
    parser = argparse.ArgumentParser(description="Thirty-two clients at once.")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=120)
    arguments = parser.parse_args()
    tally, ends, peak = hold(arguments.requests, arguments.seconds)
    gets = sorted(tally.gets)
    late = gets[int(0.95 * (len(gets) - 1))]
    lost = len(tally.jobs) - ends["done"] - ends["cancelled"]
    lines = [
        "| requests and answers | |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in sorted(tally.answers.items())),
        *(f"| accepted jobs that were {state} | {count} |" for state, count in sorted(ends.items())),
        f"| accepted jobs that were lost | {lost} |",
        f"| answers that were wrong | {len(tally.wrong)} |",
        "",
        f"`GET` under this load, with {STREAMS} event streams open: median {statistics.median(gets) * 1000:.1f} ms, "
        f"95 % within {late * 1000:.1f} ms, the slowest {gets[-1] * 1000:.0f} ms. Memory {peak / 2**20:.0f} MB.",
        *(f"- {line}" for line in tally.wrong[:20]),
    ]
    command = (
        f"python -m benchmarks.bridge.load --requests {arguments.requests} --seconds {arguments.seconds:.0f}"
    )
    write_report("load", "Thirty-two clients at once", lines, command)
    raise SystemExit(bool(tally.wrong) or lost > 0)


if __name__ == "__main__":
    main()
