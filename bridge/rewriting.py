"""What can be asked where notes stand that are written anew: a rhythm to keep, measures to be like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bridge.errors import RequestError
from bridge.options import RewritingOptions
from bridge.selection import Target, name_measures, select_measures
from engine.frames import can_be_written
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Passage
from engine.limits import RHYTHMIC, broken_limits
from engine.score import Cell, Score
from engine.staves import on_staves

_NATURAL = (0, 2, 4, 5, 7, 9, 11)  # keys of an octave on a staff step of their own


def select_example(text: str, score: Score, passage: Passage) -> tuple[int, ...]:
    """Indices of the measures that ``text`` names, in whose manner the passage is to be written; none if it is empty.

    Raises ``RequestError`` where they are written anew themselves, or hold no note of a part that is written.
    """
    if not text.strip():
        return ()
    example = select_measures(text, score.measures)
    place = name_measures([score.measures[index] for index in example])
    if {measure for _, measure in passage.mask} & set(example):
        reason = f"{place} would be both the example and written anew"
        raise RequestError(reason, "Choose other measures with --like or --measures.")
    for part in sorted({part for part, _ in passage.mask}):
        staves, cells = passage.staves_of(part), score.parts[part].cells
        if not any(on_staves(cells[measure], staves) for measure in example):
            label = score.parts[part].name or score.parts[part].id
            reason = f"{label} has no notes in {place} to be like"
            raise RequestError(reason, "Name measures with --like in which it plays.")
    return example


def require_rhythm(
    options: RewritingOptions, score: Score, targets: Sequence[Target], measures: Sequence[int]
) -> None:
    """A rhythm that is to be kept must be there, within the limits, and such that other pitches can take it.

    Raises ``RequestError``.
    """
    cells = [(target, index, target_cell(score, target, index)) for target in targets for index in measures]
    if not any(cell for _, _, cell in cells):
        place = name_measures([score.measures[index] for index in measures])
        hint = "Choose other measures with --measures, or leave --rhythm away."
        raise RequestError(f"there are no notes in {place} whose rhythm could be kept", hint)
    for target, index, cell in cells:
        part, measure = score.parts[target.part], score.measures[index]
        broken = [limit for limit in broken_limits(cell, measure, options.controls) if limit in RHYTHMIC]
        place = f"measure {measure.number} of {part.name or part.id}"
        if broken:
            reason = f"breaks the limit {broken[0]}, and its rhythm is to be kept"
            raise RequestError(f"{place} {reason}", f"Leave --{broken[0]} away, or --rhythm.")
        if not can_be_written(cell, measure):
            hint = "Leave it out with --measures, or leave --rhythm away."
            raise RequestError(f"{place} has a rhythm that cannot be written again", hint)
        if _largest_chord(cell) > _room(part.instrument, options.controls):
            reason = "has a chord of more notes than fit between the lowest and the highest key"
            raise RequestError(f"{place} {reason}", "Leave --low and --high away, or --rhythm.")


def target_cell(score: Score, target: Target, measure: int) -> Cell:
    """What stands in a measure on the staves that are to be written on."""
    part = score.parts[target.part]
    return on_staves(part.cells[measure], target.staves_of(part))


def _largest_chord(cell: Cell) -> int:
    return max(Counter((note.onset, note.voice) for note in cell).values(), default=0)


def _room(instrument: str, controls: Controls) -> int:
    """How many notes, a staff step apart at least, fit into the range."""
    low = max(INSTRUMENTS[instrument].low, controls.low or 0)
    high = min(INSTRUMENTS[instrument].high, 127 if controls.high is None else controls.high)
    return max(sum(key % 12 in _NATURAL for key in range(low, high + 1)), int(low <= high))
