"""Who writes the missing parts: the composer, an engine, and three writers that a good one must leave behind.

Each gives one line for each written part of an excerpt, of those excerpts that it can answer. The composer's own
lines, moved by a semitone or a tone against what is given, serve as a check that the judges listen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from engine.abilities import refused_passage, refused_task
from engine.critic import critic
from engine.critic.material import MEASURES
from engine.device import together
from engine.evaluation.arranger import block_chords
from engine.evaluation.pieces import Line, Piece, line_of, shifted
from engine.evaluation.scenarios import Excerpt, Random
from engine.evaluation.shelf import Shelf
from engine.interface import Controls, Engine, Sampling, Stream, WrittenCell, nats_a_note
from engine.score import Cell

HUMAN, ENGINE, BEST, COPY, RETRIEVAL, BLOCKS = (
    "human",
    "engine",
    "best of 4",
    "copy",
    "retrieval",
    "block chords",
)
SEMITONE, TONE = "human, a semitone off", "human, a tone off"
CHECKS = {SEMITONE: 1, TONE: 2}  # semitones
COLUMNS = (HUMAN, ENGINE, BEST, COPY, RETRIEVAL, BLOCKS, *CHECKS)  # and one for each further engine

Progress = Callable[[int, int], None]  # excerpts done, in all
Lines = tuple[Line, ...]
Cells = dict[tuple[int, int], WrittenCell]  # by (part, measure)
Pieces = dict[int, Piece]  # of one arm, by the index of the excerpt

TAKES = 4  # of which the critic chooses the best
_AT_ONCE = 16  # streams in one step of an engine: more are little faster on a processor


def human(excerpt: Excerpt) -> Lines:
    """What the composer wrote."""
    return tuple(line_of(excerpt.cells(p), excerpt.measures) for p in excerpt.written)


def copied(excerpt: Excerpt) -> Lines:
    """For each measure the nearest one outside, of the same length, in which the composer wrote something."""
    outside = [m for m in range(len(excerpt.score.measures)) if not excerpt.first <= m < excerpt.last]

    def nearest(part: int, measure: int) -> Cell:
        cells, measures = excerpt.score.parts[part].cells, excerpt.score.measures
        fitting = [m for m in outside if cells[m] and measures[m].duration == measures[measure].duration]
        return cells[min(fitting, key=lambda m: abs(m - measure))] if fitting else ()

    return tuple(
        line_of([nearest(p, m) for m in range(excerpt.first, excerpt.last)], excerpt.measures)
        for p in excerpt.written
    )


def retrieved(excerpt: Excerpt, shelf: Shelf, rng: Random) -> Lines | None:
    """The same parts of another work; None where no work fits."""
    found = shelf.parts_like(excerpt, excerpt.written, range(excerpt.first, excerpt.last), rng)
    return tuple(line_of(cells, excerpt.measures) for cells in found) if found else None


def seeded(sampling: Sampling, count: int) -> list[Sampling]:
    """That sampling for so many excerpts, each with a seed of its own."""
    return [replace(sampling, seed=sampling.seed + index) for index in range(count)]


def written_by(
    engine: Engine, excerpts: Sequence[Excerpt], samplings: Sequence[Sampling], progress: Progress
) -> list[Lines]:
    """What an engine writes in each excerpt with its sampling; raises what ends a stream."""
    written = cells_of(engine, excerpts, samplings, progress)
    return [lines_of(excerpt, cells) for excerpt, cells in zip(excerpts, written, strict=True)]


def cells_of(
    engine: Engine, excerpts: Sequence[Excerpt], samplings: Sequence[Sampling], progress: Progress
) -> list[Cells]:
    """The same as cells, many excerpts at once; those behind the judged measures may be missing."""
    waiting = deque(enumerate(excerpts))
    running: dict[int, Stream] = {}
    cells: list[Cells] = [{} for _ in excerpts]
    while waiting or running:
        while waiting and len(running) < max(_AT_ONCE, together()):
            index, excerpt = waiting.popleft()
            running[index] = engine.begin(excerpt.passage, Controls(), samplings[index])
        indices = list(running)
        for index, outcome in zip(indices, engine.step([running[i] for i in indices]), strict=True):
            if isinstance(outcome, Exception):
                raise outcome
            cells[index] |= {(cell.part, cell.measure): cell for cell in outcome}
            if running[index].done or _complete(excerpts[index], cells[index]):
                del running[index]  # what lies behind the judged measures need not be written
                progress(len(excerpts) - len(waiting) - len(running), len(excerpts))
    return cells


def _complete(excerpt: Excerpt, cells: Cells) -> bool:
    return all((p, excerpt.last - 1) in cells for p in excerpt.written)


def lines_of(excerpt: Excerpt, cells: Cells) -> Lines:
    """The lines that cells make in the judged measures."""
    judged = range(excerpt.first, excerpt.last)
    return tuple(line_of([cells[p, m].notes for m in judged], excerpt.measures) for p in excerpt.written)


def able(engine: Engine, task: str, excerpts: Sequence[Excerpt]) -> dict[int, Excerpt]:
    """Those excerpts in which the engine can do the task, by what it says of itself; by their index."""
    if refused_task(engine.info, task):
        return {}
    return {i: e for i, e in enumerate(excerpts) if not refused_passage(engine.info, e.passage)}


def _takes(
    engine: Engine,
    excerpts: Mapping[int, Excerpt],
    samplings: Sequence[Sampling],
    count: int,
    progress: Progress,
) -> dict[int, list[Cells]]:
    """So many for each excerpt."""
    n = len(samplings)
    seeds = [replace(samplings[i], seed=samplings[i].seed + k * n) for k in range(count) for i in excerpts]
    found = cells_of(engine, list(excerpts.values()) * count, seeds, progress)
    return {i: found[place :: len(excerpts)] for place, i in enumerate(excerpts)}


def merit(excerpt: Excerpt, cells: Cells) -> float:
    """What the critic gives the judged measures of a take; in the product it gives all that is written."""
    pieces = excerpt.piece(lines_of(excerpt, cells)).cut_up(MEASURES)
    return float(critic.shipped().odds(pieces, [nats_a_note(cells.values())] * len(pieces)).mean())


def pieces_of(
    engines: Mapping[str, Engine],
    task: str,
    excerpts: Sequence[Excerpt],
    found: Sequence[Lines | None],
    samplings: Sequence[Sampling],
    progress: Progress,
) -> dict[str, Pieces]:
    """What each arm makes of the excerpts that it can answer; an arm that can answer none is left out.

    ``engines`` by arm: of the one that is ``ENGINE`` the critic chooses a take too. ``found`` is what was retrieved.
    """
    lines: dict[str, dict[int, Lines | None]] = {HUMAN: dict(enumerate(map(human, excerpts)))}
    for arm, engine in engines.items():
        own = able(engine, task, excerpts)
        takes = _takes(engine, own, samplings, TAKES if arm == ENGINE else 1, progress)
        lines[arm] = {i: lines_of(e, takes[i][0]) for i, e in own.items()}
        if arm == ENGINE:
            lines[BEST] = {i: lines_of(e, max(takes[i], key=partial(merit, e))) for i, e in own.items()}
    lines[COPY] = dict(enumerate(map(copied, excerpts)))
    lines[RETRIEVAL] = dict(enumerate(found))
    lines[BLOCKS] = {i: block_chords(e) for i, e in enumerate(excerpts) if e.given}
    pieces = {
        arm: {i: excerpts[i].piece(own) for i, own in written.items() if own}
        for arm, written in lines.items()
    }
    return {arm: own for arm, own in pieces.items() if own}


def checks_of(human: Pieces) -> dict[str, Pieces]:
    """The composer's pieces with the written parts moved."""
    return {check: {i: shifted(piece, by) for i, piece in human.items()} for check, by in CHECKS.items()}
