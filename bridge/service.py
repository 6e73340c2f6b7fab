"""Score and request in, stream of measures and takes out; what the command line, HTTP and Python stand on."""

from __future__ import annotations

import copy
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from bridge.documents.checker import new_faults
from bridge.documents.document import Document
from bridge.documents.graft import graft
from bridge.engines import resolved
from bridge.errors import EngineError, naming
from bridge.notation.edges import joined
from bridge.options import WritingOptions
from bridge.suggestions import with_suggested_chords
from bridge.tasks import Plan, planned
from engine.critic import critic
from engine.interface import Engine, Outcome, Passage, Stream, WrittenCell, nats_a_note
from engine.score import Cell, Score, note_order
from engine.staves import on_staves

Written = dict[tuple[int, int], Cell]  # by (part, measure)
_TOGETHER = 4  # takes of one job that are written at the same time, each a note in turn


@dataclass(frozen=True, slots=True)
class Progress:
    """One finished measure: of which take as they are drawn, where, what was written, and how far the whole job is."""

    take: int
    measure: int  # index in the score, from 0
    number: str  # as printed
    done: int  # measures, over all takes
    total: int
    cells: tuple[WrittenCell, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """One generated answer: the score and the user's document, both with what was written in them."""

    number: int  # from 1, the best first
    seed: int  # that gives this take again, as the only one
    score: Score
    tree: Any  # lxml ElementTree
    parts: tuple[str, ...]  # names of those that were written in
    measures: tuple[int, ...]  # indices of the written measures
    remarks: tuple[str, ...] = ()  # what could not be kept, one line each


@dataclass
class Timings:
    """Seconds of wall time by name: import, read, write, rank, notate, save."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the time spent inside to that name."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - start)

    def add(self, name: str, seconds: float) -> None:
        """Add seconds that were measured elsewhere."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def rounded(self) -> dict[str, float]:
        """For a report: seconds to the tenth of a millisecond."""
        return {name: round(seconds, 4) for name, seconds in self.seconds.items()}


class Performance:
    """A job under way: its plan, the streams of its takes, and what they have written.

    All takes are written at the same time, up to ``_TOGETHER``; the others begin as these end. When all are there they
    are handed out, those first that the critic likes best.
    """

    def __init__(self, document: Document, options: WritingOptions, engine: Engine, timings: Timings) -> None:
        self.document, self.options, self.engine = document, options, engine
        self.plan = planned(options, document, engine.info)
        self.timings = timings
        self._waiting = deque(range(1, options.takes + 1))
        self._takes: dict[int, _Writing] = {}
        self._ended: dict[int, _Writing] = {}
        self._order: deque[int] = deque()  # of those that have ended, the best first
        self._measures_done = 0
        self._failed = False

    @property
    def total(self) -> int:
        """Measures to be written, over all takes."""
        return self.options.takes * len(self.plan.measures)

    @property
    def done(self) -> bool:
        """Whether nothing more comes."""
        return self._failed or not (self._waiting or self._takes or self._ended)

    def streams(self) -> list[Stream]:
        """Those that go on with the next step, in an order that holds until ``receive``. Raises what ends the job."""
        with self._failing():
            while self._waiting and len(self._takes) < _TOGETHER:
                number, passage = self._waiting.popleft(), self.plan.passage
                stream = self.engine.begin(passage, self.options.controls, self.options.sampling(number))
                self._takes[number] = _Writing(stream, Counter(m for _, m in passage.mask))
        return [writing.stream for writing in self._takes.values()]

    def receive(self, outcomes: Sequence[Outcome]) -> Iterator[Progress | Take]:
        """What a step of ``streams`` has given, and when there is nothing more to write the next of the takes.

        Raises what ends the job.
        """
        with self._failing():
            for (number, writing), outcome in zip(list(self._takes.items()), outcomes, strict=True):
                yield from self._received(number, writing, outcome)
            if not (self._waiting or self._takes):
                yield self._next_take()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """What is raised inside ends the job, and names its document."""
        try:
            with naming(self.document.name):
                yield
        except Exception:
            self._failed = True
            raise

    def _received(self, number: int, writing: _Writing, outcome: Outcome) -> Iterator[Progress]:
        if isinstance(outcome, Exception):
            raise outcome
        for cells in writing.columns(outcome):
            self._measures_done += 1
            measure = cells[0].measure
            printed = self.plan.passage.score.measures[measure].number
            yield Progress(number, measure, printed, self._measures_done, self.total, cells)
        if writing.stream.done:
            self._ended[number] = self._takes.pop(number)

    def _next_take(self) -> Take:
        """The best of those that have not been handed out; one a step, so that other jobs go on between them."""
        if not self._order:
            with self.timings.measure("rank"):
                self._order.extend(sorted(self._ended, key=self._merit, reverse=True))
        draw = self._order.popleft()
        number, seed = self.options.takes - len(self._order), self.options.sampling(draw).seed
        with self.timings.measure("notate"):
            written = self._ended.pop(draw).written
            return _finish(self.document, self.options, self.plan, written, number, seed)

    def _merit(self, draw: int) -> float:
        """What the critic gives a take; one that is alone needs none."""
        writing = self._ended[draw]
        if self.options.takes == 1:
            return 0.0
        return critic.shipped().score(self.plan.passage, writing.written, nats_a_note(writing.cells))


@dataclass
class _Writing:
    """A take under way: its cells so far, and those of the measure that is not whole yet."""

    stream: Stream
    in_measure: Counter[int]  # cells to come
    written: Written = field(default_factory=dict)
    column: list[WrittenCell] = field(default_factory=list)
    cells: list[WrittenCell] = field(default_factory=list)

    def columns(self, cells: Iterable[WrittenCell]) -> Iterator[tuple[WrittenCell, ...]]:
        """The measures that these cells finish."""
        for cell in cells:
            self.written[cell.part, cell.measure] = cell.notes
            self.cells.append(cell)
            self.column.append(cell)
            if len(self.column) == self.in_measure[cell.measure]:
                yield tuple(self.column)
                self.column = []


def begin(
    document: Document, options: WritingOptions, engine: Engine, timings: Timings | None = None
) -> Performance:
    """A job that has yet to take its first step; ``document`` itself is never changed.

    Raises ``RequestError`` and ``EmptyScoreError`` for what cannot be done. Without a seed a random one is drawn,
    which the takes report.
    """
    wishes = resolved(options, engine.info).seeded()
    return Performance(document, wishes, engine, timings or Timings())


def advance(
    performances: Sequence[Performance],
) -> Iterator[tuple[Performance, Progress | Take | Exception]]:
    """One step of every stream of all these performances, which are of one engine.

    What goes wrong in a performance ends it alone, and what its engine raises instead of a step ends all that were to
    take it: it is given instead of a take, mostly an ``EngineError``.
    """
    going: list[tuple[Performance, list[Stream]]] = []
    for performance in performances:
        try:
            going.append((performance, performance.streams()))
        except Exception as error:
            yield performance, error
    start = time.perf_counter()
    outcomes = iter(_step([stream for _, own in going for stream in own], performances[0].engine))
    for performance, _ in going:
        performance.timings.add("write", time.perf_counter() - start)
    for performance, own in going:
        try:
            for event in performance.receive(list(islice(outcomes, len(own)))):
                yield performance, event
        except Exception as error:
            yield performance, error


def _step(streams: Sequence[Stream], engine: Engine) -> list[Outcome]:
    """The outcome of a step for each stream, the same error where there was none."""
    try:
        return engine.step(streams) if streams else []
    except Exception as error:
        return [error] * len(streams)


def write(
    document: Document, options: WritingOptions, engine: Engine, timings: Timings | None = None
) -> Iterator[Progress | Take]:
    """Do the task that the options are for: one performance alone.

    Refuses at once as ``begin`` does; the iterator then gives a ``Progress`` per finished measure and a ``Take``
    at the end of each take, and raises ``EngineError`` instead of giving a take that is not sound.
    """
    return _to_the_end(begin(document, options, engine, timings))


def _to_the_end(performance: Performance) -> Iterator[Progress | Take]:
    while not performance.done:
        for _, event in advance([performance]):
            if isinstance(event, Exception):
                raise event
            yield event


def _finish(
    document: Document, options: WritingOptions, plan: Plan, written: Written, number: int, seed: int
) -> Take:
    """The written cells as a take, checked."""
    if written.keys() != plan.passage.mask:
        raise EngineError("the engine left some of the measures unwritten")
    score = plan.arrange(_with_cells(plan.passage, written))
    if options.chords == "suggest":
        score = with_suggested_chords(score, plan.measures)
    tree = copy.deepcopy(document.tree)
    remarks = graft(tree, document.score, score)
    _require_sound(document, tree)
    return Take(number, seed, score, tree, plan.parts, plan.measures, (*plan.remarks, *remarks))


def _with_cells(passage: Passage, written: Written) -> Score:
    """The passage's score with its cells written and joined to what stays."""
    parts = []
    for index, part in enumerate(passage.score.parts):
        masked = {measure for p, measure in passage.mask if p == index}
        cells = tuple(
            _merged(passage, index, m, written[index, m]) if m in masked else cell
            for m, cell in enumerate(part.cells)
        )
        parts.append(replace(part, cells=joined(cells, part.cells, masked, passage.score.measures)))
    return replace(passage.score, parts=tuple(parts))


def _merged(passage: Passage, part: int, measure: int, notes: Cell) -> Cell:
    """A written cell, with what it held on staves that were not to be written."""
    old = passage.score.parts[part].cells[measure]
    stays = on_staves(old, passage.staves_of(part), wanted=False)
    return tuple(sorted((*stays, *notes), key=note_order))


def _require_sound(document: Document, tree: Any) -> None:
    """Where the user's document was at fault already it may stay so; any other fault is our own."""
    ours = new_faults(document.tree, tree)
    if ours:
        hint = "Nothing was written; please report this with the score and the seed."
        raise EngineError(f"what was written is not sound: {ours[0]}", hint)
