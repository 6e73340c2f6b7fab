"""One worker process, and the two threads that speak with it."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Protocol

from bridge.jobs.messages import Answer, Drop, Order

_CLOSING = 2.0  # seconds for a worker to go by itself


class Link(Protocol):
    """A worker as the desk sees it."""

    def send(self, item: Order | Drop) -> None:
        """Never waits."""

    def kill(self) -> None:
        """End it at once; it is then lost."""

    def close(self) -> None:
        """Let it go; nothing is heard of it any more."""


class ProcessLink:
    """A process of this machine. Raises OSError when it cannot be started.

    ``answered`` gets what the worker says, one after the other; ``lost`` is called once when it is gone unasked.
    """

    def __init__(self, answered: Callable[[Answer], None], lost: Callable[[], None]) -> None:
        # A fresh interpreter on every system: threads and locks of this process are not copied into it.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), name="obbligato-worker", daemon=True)
        self._process.start()
        theirs.close()
        self._answered, self._lost = answered, lost
        self._outbox: queue.SimpleQueue[Order | Drop | None] = queue.SimpleQueue()
        self._closed = False
        for part in (self._write, self._listen):
            threading.Thread(target=part, daemon=True).start()

    def send(self, item: Order | Drop) -> None:
        """See ``Link.send``."""
        self._outbox.put(item)

    def kill(self) -> None:
        """See ``Link.kill``."""
        self._process.kill()

    def close(self) -> None:
        """See ``Link.close``."""
        self._closed = True
        self._outbox.put(None)
        self._process.join(_CLOSING)
        self._process.kill()
        self._process.join()

    def _write(self) -> None:
        item: Order | Drop | None
        try:
            while item := self._outbox.get():
                self._pipe.send(item)
            self._pipe.send(None)  # the last word
        except OSError:  # it is gone, which the listener notices too
            return

    def _listen(self) -> None:
        try:
            while True:
                self._answered(self._pipe.recv())
        except (EOFError, OSError):
            self._outbox.put(None)
            if not self._closed:
                self._process.join()
                self._lost()


def _work(pipe: Connection) -> None:
    """The worker's first step; its imports belong to its process only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the desk, which then closes the pipe
    from bridge.jobs.worker import work

    work(pipe)
