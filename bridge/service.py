"""Score and request in, stream of measures and takes out; what the command line, HTTP and Python stand on."""

from __future__ import annotations

import copy
import difflib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar

from bridge.documents.checker import new_faults
from bridge.documents.document import Document
from bridge.documents.graft import graft
from bridge.errors import EmptyScoreError, EngineError, RequestError
from bridge.notation.edges import joined
from bridge.options import WritingOptions
from bridge.suggestions import with_suggested_chords
from bridge.tasks import Plan, plan_for
from engine.instruments import INSTRUMENTS
from engine.interface import Engine, EngineInfo, Passage, WrittenCell
from engine.registry import available, load_engine
from engine.score import Cell, Score, note_order
from engine.staves import on_staves

Written = dict[tuple[int, int], Cell]  # by (part, measure)
Options = TypeVar("Options", bound=WritingOptions)


@dataclass(frozen=True, slots=True)
class Progress:
    """One finished measure: of which take, where, what was written, and how far the whole job is."""

    take: int
    measure: int  # index in the score, from 0
    number: str  # as printed
    done: int  # measures, over all takes
    total: int
    cells: tuple[WrittenCell, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """One generated answer: the score and the user's document, both with what was written in them."""

    number: int  # from 1
    seed: int  # that gives this take again, as the only one
    score: Score
    tree: Any  # lxml ElementTree
    parts: tuple[str, ...]  # names of those that were written in
    measures: tuple[int, ...]  # indices of the written measures
    remarks: tuple[str, ...] = ()  # what could not be kept, one line each


@dataclass
class Timings:
    """Seconds of wall time by name: import, read, write, notate, save."""

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


def write(
    document: Document, options: WritingOptions, engine: Engine, timings: Timings | None = None
) -> Iterator[Progress | Take]:
    """Do the task that the options are for.

    Refuses at once what cannot be done (``RequestError``, ``EmptyScoreError``); the iterator then gives a
    ``Progress`` per finished measure and a ``Take`` at the end of each take, and raises ``EngineError``
    instead of giving a take that is not sound. ``document`` itself is never changed. Without a seed a
    random one is drawn, which the takes report.
    """
    wishes = resolved(options, engine.info).seeded()
    if not document.score.measures:
        raise EmptyScoreError(
            f"{document.name}: the score has no measures", "Write some music into it first."
        )
    return _perform(document, wishes, plan_for(wishes, document), engine, timings or Timings())


def open_engine(name: str) -> Engine:
    """The engine of that name. Raises ``RequestError`` when unknown, ``EngineError`` without weights."""
    with _weights_required():
        try:
            return load_engine(name)
        except KeyError:
            known = ", ".join(info.name for info in available())
            raise RequestError(f'there is no engine "{name}"', f"Installed are: {known}.") from None


def engine_infos() -> list[EngineInfo]:
    """What the installed engines say of themselves. Raises ``EngineError`` when weights are missing."""
    with _weights_required():
        return available()


@contextmanager
def _weights_required() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = f"the engine's weights cannot be read: {error}"
        raise EngineError(reason, "Install Obbligato again; its weights are part of the package.") from error


def resolved(options: Options, info: EngineInfo) -> Options:
    """The options with style and composer as the engine spells them.

    A name may be shortened to its beginning, in any case: "schub" is "Schubert, Franz". Raises ``RequestError``
    when the engine does not know the instrument, style or composer, or when several begin like that.
    """
    for instrument in options.instruments:
        _known(info.name, "instrument", instrument, info.instruments or tuple(INSTRUMENTS))
    names = {
        kind: _known(info.name, kind, wish, known)
        for kind, wish, known in (
            ("style", options.style, info.styles),
            ("composer", options.composer, info.composers),
        )
        if wish
    }
    return options.model_copy(update=names)


def _known(engine: str, kind: str, wish: str, known: Sequence[str]) -> str:
    if wish in known:
        return wish
    begin_so = [name for name in known if name.casefold().startswith(wish.casefold())]
    if len(begin_so) == 1:
        return begin_so[0]
    near = begin_so or difflib.get_close_matches(wish, known, n=3) or sorted(known)[:12]
    hint = f"It knows {'; '.join(near)}. `obbligato engines` lists all." if near else f"Leave {kind} away."
    number = "more than one" if begin_so else "no"
    raise RequestError(f'the engine {engine} knows {number} {kind} "{wish}"', hint)


def _perform(
    document: Document, options: WritingOptions, plan: Plan, engine: Engine, timings: Timings
) -> Iterator[Progress | Take]:
    total = options.takes * len(plan.measures)
    done = 0
    for number in range(1, options.takes + 1):
        sampling = options.sampling(number)
        written: Written = {}
        for cells in _measures(plan, engine.write(plan.passage, options.controls, sampling), timings):
            written.update(((cell.part, cell.measure), cell.notes) for cell in cells)
            done += 1
            measure = cells[0].measure
            printed = plan.passage.score.measures[measure].number
            yield Progress(number, measure, printed, done, total, cells)
        with timings.measure("notate"):
            take = _finish(document, options, plan, written, number)
        yield take


def _measures(
    plan: Plan, cells: Iterator[WrittenCell], timings: Timings
) -> Iterator[tuple[WrittenCell, ...]]:
    """The engine's cells, one measure of all its parts at a time."""
    in_measure = Counter(measure for _, measure in plan.passage.mask)
    for measure in plan.measures:
        with timings.measure("write"):
            column = tuple(islice(cells, in_measure[measure]))
        if not column:
            return
        yield column


def _finish(document: Document, options: WritingOptions, plan: Plan, written: Written, number: int) -> Take:
    """The written cells as a take, checked."""
    if written.keys() != plan.passage.mask:
        raise EngineError(f"{document.name}: the engine left some of the measures unwritten")
    score = plan.arrange(_with_cells(plan.passage, written))
    if options.chords == "suggest":
        score = with_suggested_chords(score, plan.measures)
    tree = copy.deepcopy(document.tree)
    remarks = graft(tree, document.score, score)
    _require_sound(document, tree)
    return Take(number, options.sampling(number).seed, score, tree, plan.parts, plan.measures, remarks)


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
        raise EngineError(f"{document.name}: what was written is not sound: {ours[0]}", hint)
