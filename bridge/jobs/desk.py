"""The desk: it takes orders, keeps the queue and every job, and sees to it that the worker works.

Nothing here waits for the worker: what is sent to it goes through a thread of its own, and what comes from it
through another. A worker that dies is started again and its jobs go back to the front of the queue; one that
does not leave a job in time is ended.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge.engines import engine_info
from bridge.errors import EngineError, NotFoundError, QueueFullError, TookTooLongError
from bridge.jobs.admission import admit
from bridge.jobs.job import Job
from bridge.jobs.link import Link
from bridge.jobs.messages import Answer, Began, Drop, Ended, Made, Order, Ready, Wrote
from bridge.options import WritingOptions
from bridge.problems import problem

log = logging.getLogger("obbligato.jobs")

_TICK = 0.1  # seconds between two looks at the clock
_STARTS = 3  # times in a row that a worker may die before its engine is loaded


@dataclass(frozen=True, slots=True)
class Limits:
    """What the desk holds to: counts, seconds and bytes."""

    waiting: int = 32  # jobs in the queue
    together: int = 4  # jobs that are written at the same time
    attempts: int = 2  # to write a job with which the worker dies
    seconds: float = 600.0  # for a job to be written
    leaving: float = 5.0  # seconds for the worker to leave a job
    kept: float = 3600.0  # seconds that an ended job is remembered
    remembered: int = 1000  # ended jobs
    memory: int = 128 * 2**20  # bytes of scores that wait, and again of what ended jobs hold


class Recorder(Protocol):
    """Where takes are kept for good."""

    def record(self, job: Job, made: Made) -> str | None:
        """Keep a take; its id there, None where none is given. Must not raise."""
        ...


MakeLink = Callable[[Callable[[Answer], None], Callable[[], None]], Link]


class Desk:
    """Thread-safe; ``close`` ends it."""

    def __init__(self, make_link: MakeLink, recorder: Recorder, limits: Limits = Limits()) -> None:
        self.limits = limits
        self._make_link, self._recorder = make_link, recorder
        self.lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._active: dict[str, Job] = {}
        self._leaving: dict[str, float] = {}  # jobs that the worker was told to leave, and until when
        self._link: Link | None = None
        self._ready = threading.Event()
        self._deaths = 0  # in a row
        self._broken: EngineError | None = None
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="obbligato-desk", daemon=True)
        self._watcher.start()

    # For the outside

    @property
    def ready(self) -> bool:
        """Whether the engine is loaded."""
        return self._ready.is_set()

    def wait_ready(self, seconds: float) -> bool:
        """Wait for the engine; whether it is loaded."""
        return self._ready.wait(seconds)

    def submit(self, options: WritingOptions, data: bytes, name: str) -> Job:
        """Take an order. Raises ``QueueFullError``, ``EngineError`` when no worker can be started, and as ``admit``."""
        with self.lock:
            self._require_room(len(data))
        order, total = admit(Order(secrets.token_hex(8), options, data, name), engine_info(options.engine))
        with self.lock:
            self._require_room(len(data))
            job = Job(order, total, self.lock)
            self._jobs[job.id] = job
            self._queue.append(job)
            self._dispatch()
        log.info("job %s: %s, %d measures", job.id, job.task, total)
        return job

    def job(self, id: str) -> Job:
        """The job of that id; look at it under ``lock``. Raises ``NotFoundError``."""
        with self.lock:
            if id not in self._jobs:
                hint = "Jobs are remembered for an hour; finished takes are in the history."
                raise NotFoundError("there is no such job", hint)
            return self._jobs[id]

    def cancel(self, id: str) -> None:
        """End a job, if it has not ended; takes that it has made stay. Raises ``NotFoundError``."""
        with self.lock:
            job = self.job(id)
            if job.over:
                return
            job.become("cancelled")
            self._leave(job)
        log.info("job %s: cancelled after %.2f s", id, job.seconds)

    def close(self) -> None:
        """End the worker and cancel what it has not finished."""
        self._closed.set()
        self._watcher.join()
        with self.lock:
            link, self._link = self._link, None
            for job in (*self._queue, *self._active.values()):
                if not job.over:
                    job.become("cancelled")
            self._queue.clear()
        if link:
            link.close()

    # Under the lock

    def _require_room(self, size: int) -> None:
        if self._broken:
            # A new one each time, for an error keeps every frame through which it was raised.
            raise EngineError(self._broken.message, self._broken.hint)
        waiting = sum(len(job.order.data) for job in self._queue)
        if len(self._queue) >= self.limits.waiting or waiting + size > self.limits.memory:
            wait = 1 + int(2 * len(self._queue) / self.limits.together)
            raise QueueFullError(f"{len(self._queue)} jobs wait already", "Try again a little later.", wait)

    def _dispatch(self) -> None:
        """Give the worker what it can take."""
        while self._link and self.ready and self._queue and len(self._active) < self.limits.together:
            job = self._queue.popleft()
            self._active[job.id] = job
            job.become("running")
            self._link.send(job.order)

    def _leave(self, job: Job) -> None:
        """Nothing more is wanted of a job that is over."""
        if job in self._queue:
            self._queue.remove(job)
        elif job.id in self._active and self._link:
            self._leaving[job.id] = time.monotonic() + self.limits.leaving
            self._link.send(Drop(job.id))

    # From the worker

    def _answered(self, answer: Answer) -> None:
        history = self._recorded(answer) if isinstance(answer, Made) else None
        with self.lock:
            if isinstance(answer, Ready):
                self._engine_loaded(answer)
            elif job := self._active.get(answer.job):
                self._told(job, answer, history)

    def _recorded(self, made: Made) -> str | None:
        """The id of a take in the history, for which nobody waits at the lock; None where it is not wanted."""
        with self.lock:
            job = self._active.get(made.job)
            wanted = job is not None and job.lacks(made.take)
        return self._recorder.record(job, made) if job and wanted else None

    def _engine_loaded(self, ready: Ready) -> None:
        log.info("engine loaded in %.1f s", ready.seconds)
        self._ready.set()
        self._deaths = 0
        self._dispatch()

    def _told(self, job: Job, answer: Began | Wrote | Made | Ended, history: str | None) -> None:
        if isinstance(answer, Ended):
            self._job_ended(job, answer)
        elif job.over:
            return  # it was on its way
        elif isinstance(answer, Began):
            job.total = answer.total
        elif isinstance(answer, Wrote):
            job.add_measure(answer)
        else:
            job.add_take(answer, history)

    def _job_ended(self, job: Job, end: Ended) -> None:
        problem = end.problem
        del self._active[job.id]
        self._leaving.pop(job.id, None)
        if not job.over:
            job.become("failed" if problem else "done", problem)
            what = problem and problem["type"]
            log.info(
                "job %s: %s after %.2f s (engine %.2f s), %s",
                job.id,
                job.state,
                job.seconds,
                end.engine,
                what,
            )
        self._dispatch()
        self._forget()

    def _lost(self) -> None:
        """The worker is gone: what it was writing is to be written again, unless it is that which kills it."""
        with self.lock:
            if self._closed.is_set():
                return
            ours = bool(self._leaving)  # it was ended for a job that it did not leave
            self._link = None
            self._ready.clear()
            self._leaving.clear()
            self._deaths += 1
            lost, self._active = list(self._active.values()), {}
            log.warning("the worker is gone, %d jobs with it", len(lost))
            for job in reversed(lost):
                self._retry(job, innocent=ours)

    def _retry(self, job: Job, innocent: bool) -> None:
        if job.over:
            return
        job.attempts -= innocent
        if job.attempts < self.limits.attempts:
            job.again()
            self._queue.appendleft(job)
        else:
            message = "the process that writes ended while this was written, twice"
            job.become(
                "failed", problem(EngineError(message, "Try fewer measures; please report this score."))
            )

    # By the clock

    def _watch(self) -> None:
        while not self._closed.wait(_TICK if self._link else 0):
            if self._link is None and not self._broken:
                self._start()
            with self.lock:
                self._stop_late_jobs()
                self._forget()
                overdue = any(time.monotonic() > until for until in self._leaving.values())
                if overdue and self._link:
                    self._link.kill()

    def _start(self) -> None:
        if self._deaths >= _STARTS:
            self._give_up(EngineError("the engine cannot be started", "Run `obbligato doctor`."))
            return
        try:
            with self.lock:  # so that a worker that is lost at once is so after it is known
                self._link = self._make_link(self._answered, self._lost)
        except OSError as error:
            self._give_up(EngineError(f"the process that writes cannot be started: {error}"))

    def _give_up(self, error: EngineError) -> None:
        log.error("%s", error.message)
        with self.lock:
            self._broken = error
            for job in self._queue:
                job.become("failed", problem(error))
            self._queue.clear()

    def _stop_late_jobs(self) -> None:
        for job in list(self._active.values()):
            if not job.over and job.seconds > self.limits.seconds:
                message = f"the job was stopped after {self.limits.seconds:.0f} s"
                job.become("failed", problem(TookTooLongError(message, "Ask for fewer measures or takes.")))
                self._leave(job)

    def _forget(self) -> None:
        """Ended jobs go, the oldest first, when they are too old, too many or too large."""
        ended = sorted((job for job in self._jobs.values() if job.over), key=lambda job: job.ended)
        oldest = time.monotonic() - self.limits.kept
        size, count = sum(job.size for job in ended), len(ended)
        for job in ended:
            if job.ended > oldest and size <= self.limits.memory and count <= self.limits.remembered:
                break
            del self._jobs[job.id]
            size, count = size - job.size, count - 1
