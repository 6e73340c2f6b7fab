"""Tuplets are complete: each that starts stops in its voice, and what lies between adds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.documents.checker.faults import Fault
from bridge.documents.checker.reading import Note, PartReading
from bridge.documents.checker.values import finest_units, ratio


def tuplet_faults(part: PartReading) -> Iterator[Fault]:
    """Tuplets without start or stop, and those whose notes are no whole group."""
    for measure in part.measures:
        for (label, _), notes in measure.voices.items():
            spans: list[tuple[int, int]] = []
            for message in _incomplete(notes, spans):
                yield part.fault(measure, f"voice {label}: {message}")
            for first, last in _separate(spans):
                if not _adds_up(notes[first : last + 1]):
                    yield part.fault(measure, f"voice {label}: the notes of a tuplet do not add up")


def _incomplete(notes: Sequence[Note], spans: list[tuple[int, int]]) -> Iterator[str]:
    """What is missing; the first and last note of each complete tuplet go into ``spans``."""
    started: dict[str, int] = {}
    for index, note in enumerate(notes):
        for kind, number in _marks(note):
            if kind == "stop" and number in started:
                spans.append((started.pop(number), index))
            elif kind == "stop":
                yield "a tuplet has no start"
            else:
                if number in started:
                    yield "a tuplet has no stop"
                started[number] = index
    yield from ("a tuplet has no stop" for _ in started)


def _marks(note: Note) -> list[tuple[str, str]]:
    """Type and number of the tuplets that start or stop here, starts first."""
    if "notations" not in note.children:
        return []
    found = note.element.iterfind("notations/tuplet")
    return sorted((str(e.get("type")), e.get("number", "1")) for e in found)


def _separate(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Those that are not nested."""
    for i, (first, last) in enumerate(spans):
        others = (span for j, span in enumerate(spans) if j != i)
        if all(last < other[0] or other[1] < first for other in others):
            yield first, last


def _adds_up(notes: Sequence[Note]) -> bool:
    """Whether they last as long as whole groups of the shortest value; mixed ratios are not looked into."""
    timed = [note for note in notes if not note.grace]
    ratios = {ratio(note) for note in timed}
    units = [unit for note in timed for unit in finest_units(note)]
    if len(ratios) != 1 or not units:
        return True
    span = timed[-1].end - timed[0].onset
    return (span / (ratios.pop().numerator * min(units))).denominator == 1
