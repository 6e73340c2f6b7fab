"""What each task asks of an engine, and what becomes of its answer: accompany, fill, harmonize, continue.

A task is a plan: the passage that the engine gets, in which the cells to be written are masked, and how the
passage, once they are written, becomes the user's score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch

from bridge.choir import closed_score, open_score, require_room, wanted_voices
from bridge.documents.document import Document
from bridge.engines import require_able
from bridge.errors import EmptyScoreError, RequestError, naming
from bridge.new_parts import in_score_order, new_parts
from bridge.options import (
    AccompanyOptions,
    ContinueOptions,
    FillOptions,
    HarmonizeOptions,
    RewritingOptions,
    WritingOptions,
)
from bridge.rewriting import require_rhythm, select_example, target_cell
from bridge.room import require_notes
from bridge.selection import (
    Target,
    name_measures,
    plain_number,
    select_measures,
    select_parts,
    select_targets,
    whole_target,
)
from engine.exact import Fraction
from engine.interface import EngineInfo, Passage
from engine.score import Cell, Measure, Part, Score
from engine.staves import on_staves


@dataclass(frozen=True, slots=True)
class Plan:
    """``arrange`` makes the user's score of the passage's score with its cells written."""

    passage: Passage
    parts: tuple[str, ...]  # names of those that are written
    arrange: Callable[[Score], Score]
    remarks: tuple[str, ...] = ()  # what is not written of it, one line each

    @property
    def measures(self) -> tuple[int, ...]:
        """Indices of the measures that are written, ascending."""
        return tuple(sorted({measure for _, measure in self.passage.mask}))


def planned(options: WritingOptions, document: Document, info: EngineInfo) -> Plan:
    """The plan of a task, which that engine can carry out; raises ``RequestError`` as well where it cannot.

    Its errors name the document; those of what it calls need not.
    """
    with naming(document.name):
        plan = plan_for(options, document)
        require_able(info, plan.passage)
        measures = [plan.passage.score.measures[index] for index in plan.measures]
        return replace(plan, remarks=require_notes(measures, options.controls))


@singledispatch
def plan_for(options: WritingOptions, document: Document) -> Plan:
    """The plan of a task for a document that has measures.

    Raises ``RequestError`` for what the score does not have or what may not be done, ``EmptyScoreError`` where
    there is nothing to go by.
    """
    raise TypeError(f"there is no task for {type(options).__name__}")


@plan_for.register
def _accompany(options: AccompanyOptions, document: Document) -> Plan:
    """New parts, existing ones that are silent there, or both."""
    score = document.score
    measures = select_measures(options.measures, score.measures)
    targets = select_targets(options.into, score.parts)
    if not options.replace:
        _require_silence(document, targets, measures)
    _require_places(options, document, targets, measures)
    new = new_parts(score, options.instruments, _ids(document))
    plan = _plan(document, options, targets, new, measures)
    plan = _like(plan, document, options.like)

    def arrange(written: Score) -> Score:
        whole = plan.arrange(written)
        parts = iter(whole.parts[len(score.parts) :])
        groups = [[next(parts) for _ in group] for group in options.groups]
        return replace(whole, parts=in_score_order(whole.parts[: len(score.parts)], groups))

    return replace(plan, arrange=arrange)


@plan_for.register
def _fill(options: FillOptions, document: Document) -> Plan:
    """Existing parts, whatever they hold."""
    score = document.score
    measures = select_measures(options.measures, score.measures)
    targets = select_targets(options.into or options.part, score.parts)
    if not targets:
        pitched = (index for index, part in enumerate(score.parts) if part.pitched)
        targets = tuple(whole_target(index, score.parts) for index in pitched)
    _require_places(options, document, targets, measures)
    listening = options if options.into else options.model_copy(update={"part": ()})
    return _like(_plan(document, listening, targets, (), measures), document, options.like)


@plan_for.register
def _harmonize(options: HarmonizeOptions, document: Document) -> Plan:
    """Voices of a choir around a given one."""
    score = document.score
    measures = select_measures(options.measures, score.measures)
    given = select_parts(options.part, score.parts) or _first_with_notes(score, measures)
    if not given:
        place = name_measures([score.measures[index] for index in measures])
        hint = "Add a melody, or choose other measures with --measures."
        raise EmptyScoreError(f"no part has notes to harmonize in {place}", hint)
    if len(given) != 1:
        listed = ", ".join(
            f"{index + 1} {score.parts[index].name or score.parts[index].id}" for index in given
        )
        raise RequestError(
            f"{len(given)} parts are to be harmonized: {listed}",
            "Give the number of the one voice with --part.",
        )
    voices = wanted_voices(score.parts[given[0]], options.add)
    new = new_parts(score, voices, _ids(document))
    if options.staves == 2:
        _require_measures(document, given, measures)
        require_room(score.parts[given[0]], measures, new)
    plan = _plan(document, options, (), new, measures)
    plan = replace(plan, passage=replace(plan.passage, choir=frozenset(given)))

    def arrange(written: Score) -> Score:
        whole = plan.arrange(written)
        staves = closed_score if options.staves == 2 else open_score
        return staves(whole, given[0], whole.parts[len(score.parts) :])

    return replace(plan, arrange=arrange)


@plan_for.register
def _continue(options: ContinueOptions, document: Document) -> Plan:
    """All parts, in measures that are not there yet."""
    score = document.score
    longer = _extended(score, options.count)
    new = range(len(score.measures), len(longer.measures))
    sounding = (index for index, part in enumerate(score.parts) if part.pitched and any(part.cells))
    targets = [whole_target(index, score.parts, _unheard_at_end(document, index)) for index in sounding]
    if not targets:
        raise EmptyScoreError("no part has notes to go on from", "Add a melody first.")
    return _like(_plan(document, options, targets, (), tuple(new), longer), document, options.like)


def _plan(
    document: Document,
    options: WritingOptions,
    targets: Sequence[Target],
    new: Sequence[Part],
    measures: Sequence[int],
    score: Score | None = None,
) -> Plan:
    """Write those measures of the targets and of the new parts, which stand at the end of the score."""
    score = score or document.score
    whole = replace(score, parts=(*score.parts, *new))
    written = [target.part for target in targets] + list(range(len(score.parts), len(whole.parts)))
    mask = frozenset((part, measure) for part in written for measure in measures)
    listen = select_parts(options.part, score.parts)
    staves = {target.part: target.staves for target in targets if target.staves}
    heard = _without_chords(whole) if options.chords == "ignore" else whole
    passage = Passage(heard, mask, frozenset(listen), staves)
    vary = options.controls.vary
    _require_music(document, passage, listen or range(len(score.parts)), vary is not None and vary < 1)
    names = tuple(whole.parts[index].name or whole.parts[index].id for index in written)
    return Plan(passage, names, lambda done: replace(done, measures=whole.measures))


def _like(plan: Plan, document: Document, text: str) -> Plan:
    """The plan with the measures that ``text`` names as its example."""
    example = select_example(text, document.score, plan.passage)
    return replace(plan, passage=replace(plan.passage, like=example))


def _require_places(
    options: RewritingOptions, document: Document, targets: Sequence[Target], measures: Sequence[int]
) -> None:
    """Measures to write in, without unheard notes; where a rhythm is kept only those that have one to keep."""
    _require_heard(document, targets, measures)
    if options.rhythm == "keep":
        require_rhythm(options, document.score, targets, measures)
    else:
        _require_measures(document, [target.part for target in targets], measures)


def _require_measures(document: Document, parts: Iterable[int], measures: Sequence[int]) -> None:
    """Not every part has every measure."""
    score = document.score
    for index in parts:
        missing = [score.measures[measure] for measure in measures if measure not in document.extents[index]]
        if missing:
            part = score.parts[index]
            reason = f"{part.name or part.id} has no {name_measures(missing)}"
            raise RequestError(reason, "Choose measures that it has with --measures.")


def _require_heard(document: Document, targets: Iterable[Target], measures: Sequence[int]) -> None:
    """What the score leaves out is not written over, and no staff of tablature is left with what was played before."""
    for target in targets:
        part = document.score.parts[target.part]
        staves = target.staves_of(part)
        unheard = {index: said.unheard for index, said in document.as_read(target.part).items()}
        there = _with_any(measures, staves, unheard)
        if there:
            label = part.name or part.id
            place = name_measures([document.score.measures[index] for index in there])
            among = set().union(*(unheard[index] for index in there))
            free = [staff for staff in staves if staff not in among]
            other = f'Write on one staff with --into "{label}:{free[0]}", or choose' if free else "Choose"
            reason = f"{label} has tablature or percussion in {place}"
            raise RequestError(reason, f"{other} other measures with --measures.")


def _with_any(measures: Sequence[int], staves: Sequence[int], found: Mapping[int, set[int]]) -> list[int]:
    """Those of the measures in which something is ``found`` on one of the staves."""
    return [index for index in measures if not found.get(index, set()).isdisjoint(staves)]


def _unheard_at_end(document: Document, part: int) -> set[int]:
    """The staves of tablature or percussion in the last measure that a part has."""
    read = document.as_read(part)
    return read[max(read)].unheard


def _require_silence(document: Document, targets: Iterable[Target], measures: Sequence[int]) -> None:
    """Nobody's notes are lost unasked, nor the cue notes where a part rests."""
    score = document.score
    for target in targets:
        part = score.parts[target.part]
        full = [index for index in measures if target_cell(score, target, index)]
        cues = {index: said.cued for index, said in document.as_read(target.part).items()}
        cued = _with_any(measures, target.staves_of(part), cues)
        if full or cued:
            place = name_measures([score.measures[index] for index in full or cued])
            reason = f"{part.name or part.id} holds {'notes' if full else 'cue notes'} in {place}"
            raise RequestError(reason, "Choose other measures with --measures, or use --replace.")


def _require_music(document: Document, passage: Passage, listen: Sequence[int], some_stay: bool) -> None:
    """There must be notes that stay, or at least chord symbols, to go by; ``some_stay`` of what is written anew too."""
    score = passage.score
    parts = [score.parts[index] for index in listen]
    if any(_stays(passage, part, m) for part in listen for m in range(len(score.measures))):
        return
    if any(measure.chords for measure in score.measures):
        return
    names = f" in {', '.join(part.name or part.id for part in parts)}" if parts else ""
    if any(part.pitched and any(part.cells) for part in parts):
        if some_stay:
            return
        reason = f"all notes{names} are to be written anew, so none are left to listen to"
        hint = "Choose fewer measures with --measures, or keep some of the notes with --vary."
        raise EmptyScoreError(reason, hint)
    what = "no notes" if any(part.pitched for part in parts) or not parts else "only percussion or tablature"
    hint = "Add a melody, or chord symbols, for the new part to follow."
    raise EmptyScoreError(f"{what} to listen to{names}", hint)


def _stays(passage: Passage, part: int, measure: int) -> Cell:
    """The notes of a cell that the engine can go by."""
    cell = passage.score.parts[part].cells[measure] if passage.score.parts[part].pitched else ()
    if (part, measure) not in passage.mask:
        return cell
    return on_staves(cell, passage.staves_of(part), wanted=False)


def _ids(document: Document) -> frozenset[str]:
    """Every XML id in the document; ids are unique over all kinds of elements."""
    return frozenset(str(id_) for id_ in document.tree.xpath("//@id"))


def _without_chords(score: Score) -> Score:
    return replace(score, measures=tuple(replace(measure, chords=()) for measure in score.measures))


def _first_with_notes(score: Score, measures: Iterable[int]) -> tuple[int, ...]:
    chosen = list(measures)
    having = (i for i, part in enumerate(score.parts) if part.pitched and any(part.cells[m] for m in chosen))
    return tuple(having)[:1]


def _extended(score: Score, count: int) -> Score:
    """The score with more measures, all parts silent in them.

    After a last measure that is short because the piece began with a pickup comes first what it lacks.
    """
    last = score.measures[-1]
    plain = replace(
        last,
        chords=(),
        tempos=(),
        implicit=False,
        start_repeat=False,
        end_repeat=False,
        endings=(),
        duration=_full(last),
    )
    numbers = [number for m in score.measures if (number := plain_number(m.number)) is not None]
    number = max(numbers, default=len(score.measures))
    new = [replace(plain, number=str(number + n)) for n in range(1, count + 1)]
    missing = _full(last) - last.duration
    first = score.measures[0]
    if missing > 0 and not last.end_repeat and first.implicit and first.duration == missing:
        new.insert(0, replace(plain, number=f"X{number}", implicit=True, duration=missing))
    silence = ((),) * len(new)
    parts = tuple(replace(part, cells=part.cells + silence) for part in score.parts)
    return replace(score, measures=(*score.measures, *new), parts=parts)


def _full(measure: Measure) -> Fraction:
    return measure.duration if measure.metre.symbol == "senza" else measure.metre.duration
