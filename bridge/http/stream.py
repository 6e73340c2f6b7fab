"""A job's events as a stream (server-sent events): all so far, then each as it comes, and a heartbeat.

Every open stream holds a thread of the server, so their number is limited and the server has that many threads
besides those that answer requests.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator

from bridge.errors import QueueFullError
from bridge.jobs.job import Job

STREAMS = 128  # open at a time
HEARTBEAT = 10.0  # seconds
_LOOK = 1.0  # seconds between two looks whether the client is still there

_slots = threading.BoundedSemaphore(STREAMS)


class EventStream:
    """An iterable for WSGI, whose ``close`` gives its slot back. Raises ``QueueFullError`` when all are taken.

    ``after`` is the number of the last event that the client has seen.
    """

    def __init__(self, job: Job, after: int, gone: Callable[[], bool]) -> None:
        if not _slots.acquire(blocking=False):
            raise QueueFullError(
                f"{STREAMS} event streams are open already", "Close some, or ask for the job's state."
            )
        self._held = True
        self._chunks = _chunks(job, after, gone)

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Called by the server at the end, however it comes."""
        if self._held:
            self._held = False
            _slots.release()


def _chunks(job: Job, after: int, gone: Callable[[], bool]) -> Iterator[bytes]:
    """``id`` counts the events of a job from 1."""
    sent, beat = max(after, 0), time.monotonic()
    yield b"retry: 1000\n\n"
    while not gone():
        with job.changed:
            if len(job.events) <= sent and not job.over:
                job.changed.wait(_LOOK)
            new, over = job.events[sent:], job.over
        if new:
            yield b"".join(_encoded(sent + i, event.name, event.data) for i, event in enumerate(new, 1))
            sent, beat = sent + len(new), time.monotonic()
        elif over:
            return
        elif time.monotonic() - beat > HEARTBEAT:
            yield b": beat\n\n"
            beat = time.monotonic()


def _encoded(id: int, name: str, data: dict[str, object]) -> bytes:
    return f"id: {id}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
