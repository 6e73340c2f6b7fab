"""MusicXML (score-partwise, 1.0 to 4.0) to ``Score``, exactly."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from bridge.documents.midi_instruments import own_program
from bridge.documents.musicxml_header import composer_of, instrument_of, part_name, program_in, title_of
from bridge.documents.musicxml_measures import Column, measures_of
from bridge.documents.musicxml_part import read_part
from bridge.documents.musicxml_reading import PartReading
from bridge.documents.musicxml_voices import cells_of
from bridge.errors import EmptyScoreError
from engine.exact import Fraction
from engine.score import Part, Score


def read_musicxml(root: etree._Element, name: str) -> Score:
    """The score that a ``<score-partwise>`` element holds; ``name`` is the file's, for messages.

    Times are quarters, pitches sound. Grace and cue notes, unpitched notes and all that is only drawn
    are left out; what a listener might miss is counted in ``Score.losses``.

    Raises
    ------
        EmptyScoreError: there is no part or no measure.
        InputError: something in a measure makes no sense; part and measure are named.
    """
    readings = [read_part(part, name) for part in root.iterchildren("part")]
    total = max((len(r.measures) for r in readings), default=0)
    if not total:
        what = "measures" if readings else "parts"
        raise EmptyScoreError(f"{name}: the score has no {what}", "Give a score with at least one measure.")
    extents = extents_of([[m.number for m in r.measures] for r in readings])
    measures = measures_of(_columns(readings, extents, total))
    durations = [m.duration for m in measures]
    listed = {e.get("id"): e for e in root.iterfind("part-list/score-part")}
    parts = tuple(
        _part(reading, extent, durations, listed.get(reading.id))
        for reading, extent in zip(readings, extents, strict=True)
    )
    return Score(measures, parts, title_of(root), composer_of(root), _losses(readings, parts))


def extents_of(parts: Sequence[Sequence[str]]) -> list[range]:
    """Which of the score's measures each part has, by their indices; ``parts`` are the numbers of each one's own."""
    numbers = max(parts, key=len, default=())
    return [extent_of(own, numbers) for own in parts]


def extent_of(own: Sequence[str], numbers: Sequence[str]) -> range:
    """The indices of a part's ``own`` measures: from the first on, unless a shorter part begins at a later number."""
    later = len(own) < len(numbers) and own and own[0] in numbers
    start = min(numbers.index(own[0]), len(numbers) - len(own)) if later else 0
    return range(start, start + len(own))


def _columns(readings: list[PartReading], extents: list[range], total: int) -> list[Column]:
    """Measure by measure, the parts that have it with what they say."""
    columns: list[Column] = [[] for _ in range(total)]
    for reading, extent in zip(readings, extents, strict=True):
        for i, measure in zip(extent, reading.measures, strict=True):
            columns[i].append((reading, measure))
    return columns


def _part(
    reading: PartReading, extent: range, durations: list[Fraction], listed: etree._Element | None
) -> Part:
    cells = cells_of(reading, durations[extent.start : extent.stop])
    instrument = instrument_of(listed, reading.staves)
    return Part(
        id=reading.id,
        name=part_name(listed),
        instrument=instrument,
        staves=reading.staves,
        cells=((),) * extent.start + cells + ((),) * (len(durations) - extent.stop),
        transposition=reading.transposition,
        pitched=reading.pitched,
        program=own_program(program_in(listed), instrument),
    )


def _losses(readings: list[PartReading], parts: tuple[Part, ...]) -> tuple[str, ...]:
    return tuple(
        f"{part.name or part.id}: {count} {what}"
        for reading, part in zip(readings, parts, strict=True)
        for what, count in reading.losses.items()
        if count
    )
