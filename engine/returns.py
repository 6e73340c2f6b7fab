"""Sections that return: where the given parts have again what they had before, and which measures that was.

A section is a run of measures in which the given parts hold the same notes, under the same chord symbols, metre and
signature, as in a run before. Measures count as they stand in the document: a second ending is not the first one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from engine.chords import chord_spans
from engine.frames import Place, can_be_written
from engine.interface import Controls, Passage
from engine.limits import broken_limits
from engine.score import Cell

FEWEST = 4  # measures with notes that make a section; and so far away at least is the one that it returns to

Run = tuple[range, int]  # measures, and how many measures before each the one stands that it is like


def earlier_of(passage: Passage, controls: Controls) -> dict[Place, int]:
    """For each masked cell that returns, by (part, measure), the measure of its part that is written there again.

    That one is known, or it is masked and returns to none itself. A known one is not written again if it breaks a
    limit of ``controls`` or has what cannot be written, nor is silence where the part was not there yet. Empty
    unless ``controls`` ask for it; what ``rhythm`` and ``vary`` keep of a cell leaves no room for another one.
    """
    if controls.returns == "free" or controls.rhythm == "keep" or controls.vary is not None:
        return {}
    mask, found = passage.mask, dict[Place, int]()
    parts = {part for part, _ in mask}
    known = {place for part in parts for place in _can_be_repeated(passage, controls, part)}
    for measures, back in sorted(_runs(passage), key=lambda run: -len(run[0])):
        for part in parts:
            cells = passage.score.parts[part].cells
            plays = any(cells[m - back] for m in measures if (part, m - back) not in mask)
            sources = mask | known if plays else mask
            here = ((part, m) for m in measures if (part, m) in mask and (part, m - back) in sources)
            found = {place: place[1] - back for place in here} | found
    for part, measure in sorted(found):
        earlier = found[part, measure]
        found[part, measure] = found.get((part, earlier), earlier)
    return found


def _can_be_repeated(passage: Passage, controls: Controls, part: int) -> Iterator[Place]:
    """The known cells of a part that may be written once more."""
    for index, (cell, measure) in enumerate(
        zip(passage.score.parts[part].cells, passage.score.measures, strict=True)
    ):
        fits = can_be_written(cell, measure) and not broken_limits(cell, measure, controls)
        if fits and (part, index) not in passage.mask:
            yield part, index


def _runs(passage: Passage) -> Iterator[Run]:
    """All sections that return, each as long as it goes on."""
    looks, sounding = _looks(passage)
    for back in range(FEWEST, len(looks)):
        same = [m for m in range(back, len(looks)) if looks[m] == looks[m - back]]
        for measures in _in_a_row(same):
            if sum(sounding[m] for m in measures) >= FEWEST:
                yield measures, back


def _looks(passage: Passage) -> tuple[list[int], list[bool]]:
    """A number for each measure, the same for measures alike in all that is given; whether given notes sound there."""
    score, written = passage.score, {part for part, _ in passage.mask}
    given = [
        part.cells
        for index, part in enumerate(score.parts)
        if part.pitched and index not in written and (not passage.listen or index in passage.listen)
    ]
    numbers: dict[object, int] = {}
    looks = []
    for index, (measure, chords) in enumerate(zip(score.measures, chord_spans(score.measures), strict=True)):
        frame = (measure.duration, measure.metre.beats, measure.metre.unit, measure.key.fifths, chords)
        notes = tuple(_sounds(cells[index]) for cells in given)
        looks.append(numbers.setdefault((frame, notes), len(numbers)))
    return looks, [any(cells[index] for cells in given) for index in range(len(score.measures))]


def _sounds(cell: Cell) -> tuple[tuple[object, ...], ...]:
    return tuple(sorted((note.onset, note.duration, note.pitch.midi) for note in cell))


def _in_a_row(numbers: Sequence[int]) -> Iterator[range]:
    """The runs of rising numbers without a gap."""
    for _, pairs in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in pairs]
        yield range(run[0], run[-1] + 1)
