"""The process that writes: it loads the engines and does what the desk asks, several jobs at the same time.

It has no files, no network and no state that matters: the desk may end it at any moment and start another.
When the desk is gone, it goes too.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

from bridge.engines import open_engine
from bridge.jobs.admission import opened
from bridge.jobs.messages import Began, Drop, Ended, Order, Ready
from bridge.jobs.packing import made, wrote
from bridge.problems import problem
from bridge.service import Performance, Progress, Take, advance, begin
from engine.interface import Engine
from engine.registry import DEFAULT

Item = Order | Drop


def work(pipe: Connection) -> None:
    """Serve the desk at the other end of ``pipe`` until it closes it."""
    inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, inbox), daemon=True).start()
    worker = _Worker(pipe)
    start = time.perf_counter()
    worker.engine(DEFAULT)
    pipe.send(Ready(time.perf_counter() - start))
    while True:
        for item in _arrived(inbox, wait=not worker.busy):
            worker.take(item)
        worker.step()


def _receive(pipe: Connection, inbox: queue.SimpleQueue[Item]) -> None:
    """Read all that comes, so that the desk never waits; whatever is being written, without a desk it is for nobody."""
    with suppress(EOFError, OSError):
        while item := pipe.recv():
            inbox.put(item)
    os._exit(0)


def _arrived(inbox: queue.SimpleQueue[Item], wait: bool) -> Iterator[Item]:
    """What has come since; with ``wait``, at least one."""
    if wait:
        yield inbox.get()
    while not inbox.empty():
        yield inbox.get()


class _Worker:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._engines: dict[str, Engine] = {}
        self._jobs: dict[str, tuple[Order, Performance]] = {}

    @property
    def busy(self) -> bool:
        return bool(self._jobs)

    def engine(self, name: str) -> Engine:
        """That engine, loaded once."""
        if name not in self._engines:
            self._engines[name] = open_engine(name)
        return self._engines[name]

    def take(self, item: Item) -> None:
        """Begin or leave a job."""
        if isinstance(item, Drop):
            self._jobs.pop(item.job, None)
            self._pipe.send(Ended(item.job))
            return
        try:
            self._begin(item)
        except Exception as error:  # also what nobody thought of: one job's fault is no other's
            self._end(item.job, error)

    def _begin(self, order: Order) -> None:
        performance = begin(opened(order), order.options, self.engine(order.options.engine))
        self._jobs[order.job] = order, performance
        self._pipe.send(Began(order.job, performance.total))

    def step(self) -> None:
        """Every job goes on by a note."""
        for name in sorted({order.options.engine for order, _ in self._jobs.values()}):
            jobs = {
                id(performance): job
                for job, (order, performance) in self._jobs.items()
                if order.options.engine == name
            }
            for performance, event in advance([self._jobs[job][1] for job in jobs.values()]):
                self._report(jobs[id(performance)], performance, event)
            for performance_id, job in jobs.items():
                entry = self._jobs.get(job)
                if entry and id(entry[1]) == performance_id and entry[1].done:
                    self._end(job)

    def _report(self, job: str, performance: Performance, event: Progress | Take | Exception) -> None:
        try:
            if isinstance(event, Exception):
                raise event
            self._pipe.send(
                wrote(job, performance, event)
                if isinstance(event, Progress)
                else made(job, performance, event)
            )
        except Exception as error:
            self._end(job, error)

    def _end(self, job: str, error: Exception | None = None) -> None:
        entry = self._jobs.pop(job, None)
        engine = entry[1].timings.seconds.get("write", 0.0) if entry else 0.0
        self._pipe.send(Ended(job, problem(error) if error else None, engine))
