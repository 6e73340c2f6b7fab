"""What the worker has written, as messages to the desk: every format made here, where the score is at hand."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.jobs.messages import Made, Wrote
from bridge.notation.clefs import SETTLED
from bridge.output import MIDI_SUFFIXES, encode
from bridge.results.excerpt import excerpt
from bridge.results.write_list import write_list
from bridge.selection import describe_measures
from engine.exact import Fraction
from engine.score import Score

if TYPE_CHECKING:
    from bridge.service import Performance, Progress, Take

_LEVEL = 3  # of zlib: MusicXML shrinks to a fifteenth in a few milliseconds


def wrote(job: str, performance: Performance, progress: Progress) -> Wrote:
    """A measure as it stands before the whole take is put into the score."""
    score, first = _alone(performance.plan.passage.score, progress)
    parts, measures = sorted(cell.part for cell in progress.cells), (progress.measure - first,)
    return Wrote(
        job,
        progress.take,
        progress.measure,
        progress.number,
        progress.done,
        _packed(excerpt(score, parts, measures, first)),
        _packed(write_list(score, parts, measures, first).model_dump_json().encode()),
    )


def made(job: str, performance: Performance, take: Take) -> Made:
    """A take in every format that is handed out."""
    document, score, measures = performance.document, take.score, take.measures
    suffix = ".mxl" if document.source.kind == "mxl" else ".musicxml"
    parts = _written_parts(performance, take)
    files = {
        "score": encode(document, take, suffix),
        "midi": encode(document, take, MIDI_SUFFIXES[0]),
        "measures": excerpt(score, parts, measures),
        "events": write_list(score, parts, measures).model_dump_json().encode(),
    }
    return Made(
        job,
        take.number,
        take.seed,
        performance.options.engine,
        score.title,
        take.parts,
        describe_measures([score.measures[index] for index in measures]),
        (*document.remarks, *take.remarks),
        suffix,
        {name: _packed(data) for name, data in files.items()},
    )


def _written_parts(performance: Performance, take: Take) -> tuple[int, ...]:
    """Indices, in the take's score, of the parts that were to be written, also where they hold what they held.

    Others count where they changed: one that a new voice has joined, and all in a score that has become longer.
    """
    passage = performance.plan.passage
    masked = {passage.score.parts[part].id for part, _ in passage.mask}
    before = {part.id: part.cells for part in performance.document.score.parts}
    return tuple(
        index
        for index, part in enumerate(take.score.parts)
        if part.id in masked or part.cells != before.get(part.id)
    )


def _alone(score: Score, progress: Progress) -> tuple[Score, int]:
    """Those cells with silence around them, as much of it as notation looks at, and the index of its first measure.

    So a measure takes no longer to lay out in a long score than in a short one.
    """
    first, end, silence = max(progress.measure - 1, 0), progress.measure + 1, Fraction(0)
    while end < len(score.measures) and silence < SETTLED:
        silence += score.measures[end].duration
        end += 1
    parts = tuple(replace(part, cells=((),) * (end - first)) for part in score.parts)
    silent = replace(score, measures=score.measures[first:end], parts=parts)
    return silent.with_cells(
        {(cell.part, cell.measure - first): cell.notes for cell in progress.cells}
    ), first


def _packed(data: bytes) -> bytes:
    return zlib.compress(data, _LEVEL)
