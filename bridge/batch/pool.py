"""Processes of this machine, each with an engine of its own.

A note is a row of small sums, which one core does sooner than it can share them: an engine on every core that
reads, writes and checks its own files beats one engine that others feed. Nothing heavy is imported here: the
first words of a new process must come before the libraries that read them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

from bridge.errors import EngineError

if TYPE_CHECKING:
    from bridge.batch.work import OpenEngine, Order, Result

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_DEATHS = 8  # of processes, one after the other, after which there is no hope


def usable_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def perform_in_processes(
    orders: Iterator[Order], open_engine: OpenEngine, workers: int
) -> Generator[Result, None, None]:
    """The results as they come; ``open_engine`` is a function that another process can import.

    When a process dies, what it had in hand is tried once more, each file alone; the file with which a process
    dies again is given up. Raises ``EngineError`` when processes die and nothing is written. Closing the iterator
    ends them all at once.
    """
    pool = _Pool(orders, open_engine)
    try:
        yield from pool.results(workers)
    finally:
        pool.kill()


class _Worker:
    """A process, and what it has in hand."""

    def __init__(self, open_engine: OpenEngine) -> None:
        # A fresh interpreter on every system: threads and locks of this process are not copied into it.
        context = multiprocessing.get_context("spawn")
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_work, args=(theirs,), daemon=True)
        with _uninterrupted():
            self.process.start()
        theirs.close()
        self.hands: dict[int, Order] = {}
        self.dismissed = False
        self.send(open_engine)

    def send(self, item: OpenEngine | Order | None) -> None:
        with suppress(OSError):  # it is gone, which its pipe tells when it is asked
            self.pipe.send(item)


class _Pool:
    """Every word to a process answers one of its own, so that neither ever waits for the other to listen."""

    def __init__(self, orders: Iterator[Order], open_engine: OpenEngine) -> None:
        self._orders, self._open_engine = orders, open_engine
        self._workers: list[_Worker] = []
        self._suspects: deque[Order] = deque()  # to be tried once more
        self._suspected: set[int] = set()  # all that ever were
        self._deaths = 0  # since the last result

    def results(self, workers: int) -> Generator[Result]:
        for _ in range(workers):
            self._workers.append(_Worker(self._open_engine))
        while not all(worker.dismissed for worker in self._workers):
            ready = set(wait([worker.pipe for worker in self._workers]))
            for worker in [worker for worker in self._workers if worker.pipe in ready]:
                try:
                    said: Result | None = worker.pipe.recv()
                except (EOFError, OSError):
                    yield from self._bury(worker)
                    continue
                if said is None:
                    self._answer(worker)
                else:
                    del worker.hands[said.index]
                    self._deaths = 0
                    yield said

    def _answer(self, worker: _Worker) -> None:
        """Another order, or None: what is suspect goes to empty hands and stays alone in them."""
        order: Order | None = None
        if self._suspects and not worker.hands:
            order = self._suspects.popleft()
        elif self._suspected.isdisjoint(worker.hands):
            order = next(self._orders, None)
        if order:
            worker.hands[order.index] = order
        worker.dismissed = not worker.hands
        worker.send(order)

    def _bury(self, worker: _Worker) -> Iterator[Result]:
        """A process that has ended: dismissed, or killed with all that it had in hand."""
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        if worker.dismissed:
            return
        self._deaths += 1
        if self._deaths >= _DEATHS:
            raise EngineError(
                "the processes that write die before they have written", "Run `obbligato doctor`."
            )
        for order in worker.hands.values():
            if order.index in self._suspected:
                yield given_up(order.index)
            else:
                self._suspected.add(order.index)
                self._suspects.append(order)
        self._workers.append(_Worker(self._open_engine))

    def kill(self) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()


def given_up(index: int) -> Result:
    """The result of an order with which processes die."""
    from bridge.batch.work import Result

    hint = "Is there enough memory? If so, please report this score."
    return Result(
        index, error=EngineError("the process that was to write this died, and the next one too", hint)
    )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C goes to all processes of a terminal: a new one inherits that it is for its parent alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(pipe: Connection) -> None:
    """The first steps of a process: one thread for its arithmetic, no Ctrl-C, and an end with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from bridge.batch.work import Result, perform

    def ask() -> Order | None:
        pipe.send(None)
        order: Order | None = pipe.recv()
        return order

    with suppress(EOFError, OSError):  # nobody is there any more
        for event in perform(ask, pipe.recv()):
            if isinstance(event, Result):
                pipe.send(event.portable())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)
