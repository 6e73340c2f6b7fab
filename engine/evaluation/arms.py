"""Who writes the missing parts: the composer, an engine, and three writers that a good one must leave behind.

Each gives one line for each written part of an excerpt. The composer's own lines, moved by a semitone or a
tone against what is given, serve as a check that the judges listen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from engine.critic import critic
from engine.critic.material import MEASURES
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
ARMS = (HUMAN, ENGINE, BEST, COPY, RETRIEVAL, BLOCKS)
SEMITONE, TONE = "human, a semitone off", "human, a tone off"
CHECKS = {SEMITONE: 1, TONE: 2}  # semitones

Progress = Callable[[int, int], None]  # excerpts done, in all
Lines = tuple[Line, ...]
Cells = dict[tuple[int, int], WrittenCell]  # by (part, measure)

TAKES = 4  # of which the critic chooses the best
_AT_ONCE = 16  # streams in one step of an engine: more are little faster


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
        while waiting and len(running) < _AT_ONCE:
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


def _takes(
    engine: Engine, excerpts: Sequence[Excerpt], samplings: Sequence[Sampling], progress: Progress
) -> list[list[Cells]]:
    """Four for each excerpt."""
    seeds = [replace(s, seed=s.seed + k * len(excerpts)) for k in range(TAKES) for s in samplings]
    found = cells_of(engine, list(excerpts) * TAKES, seeds, progress)
    return [found[i :: len(excerpts)] for i in range(len(excerpts))]


def merit(excerpt: Excerpt, cells: Cells) -> float:
    """What the critic gives a take, as in the product."""
    pieces = excerpt.piece(lines_of(excerpt, cells)).cut_up(MEASURES)
    return float(critic.shipped().odds(pieces, [nats_a_note(cells.values())] * len(pieces)).mean())


def pieces_of(
    engine: Engine,
    excerpts: Sequence[Excerpt],
    found: Sequence[Lines],
    samplings: Sequence[Sampling],
    progress: Progress,
) -> dict[str, list[Piece]]:
    """What each arm makes of each excerpt, the two checks included; ``found`` is what was retrieved."""
    takes = _takes(engine, excerpts, samplings, progress)
    lines = {
        HUMAN: [human(e) for e in excerpts],
        ENGINE: [lines_of(e, own[0]) for e, own in zip(excerpts, takes, strict=True)],
        BEST: [lines_of(e, max(own, key=partial(merit, e))) for e, own in zip(excerpts, takes, strict=True)],
        COPY: [copied(e) for e in excerpts],
        RETRIEVAL: found,
        BLOCKS: [block_chords(e) for e in excerpts],
    }
    pieces = {
        arm: [e.piece(w) for e, w in zip(excerpts, written, strict=True)] for arm, written in lines.items()
    }
    return pieces | {check: [shifted(p, by) for p in pieces[HUMAN]] for check, by in CHECKS.items()}
