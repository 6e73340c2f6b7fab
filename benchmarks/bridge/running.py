"""A bridge of its own for a script: started in an empty home, asked over HTTP, ended at the end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_STARTING = 60.0  # seconds


@dataclass
class Answer:
    """An HTTP answer and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Bridge:
    """A running bridge: ``ask`` is safe from several threads, each call has its own connection."""

    process: subprocess.Popen[bytes]
    port: int
    token: str
    home: Path
    started: float  # time.perf_counter() when the process was started
    healthy: float = 0.0  # seconds from then to the first answer of /health
    peak: int = 0  # bytes, all processes together
    _asked: int = field(default=0, repr=False)

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 60.0, **headers: str) -> Answer:
        """One request with the token; a ``body`` that is not bytes is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {"Authorization": f"Bearer {self.token}"}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        start = time.perf_counter()
        try:
            connection.request(method, path, body, {k: v for k, v in sent.items() if v})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, fields, data, time.perf_counter() - start)

    def job(self, data: bytes, task: str = "accompany", **options: Any) -> Answer:
        """Begin a job for a MusicXML score in UTF-8."""
        return self.ask("POST", "/api/v1/jobs", {"task": task, "musicxml": data.decode(), "options": options})

    def wait(self, id: str, seconds: float = 120.0) -> dict[str, Any]:
        """The job's state at its end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state: dict[str, Any] = self.ask("GET", f"/api/v1/jobs/{id}").json()
            if state["state"] in ("done", "failed", "cancelled"):
                return state
            time.sleep(0.05)
        raise TimeoutError(f"job {id} hangs: {state}")

    def wait_ready(self, seconds: float = 60.0) -> float:
        """Seconds from the start of the process until the engine was loaded."""
        while not self.ask("GET", "/health").json()["ready"]:
            if time.perf_counter() - self.started > seconds:
                raise TimeoutError("the engine is not loaded")
            time.sleep(0.02)
        return time.perf_counter() - self.started

    def memory(self) -> int:
        """Bytes of memory that the bridge and its worker hold now, shared pages counted once."""
        try:
            main = psutil.Process(self.process.pid)
            used = sum(process.memory_full_info().uss for process in (main, *main.children(recursive=True)))
        except psutil.NoSuchProcess:
            return 0
        self.peak = max(self.peak, used)
        return int(used)

    def alive(self) -> bool:
        return self.process.poll() is None


@contextmanager
def bridge(home: Path | None = None, *options: str) -> Iterator[Bridge]:
    """Start one, wait for its first sign of life, and end it with SIGTERM."""
    with tempfile.TemporaryDirectory() as folder:
        home = home or Path(folder)
        running = start(home, *options)
        try:
            yield running
        finally:
            if running.alive():
                running.process.send_signal(signal.SIGTERM)
                running.process.wait(20)


def start(home: Path, *options: str) -> Bridge:
    """Start a bridge in that home, on any free port."""
    announcement = home / "config" / "bridge.json"
    announcement.unlink(missing_ok=True)
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "serve", "--port", "0", *options],
        env={**os.environ, "OBBLIGATO_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    while time.perf_counter() - begun < _STARTING and process.poll() is None:
        found = _announced(announcement, process.pid)
        if found:
            port = int(found["url"].rsplit(":", 1)[1].strip("/"))
            running = Bridge(process, port, found["token"], home, begun)
            if _healthy(running):
                running.healthy = time.perf_counter() - begun
                return running
        time.sleep(0.005)
    process.kill()
    raise RuntimeError("the bridge did not start")


def _announced(path: Path, pid: int) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if found["pid"] == pid else None


def _healthy(running: Bridge) -> bool:
    try:
        return running.ask("GET", "/health").status == 200
    except OSError:
        return False
