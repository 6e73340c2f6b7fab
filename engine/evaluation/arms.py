"""Who writes the missing parts: the composer, an engine, and three writers that a good one must leave behind.

Each gives one line for each written part of an excerpt. The composer's own lines, moved by a semitone or a
tone against what is given, serve as a check that the judges listen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from engine.encoding import M_KEY, M_UNIT
from engine.evaluation.arranger import block_chords
from engine.evaluation.pieces import Line, Piece, line_of, shifted
from engine.evaluation.scenarios import (
    MEASURES,
    Excerpt,
    Random,
    Scenario,
    heads_of,
    instruments_of,
    score_of,
    whole_measures,
)
from engine.interface import Controls, Engine, Sampling, Stream
from engine.score import Cell
from engine.training.works import Work

HUMAN, ENGINE, COPY, RETRIEVAL, BLOCKS = "human", "engine", "copy", "retrieval", "block chords"
ARMS = (HUMAN, ENGINE, COPY, RETRIEVAL, BLOCKS)
SEMITONE, TONE = "human, a semitone off", "human, a tone off"
CHECKS = {SEMITONE: 1, TONE: 2}  # semitones

Progress = Callable[[int, int], None]  # excerpts done, in all
Lines = tuple[Line, ...]

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


class Shelf:
    """The works of the training split from which parts are taken for a scenario."""

    def __init__(self, works: Sequence[Work], scenario: Scenario) -> None:
        self.works = [w for w in works if w.style == scenario.style]

    def retrieved(self, excerpt: Excerpt, rng: Random) -> Lines | None:
        """The same parts of another work, anywhere in it where the metre is the same, moved into the key.

        None where no work fits.
        """
        for index in rng.permutation(len(self.works)):
            work = self.works[index]
            parts = _like(excerpt, instruments_of(work.score))
            if parts and work.id != excerpt.work.id and (found := _places(work, parts, excerpt)):
                start = found[int(rng.integers(len(found)))]
                score = score_of(work.score, start, start + MEASURES)
                up = semitones(int(work.score.measures[start, M_KEY]), excerpt.measures[0].key.fifths)
                lines = [line_of(score.parts[p].cells, score.measures) for p in parts]
                return tuple(line + np.array([0, 0, up]) for line in lines)
        return None


def _like(excerpt: Excerpt, instruments: Sequence[str]) -> list[int]:
    """For each written part the one of the same instrument, the second violin for a second one; else nothing."""
    own = [part.instrument for part in excerpt.score.parts]
    wanted = [(own[p], own[:p].count(own[p])) for p in excerpt.written]
    places = [[i for i, name in enumerate(instruments) if name == wish] for wish, _ in wanted]
    fits = all(len(found) > nth for found, (_, nth) in zip(places, wanted, strict=True))
    return [found[nth] for found, (_, nth) in zip(places, wanted, strict=True)] if fits else []


def _places(work: Work, parts: Sequence[int], excerpt: Excerpt) -> list[int]:
    """Measures at which eight of the excerpt's metres begin, in half of which those parts play."""
    wanted = excerpt.work.score.measures[excerpt.begin + excerpt.first :][:MEASURES, : M_UNIT + 1]
    metres, whole = work.score.measures[:, : M_UNIT + 1], whole_measures(work.score)
    plays = heads_of(work.score)[:, list(parts)] > 0
    return [
        m
        for m in range(len(metres) - MEASURES + 1)
        if whole[m : m + MEASURES].all()
        and (metres[m : m + MEASURES] == wanted).all()
        and (plays[m : m + MEASURES].sum(0) >= MEASURES // 2).all()
    ]


def semitones(of: int, to: int) -> int:
    """The smaller way, in semitones, from one signature (fifths) to another."""
    return (7 * (to - of) + 5) % 12 - 5


def written_by(
    engine: Engine, excerpts: Sequence[Excerpt], sampling: Sampling, progress: Progress
) -> list[Lines]:
    """What an engine writes, many excerpts at once, each with a seed of its own; raises what ends a stream."""
    waiting = deque(enumerate(excerpts))
    running: dict[int, Stream] = {}
    cells: list[dict[tuple[int, int], Cell]] = [{} for _ in excerpts]
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            index, excerpt = waiting.popleft()
            own = replace(sampling, seed=sampling.seed + index)
            running[index] = engine.begin(excerpt.passage, Controls(), own)
        indices = list(running)
        for index, outcome in zip(indices, engine.step([running[i] for i in indices]), strict=True):
            if isinstance(outcome, Exception):
                raise outcome
            cells[index] |= {(cell.part, cell.measure): cell.notes for cell in outcome}
            if running[index].done or _complete(excerpts[index], cells[index]):
                del running[index]  # what lies behind the judged measures need not be written
                progress(len(excerpts) - len(waiting) - len(running), len(excerpts))
    return [_lines(excerpt, own) for excerpt, own in zip(excerpts, cells, strict=True)]


def _complete(excerpt: Excerpt, cells: dict[tuple[int, int], Cell]) -> bool:
    return all((p, excerpt.last - 1) in cells for p in excerpt.written)


def _lines(excerpt: Excerpt, cells: dict[tuple[int, int], Cell]) -> Lines:
    judged = range(excerpt.first, excerpt.last)
    return tuple(line_of([cells[p, m] for m in judged], excerpt.measures) for p in excerpt.written)


def pieces_of(
    engine: Engine,
    excerpts: Sequence[Excerpt],
    retrieved: Sequence[Lines],
    sampling: Sampling,
    progress: Progress,
) -> dict[str, list[Piece]]:
    """What each arm makes of each excerpt, the two checks included."""
    lines = {
        HUMAN: [human(e) for e in excerpts],
        ENGINE: written_by(engine, excerpts, sampling, progress),
        COPY: [copied(e) for e in excerpts],
        RETRIEVAL: retrieved,
        BLOCKS: [block_chords(e) for e in excerpts],
    }
    pieces = {
        arm: [e.piece(w) for e, w in zip(excerpts, written, strict=True)] for arm, written in lines.items()
    }
    return pieces | {check: [shifted(p, by) for p in pieces[HUMAN]] for check, by in CHECKS.items()}
