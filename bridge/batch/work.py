"""One process at work: several files at the same time, so that an engine that gains from company has it.

The same wherever it runs: in the command's own process, in others of this machine, or on a cluster.
"""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from bridge.documents.document import open_bytes
from bridge.options import WritingOptions
from bridge.output import encode
from bridge.problems import told
from bridge.service import Performance, Progress, Take, Timings, advance, begin
from engine.device import together
from engine.interface import Engine


@dataclass(frozen=True, slots=True)
class Order:
    """One input and all that it takes to write its results anywhere."""

    index: int  # among all inputs
    name: str  # what messages call it
    data: bytes
    suffix: str  # of the results
    options: WritingOptions


@dataclass(frozen=True, slots=True)
class TakeFile:
    """A take as a file; ``seconds`` of wall time since the one before it."""

    number: int
    seed: int
    data: bytes
    seconds: float


@dataclass
class Result:
    """What became of one order: all of its takes, or the ``error`` that ended it. ``measures`` are of one take."""

    index: int
    takes: list[TakeFile] = field(default_factory=list)
    parts: tuple[str, ...] = ()
    measures: int = 0
    losses: tuple[str, ...] = ()  # what the reader could not hold
    remarks: list[str] = field(default_factory=list)  # what the composer should know of the result
    seconds: dict[str, float] = field(default_factory=dict)
    error: Exception | None = None

    def portable(self) -> Result:
        """This result with an error that can be sent to another process, where its traceback is a note."""
        if self.error is not None:
            self.error.add_note("".join(traceback.format_exception(self.error)))
            self.error = _portable(self.error)
        return self


OpenEngine = Callable[[str], Engine]
Ask = Callable[[], Order | None]  # None: nothing now; it may be asked again when a file is finished


def perform(ask: Ask, open_engine: OpenEngine) -> Generator[Progress | Result, None, None]:
    """Do what there is to do until nothing is left; an order's fault ends it alone.

    The engine is loaded when the first input turns out to be readable.
    """
    engines: dict[str, Engine] = {}

    def engine(name: str) -> Engine:
        if name not in engines:
            engines[name] = open_engine(name)
        return engines[name]

    works: dict[Performance, _Work] = {}
    streams, most, asking = 0, together(), True
    while asking or works:
        while asking and streams < most:
            order = ask()
            if order is None:
                asking = False
                break
            work = _Work(order)
            performance = work.begin(engine)
            if performance is None:
                yield work.result
                continue
            works[performance] = work
            streams += order.options.takes
        if not works:
            return
        for performance, event in advance(list(works)):
            if isinstance(event, Progress):
                yield event
            else:
                works[performance].receive(event)
        for performance, work in list(works.items()):
            if performance.done or work.result.error:
                del works[performance]
                streams -= work.order.options.takes
                asking = True
                yield work.finished()


class _Work:
    """An order under way."""

    def __init__(self, order: Order) -> None:
        self.order, self.result, self._timings = order, Result(order.index), Timings()
        self._since = time.perf_counter()

    def begin(self, engine: OpenEngine) -> Performance | None:
        """The job, about to take its first step; None where there is nothing to begin."""
        try:
            with self._timings.measure("read"):
                self._document = open_bytes(self.order.data, self.order.name)
                self.result.losses = self._document.score.losses
                self.result.remarks += self._document.remarks
            return begin(self._document, self.order.options, engine(self.order.options.engine), self._timings)
        except Exception as error:  # also what nobody thought of
            self.result.error = error
            return None

    def receive(self, event: Take | Exception) -> None:
        if isinstance(event, Exception):
            self.result.error = event
            return
        try:
            self._add(event)
        except Exception as error:
            self.result.error = error

    def _add(self, take: Take) -> None:
        data = encode(self._document, take, self.order.suffix)
        now = time.perf_counter()
        self.result.takes.append(TakeFile(take.number, take.seed, data, now - self._since))
        self.result.parts, self.result.measures = take.parts, len(take.measures)
        self.result.remarks += [remark for remark in take.remarks if remark not in self.result.remarks]
        self._since = now

    def finished(self) -> Result:
        """What has become of it; of what failed nothing is kept."""
        if self.result.error:
            self.result.takes = []
        self.result.seconds = self._timings.rounded()
        return self.result


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # some errors of libraries cannot be made again from what they say
        return told(error)
    return error
