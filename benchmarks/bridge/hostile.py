"""The bridge among hostile clients: web pages, attacks, broken requests and broken scores.

    python -m benchmarks.bridge.hostile [--scores 1000]

Every answer must come within a second and be a typed problem, or for a score that can still be used a job that
ends in order; the bridge must live on, in bounded memory. Writes benchmarks/results/hostile.md.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import music21

from benchmarks.bridge import attacks
from benchmarks.bridge.running import Answer, Bridge, bridge
from benchmarks.report import write_report

JOBS = "/api/v1/jobs"
LIMIT = 1.0  # seconds
REFUSED = {400, 413, 422}
MEMORY = 1500 * 2**20
CORPUS = Path(music21.__file__).parent / "corpus"


@dataclass
class Tally:
    """Answers by kind of attack; ``wrong`` says what should not have been."""

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    slowest: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    wrong: list[str] = field(default_factory=list)

    def add(
        self, kind: str, name: str, statuses: Set[int], call: Callable[..., Answer], *args: Any, **more: Any
    ) -> Answer | None:
        """Do it and judge the answer: in time, of those statuses, and a problem if it is an error."""
        start = time.perf_counter()
        try:
            answer = call(*args, **more)
        except Exception as error:
            self.counts[kind][type(error).__name__] += 1
            self.wrong.append(f"{kind}, {name}: {error!r}")
            return None
        seconds = time.perf_counter() - start
        self.counts[kind][str(answer.status)] += 1
        self.slowest[kind] = max(self.slowest[kind], seconds)
        if seconds > LIMIT:
            self.wrong.append(f"{kind}, {name}: {seconds:.2f} s")
        if answer.status not in statuses:
            self.wrong.append(f"{kind}, {name}: {answer.status} {answer.body[:200]!r}")
        if answer.status >= 400 and not _is_problem(answer):
            self.wrong.append(f"{kind}, {name}: no problem but {answer.body[:200]!r}")
        return answer


def _is_problem(answer: Answer) -> bool:
    with suppress(ValueError):
        body = answer.json()
        typed = answer.headers.get("content-type") == "application/problem+json"
        return typed and body["status"] == answer.status and body["type"].startswith("urn:obbligato:")
    return False


def web_pages(running: Bridge, tally: Tally) -> None:
    """Foreign hosts, origins and sites; requests without the token."""
    ask, port = running.ask, running.port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "0.0.0.0", "-"):
        for path in ("/health", "/api/v1/engines"):
            tally.add("foreign host", host, {403}, ask, "GET", path, Host=host)
    near = f"http://127.0.0.1:{port}.evil.example"
    for origin in ("http://evil.example", "null", "https://127.0.0.1", near, "file://"):
        for method, path in (("GET", "/health"), ("POST", JOBS), ("OPTIONS", JOBS)):
            answer = tally.add("foreign origin", origin, {403}, ask, method, path, Origin=origin)
            if answer and any(name.startswith("access-control") for name in answer.headers):
                tally.wrong.append(f"CORS headers for {origin}")
    for site in ("cross-site", "same-site"):
        tally.add("foreign site", site, {403}, ask, "GET", "/health", Sec_Fetch_Site=site)
    right = running.token
    for token in ("", "Bearer", "Bearer x", f"Basic {right}", f"Bearer {right}x", "Bearer \xff"):
        for method, path in (("GET", JOBS), ("POST", JOBS), ("DELETE", f"{JOBS}/x"), ("GET", "/nowhere")):
            tally.add("no token", token, {401}, ask, method, path, Authorization=token)


def broken_requests(running: Bridge, tally: Tally) -> None:
    """Attacks in documents, bodies, paths and in HTTP itself."""
    ask = running.ask
    for name, data in attacks.documents():
        tally.add("attack, as a file", name, REFUSED, post_file, running, data)
        if not data.startswith(b"PK"):
            body = {"task": "accompany", "musicxml": data.decode()}
            tally.add("attack, as JSON", name, REFUSED, ask, "POST", JOBS, body)
    for name, data in attacks.bodies():
        tally.add("bad body", name, REFUSED, ask, "POST", JOBS, data, Content_Type="application/json")
    tally.add("bad body", "of another type", {415}, ask, "POST", JOBS, b"x", Content_Type="text/plain")
    for path in attacks.paths():
        tally.add("path trick", path[:60], {200, 400, 404, 422}, ask, "GET", path)
    for name, data in attacks.raw_requests():
        tally.add("bad HTTP", name, {400, 401, 403, 413, 431, 501}, _raw, running, data)
    for size in (200 * 2**20, 2**40):
        tally.add("large body", f"{size >> 20} MB", {413}, _announced, running, size)
    tally.add("large body", "chunks without end", {413}, _endless, running)


def fuzzed_scores(running: Bridge, tally: Tally, count: int) -> list[str]:
    """Mutations of real scores, and the jobs of those that are scores still."""
    rng = random.Random(1)
    sources = sorted(path for path in CORPUS.rglob("*.xml") if path.stat().st_size < 300_000)
    jobs: list[str] = []
    for number in range(count):
        data = attacks.mutated(rng.choice(sources).read_bytes(), rng)
        options = {"measures": str(rng.randint(1, 4)), "seed": number}
        expected = REFUSED | {202, 503}
        answer = tally.add("fuzzed score", f"number {number}", expected, post_file, running, data, options)
        if answer and answer.status == 202:
            jobs.append(answer.json()["id"])
        if answer and answer.status == 503:
            time.sleep(1)
        running.memory()
    return jobs


def ended(running: Bridge, jobs: list[str], tally: Tally) -> None:
    """Every job ends in order: its take is there, or a problem that is not our own fault."""
    for id in jobs:
        try:
            state = running.wait(id)
        except (TimeoutError, KeyError) as error:
            tally.wrong.append(f"job {id}: {error!r}")
            continue
        tally.counts["jobs of fuzzed scores"][state["state"]] += 1
        problem = state["problem"] or {}
        if problem:
            tally.counts["problems of these jobs"][problem["type"].rsplit(":", 1)[1]] += 1
        if problem.get("status", 0) >= 500:
            tally.wrong.append(f"job {id}: {problem['detail']}")


def post_file(running: Bridge, data: bytes, options: dict[str, object] | None = None) -> Answer:
    """A job for any bytes, as a form with a file."""
    edge = b"----obbligato"
    fields = {"task": b"accompany", "options": json.dumps(options or {}).encode()}
    form = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (edge, name.encode(), value)
        for name, value in fields.items()
    )
    head = b'Content-Disposition: form-data; name="score"; filename="../../etc/passwd"'
    body = form + b"--%s\r\n%s\r\n\r\n%s\r\n--%s--\r\n" % (edge, head, data, edge)
    return running.ask("POST", JOBS, body, Content_Type=f"multipart/form-data; boundary={edge.decode()}")


def _raw(running: Bridge, data: bytes) -> Answer:
    """Those bytes on a socket of their own, and what comes back."""
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        with suppress(OSError):
            connection.sendall(data)
        received = b""
        with suppress(OSError):
            while chunk := connection.recv(65536):
                received += chunk
                head, end, body = received.partition(b"\r\n\r\n")
                length = [
                    int(line[15:])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ]
                if end and length and len(body) >= length[0]:
                    break
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split(" ")[1]), headers, body, time.perf_counter() - start)


def _announced(running: Bridge, size: int) -> Answer:
    """A body of that length is announced, and its beginning sent."""
    head = f"POST {JOBS} HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nContent-Length: {size}\r\n\r\n"
    return _raw(running, head.encode() + b"x" * 65536)


def _endless(running: Bridge) -> Answer:
    """200 MB in chunks, without a length."""
    head = f"POST {JOBS} HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return _raw(running, head.encode() + (b"100000\r\n" + bytes(2**20) + b"\r\n") * 200)


@contextmanager
def slow_loris(running: Bridge, connections: int) -> Iterator[list[socket.socket]]:
    """So many connections on which a request drips, a byte a second."""
    sockets = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(connections)]
    over = threading.Event()

    def drip() -> None:
        for connection in sockets:
            connection.sendall(b"POST /api/v1/jobs HTTP/1.1\r\nX: ")
        while not over.wait(1):
            for connection in sockets:
                with suppress(OSError):
                    connection.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield sockets
    finally:
        over.set()
        thread.join()
        for connection in sockets:
            connection.close()


def dripping(running: Bridge, tally: Tally) -> None:
    """Others are answered while connections drip, and those that drip are closed in the end."""
    with slow_loris(running, 300) as sockets:
        end = time.monotonic() + 45
        while time.monotonic() < end:
            tally.add("beside 300 slow requests", "", {200}, running.ask, "GET", "/health")
            time.sleep(0.2)
        closed = 0
        for connection in sockets:
            connection.settimeout(0.01)
            with suppress(TimeoutError):
                try:
                    closed += connection.recv(4096) == b""
                except ConnectionError:
                    closed += 1
        tally.counts["slow requests closed after 45 s"][str(closed)] += 1
        if closed < len(sockets):
            tally.wrong.append(f"{len(sockets) - closed} slow requests are still open")


def hold(scores: int) -> tuple[Tally, int, bool]:
    """All of it against one bridge; its peak of memory, and whether it lives and still writes."""
    tally = Tally()
    with bridge() as running:
        running.wait_ready()
        web_pages(running, tally)
        broken_requests(running, tally)
        with ThreadPoolExecutor(1) as beside:
            slow = beside.submit(dripping, running, tally)
            jobs = fuzzed_scores(running, tally, scores)
            slow.result()
        ended(running, jobs, tally)
        running.memory()
        example = (Path(__file__).parents[2] / "examples" / "ode-to-joy.musicxml").read_bytes()
        last = running.wait(running.job(example, measures="1-4", seed=1).json()["id"])
        return tally, running.peak, running.alive() and last["state"] == "done"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scores", type=int, default=1000, help="fuzzed scores")
    arguments = parser.parse_args()
    tally, peak, lives = hold(arguments.scores)
    rows = ["| what | answers | slowest |", "|---|---|---|"]
    for kind, counts in tally.counts.items():
        found = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
        rows.append(
            f"| {kind} | {found} | {tally.slowest[kind]:.3f} s |"
            if tally.slowest[kind]
            else f"| {kind} | {found} | |"
        )
    lines = [
        *rows,
        "",
        f"Alive at the end, and still writing: {lives}. Peak of memory, bridge and worker: {peak / 2**20:.0f} MB.",
        f"Answers that were wrong, late or no problem where one was due: {len(tally.wrong)}.",
        *(f"- {line}" for line in tally.wrong[:50]),
    ]
    write_report(
        "hostile",
        "The bridge among hostile clients",
        lines,
        f"python -m benchmarks.bridge.hostile --scores {arguments.scores}",
    )
    raise SystemExit(bool(tally.wrong) or not lives or peak > MEMORY)


if __name__ == "__main__":
    main()
