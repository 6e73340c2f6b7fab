"""Score and request in, stream of measures and takes out; what the command line, HTTP and Python stand on."""

from __future__ import annotations

import copy
import difflib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import Any

from bridge.documents.checker import check
from bridge.documents.document import Document
from bridge.documents.graft import add_parts
from bridge.errors import EmptyScoreError, EngineError, RequestError
from bridge.options import AccompanyOptions
from bridge.selection import select_measures, select_parts
from engine.instruments import INSTRUMENTS
from engine.interface import Engine, EngineInfo, Passage, WrittenCell
from engine.registry import available, load_engine
from engine.score import Cell, Part, Score


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
    """One generated answer: the score and the user's document, both with the new parts in them."""

    number: int  # from 1
    seed: int  # that gives this take again, as the only one
    score: Score
    tree: Any  # lxml ElementTree
    parts: tuple[str, ...]  # names of the new parts
    measures: tuple[int, ...]  # indices of the written measures


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


@dataclass(frozen=True, slots=True)
class _Job:
    document: Document
    options: AccompanyOptions
    passage: Passage
    new: range  # indices of the new parts in the passage's score
    measures: tuple[int, ...]


def accompany(
    document: Document, options: AccompanyOptions, engine: Engine, timings: Timings | None = None
) -> Iterator[Progress | Take]:
    """Write new parts over the chosen measures.

    Refuses at once what cannot be done (``RequestError``, ``EmptyScoreError``); the iterator then gives a
    ``Progress`` per finished measure and a ``Take`` at the end of each take, and raises ``EngineError``
    instead of giving a take that is not sound. ``document`` itself is never changed. Without a seed a
    random one is drawn, which the takes report.
    """
    wishes = resolved(options, engine.info)
    return _perform(_plan(document, wishes.seeded()), engine, timings or Timings())


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


def resolved(options: AccompanyOptions, info: EngineInfo) -> AccompanyOptions:
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


def _plan(document: Document, options: AccompanyOptions) -> _Job:
    score, name = document.score, document.name
    if not score.measures:
        raise EmptyScoreError(f"{name}: the score has no measures", "Write some music into it first.")
    measures = select_measures(options.measures, score.measures)
    listen = select_parts(options.part, score.parts)
    _require_music(document, listen or range(len(score.parts)), options)
    heard = score if options.chords == "follow" else _without_chords(score)
    new = range(len(score.parts), len(score.parts) + len(options.instruments))
    extended = replace(heard, parts=score.parts + new_parts(score, options.instruments, _ids(document)))
    mask = frozenset((part, measure) for part in new for measure in measures)
    return _Job(document, options, Passage(extended, mask, frozenset(listen)), new, measures)


def _require_music(document: Document, listen: Sequence[int], options: AccompanyOptions) -> None:
    """There must be notes, or at least chord symbols, to go by."""
    parts = [document.score.parts[index] for index in listen]
    if any(part.pitched and any(part.cells) for part in parts):
        return
    if options.chords == "follow" and any(measure.chords for measure in document.score.measures):
        return
    what = "no notes" if any(part.pitched for part in parts) or not parts else "only percussion or tablature"
    names = f" in {', '.join(part.name or part.id for part in parts)}" if parts else ""
    hint = "Add a melody, or chord symbols, for the new part to follow."
    raise EmptyScoreError(f"{document.name}: {what} to listen to{names}", hint)


def _without_chords(score: Score) -> Score:
    return replace(score, measures=tuple(replace(measure, chords=()) for measure in score.measures))


def _ids(document: Document) -> frozenset[str]:
    """Every XML id in the document; ids are unique over all kinds of elements."""
    return frozenset(str(id_) for id_ in document.tree.xpath("//@id"))


def new_parts(
    score: Score, instruments: Sequence[str], taken: frozenset[str] = frozenset()
) -> tuple[Part, ...]:
    """Empty parts for those instruments, with ids and names that the score does not have yet."""
    used = taken | {part.id for part in score.parts}
    ids = (id_ for id_ in (f"P{n}" for n in count(len(score.parts) + 1)) if id_ not in used)
    names = _names([INSTRUMENTS[name].label for name in instruments], {part.name for part in score.parts})
    silence: tuple[Cell, ...] = ((),) * len(score.measures)
    return tuple(
        _empty_part(next(ids), name, kind, silence) for name, kind in zip(names, instruments, strict=True)
    )


def _empty_part(id_: str, name: str, kind: str, silence: tuple[Cell, ...]) -> Part:
    instrument = INSTRUMENTS[kind]
    return Part(id_, name, kind, instrument.staves, silence, instrument.transposition)


def _names(labels: Sequence[str], existing: set[str]) -> list[str]:
    """Labels, numbered where one would stand twice: Violin 1, Violin 2; Piano 2 beside the user's Piano."""
    wanted, taken, names = Counter(labels), set(existing), []
    for label in labels:
        first = 2 if label in existing else 1
        numbered = (f"{label} {n}" for n in count(first))
        alone = wanted[label] == 1 and label not in existing
        name = label if alone else next(name for name in numbered if name not in taken)
        taken.add(name)
        names.append(name)
    return names


def _perform(job: _Job, engine: Engine, timings: Timings) -> Iterator[Progress | Take]:
    total = job.options.takes * len(job.measures)
    done = 0
    for number in range(1, job.options.takes + 1):
        written: dict[tuple[int, int], Cell] = {}
        for cells in _measures(job, engine, number, timings):
            written.update(((cell.part, cell.measure), cell.notes) for cell in cells)
            done += 1
            measure = cells[0].measure
            printed = job.document.score.measures[measure].number
            yield Progress(number, measure, printed, done, total, cells)
        with timings.measure("notate"):
            take = _finish(job, number, written)
        yield take


def _measures(job: _Job, engine: Engine, take: int, timings: Timings) -> Iterator[tuple[WrittenCell, ...]]:
    """The engine's cells, one measure of all new parts at a time."""
    cells = engine.write(job.passage, job.options.controls, job.options.sampling(take))
    while True:
        with timings.measure("write"):
            measure = tuple(islice(cells, len(job.new)))
        if not measure:
            return
        yield measure


def _finish(job: _Job, number: int, written: dict[tuple[int, int], Cell]) -> Take:
    """The written cells as a take, checked."""
    if written.keys() != job.passage.mask:
        raise EngineError(f"{job.document.name}: the engine left some of the measures unwritten")
    score = _with_cells(job, written)
    tree = copy.deepcopy(job.document.tree)
    parts = [score.parts[index] for index in job.new]
    add_parts(tree, parts, score, after=None)
    _require_sound(job.document, tree)
    seed = job.options.sampling(number).seed
    return Take(number, seed, score, tree, tuple(part.name for part in parts), job.measures)


def _with_cells(job: _Job, written: dict[tuple[int, int], Cell]) -> Score:
    """The user's score with the new parts appended, empty outside the chosen measures."""
    original = job.document.score
    indices = range(len(original.measures))
    parts = (
        replace(job.passage.score.parts[p], cells=tuple(written.get((p, m), ()) for m in indices))
        for p in job.new
    )
    return replace(original, parts=original.parts + tuple(parts))


def _require_sound(document: Document, tree: Any) -> None:
    """Where the user's document was at fault already it may stay so; a fault anywhere else is our own."""
    faults = check(tree)
    if not faults:
        return
    known = {(fault.part, fault.measure) for fault in check(document.tree)}
    ours = [fault for fault in faults if (fault.part, fault.measure) not in known]
    if ours:
        hint = "Nothing was written; please report this with the score and the seed."
        raise EngineError(f"{document.name}: the new part is not sound: {ours[0]}", hint)
