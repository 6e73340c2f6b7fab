"""Sections that return: where the given parts have again what they had before, and which measures that was.

A section is a run of measures in which the given parts hold the same notes, under the same chord symbols, metre and
signature, as in a run before. Measures count as they stand in the document: a second ending is not the first one.

Whoever asks for it has every section of four measures and more alike. Whoever does not gets what composers do: where
two measures or more return in the voice, their pianos mostly have the same notes again, and one player of a quartet
nearly always where the other three return (``benchmarks/controls.py``). The network alone hardly ever does that. What
stands in the document already is then no source: whoever has a few measures written, in some takes, wants new ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from engine.chords import chord_spans
from engine.frames import Place, can_be_written
from engine.interface import Controls, Passage
from engine.limits import broken_limits
from engine.score import Cell

# Measures with notes that make a section; and so far away at least is the one that it returns to.
FEWEST, FEWEST_DRAWN = 4, 2

WITH_ONE, WITH_MORE = 0.75, 0.9  # how often composers' parts return with one given part, and with more

Run = tuple[range, int]  # measures, and how many measures before each the one stands that it is like


def earlier_of(passage: Passage, controls: Controls, seed: int) -> dict[Place, int]:
    """For each masked cell that returns, by (part, measure), the measure of its part that is written there again.

    That one is masked and returns to none itself, or, if ``controls`` ask for all sections, it is known. A known one is
    not written again if it breaks a limit of ``controls`` or has what cannot be written, nor is silence where the part
    was not there yet. ``seed`` draws the sections that nobody asks for. What ``rhythm`` and ``vary`` keep of a cell
    leaves no room for another one: then nothing returns.
    """
    if controls.rhythm == "keep" or controls.vary is not None:
        return {}
    mask, found = passage.mask, dict[Place, int]()
    parts = {part for part, _ in mask}
    if controls.returns == "alike":
        runs = list(sections(passage, FEWEST))
        known = {place for part in parts for place in _can_be_repeated(passage, controls, part)}
    else:
        runs, known = _drawn(passage, seed), set()
    for measures, back in sorted(runs, key=lambda run: -len(run[0])):
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


def _drawn(passage: Passage, seed: int) -> list[Run]:
    """Some of the sections, as many as composers would have return. One draw for all that begin in a measure."""
    chances, given = np.random.default_rng(seed).random(len(passage.score.measures)), _given(passage)
    runs = []
    for measures, back in sections(passage, FEWEST_DRAWN):
        playing = sum(any(cells[m] for m in measures) for cells in given)
        if chances[measures[0]] < (WITH_ONE if playing == 1 else WITH_MORE):
            runs.append((measures, back))
    return runs


def sections(passage: Passage, fewest: int) -> Iterator[Run]:
    """All sections that return with so many measures in which given parts sound, each as long as it goes on."""
    looks, sounding = _looks(passage)
    for back in range(fewest, len(looks)):
        same = [m for m in range(back, len(looks)) if looks[m] == looks[m - back]]
        for measures in _in_a_row(same):
            if sum(sounding[m] for m in measures) >= fewest:
                yield measures, back


def _given(passage: Passage) -> list[tuple[Cell, ...]]:
    """The cells of the parts that are listened to and not written."""
    written = {part for part, _ in passage.mask}
    return [
        part.cells
        for index, part in enumerate(passage.score.parts)
        if part.pitched and index not in written and (not passage.listen or index in passage.listen)
    ]


def _looks(passage: Passage) -> tuple[list[int], list[bool]]:
    """A number for each measure, the same for measures alike in all that is given; whether given notes sound there."""
    score, given = passage.score, _given(passage)
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
