"""A job as the desk keeps it: where it is, what it has given so far, and everything that happened, in order."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.errors import NotFoundError, NotReadyError
from bridge.jobs.messages import Made, Order, Wrote

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDS: tuple[State, ...] = ("done", "failed", "cancelled")
PARTIAL = ("measures", "events")  # formats of a take that is still being written


@dataclass
class Event:
    """Something that happened, as event streams tell it."""

    name: Literal["state", "measure", "take"]
    data: dict[str, Any]


@dataclass
class TakeSoFar:
    """A take: its measures while it is written, all of it in every format once it is ``made``."""

    wrote: list[Wrote] = field(default_factory=list)
    made: Made | None = None
    history: str | None = None  # its id there

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        parts = sum(len(measure.measures) + len(measure.events) for measure in self.wrote)
        return parts + sum(map(len, self.made.files.values() if self.made else ()))


@dataclass(frozen=True, slots=True)
class TakeFile:
    """A take in one format, or its measures so far, one by one; ``packed`` are zlib."""

    format: str
    suffix: str  # of a score
    packed: tuple[bytes, ...]


class Job:
    """All of it is read and changed under the desk's lock; ``changed`` is told of every event."""

    def __init__(self, order: Order, total: int, lock: threading.RLock) -> None:
        self.id, self.task, self.order = order.job, order.options.task, order
        self.changed = threading.Condition(lock)
        self.state: State = "queued"
        self.done, self.total = 0, total
        self.takes: dict[int, TakeSoFar] = {}
        self.problem: dict[str, Any] | None = None
        self.events: list[Event] = []
        self.attempts = 0
        self.created, self.began, self.ended = time.monotonic(), 0.0, 0.0
        self._tell("state", state=self.state)

    @property
    def over(self) -> bool:
        return self.state in ENDS

    @property
    def seconds(self) -> float:
        """Wall time from its beginning, or while it waits from its arrival, to its end or now."""
        return (self.ended or time.monotonic()) - (self.began or self.created)

    @property
    def size(self) -> int:
        """Bytes that it keeps in memory, about."""
        return len(self.order.data) + sum(take.size for take in self.takes.values()) + 200 * len(self.events)

    def become(self, state: State, problem: dict[str, Any] | None = None) -> None:
        """Enter a state; one of the last three is never left."""
        self.state, self.problem = state, problem
        if state == "running":
            self.began = time.monotonic()
            self.attempts += 1
        if self.over:
            self.ended = time.monotonic()
            self.order = Order(self.id, self.order.options, b"", self.order.name)
        self._tell("state", state=state, **({"problem": problem} if problem else {}))

    def status(self) -> dict[str, Any]:
        """What clients are told of it."""
        return {
            "id": self.id,
            "task": self.task,
            "state": self.state,
            "measures_done": self.done,
            "measures_total": self.total,
            "seconds": round(self.seconds, 3),
            "takes": [describe_take(number, take) for number, take in sorted(self.takes.items())],
            "problem": self.problem,
        }

    def file(self, number: int, format: str) -> TakeFile:
        """A take in that format. Raises ``NotFoundError`` and ``NotReadyError``."""
        if number > self.order.options.takes:
            raise NotFoundError(f"the job has no take {number}", "The job's state lists its takes.")
        take = self.takes.get(number) or TakeSoFar()
        if take.made:
            return TakeFile(format, take.made.suffix, (take.made.files[format],))
        if format in PARTIAL and take.wrote:
            return TakeFile(format, ".musicxml", tuple(getattr(wrote, format) for wrote in take.wrote))
        measures = "its measures can be had: format=measures or format=events." if take.wrote else ""
        if self.over:
            how = "was cancelled" if self.state == "cancelled" else "ended"
            reason = f"the job {how} before take {number} was written"
            raise NotFoundError(reason, measures.capitalize() or "Send the request again.")
        if take.wrote:
            reason, hint = f"take {number} is still being written", f"Ask again a little later; {measures}"
        else:
            reason, hint = f"nothing of take {number} is written yet", "Ask again a little later."
        raise NotReadyError(reason, hint)

    def again(self) -> None:
        """Back into the queue, as if nothing had been written; takes that were made are kept."""
        self.done = 0
        self.takes = {number: take for number, take in self.takes.items() if take.made}
        self.become("queued")

    def lacks(self, number: int) -> bool:
        """Whether a take is still to come."""
        take = self.takes.get(number)
        return not self.over and (take is None or take.made is None)

    def add_measure(self, wrote: Wrote) -> None:
        take = self.takes.setdefault(wrote.take, TakeSoFar())
        take.wrote.append(wrote)
        self.done = wrote.done
        self._tell(
            "measure",
            take=wrote.take,
            measure=wrote.measure,
            number=wrote.number,
            done=wrote.done,
            total=self.total,
        )

    def add_take(self, made: Made, history: str | None) -> None:
        if not self.lacks(made.take):  # written again after the worker died
            return
        take = self.takes.setdefault(made.take, TakeSoFar())
        take.made, take.history, take.wrote = made, history, []
        self._tell("take", **describe_take(made.take, take))

    def _tell(self, name: Literal["state", "measure", "take"], **data: Any) -> None:
        self.events.append(Event(name, data))
        self.changed.notify_all()


def describe_take(number: int, take: TakeSoFar) -> dict[str, Any]:
    """What clients are told of a take besides its files."""
    made = take.made
    if made is None:
        return {"number": number, "done": False, "measures_done": len(take.wrote)}
    return {
        "number": number,
        "done": True,
        "seed": made.seed,
        "parts": list(made.parts),
        "measures": made.measures,
        "remarks": list(made.remarks),
        "history": take.history,
    }
