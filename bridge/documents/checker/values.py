"""A note is drawn as what it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from bridge.documents.checker.faults import Fault
from bridge.documents.checker.reading import Measure, Note, PartReading
from bridge.documents.musicxml_notes import VALUES
from bridge.documents.musicxml_values import Fault as Senseless
from bridge.documents.musicxml_values import integer
from engine.exact import Fraction


def value_faults(part: PartReading) -> Iterator[Fault]:
    """Notes whose type, dots and time-modification contradict their duration."""
    for measure in part.measures:
        for note in measure.notes:
            drawn = written_value(note)
            if drawn is None or note.grace or _fills(note, measure) or _agrees(note, drawn):
                continue
            kind = note.children["type"].text
            lasts = f"lasts {note.timing.duration} quarters instead of {drawn}"
            yield part.fault(measure, f"voice {note.label}: a note drawn as {kind} {lasts}")


def written_value(note: Note) -> Fraction | None:
    """What type, dots and time-modification say, in quarters; None without a type."""
    base = _base(note)
    if base is None:
        return None
    value = _value(base, _dots(note))
    return value * ratio(note) if "time-modification" in note.children else value


def finest_units(note: Note) -> list[Fraction]:
    """Written values of which the note is a whole number: of a dotted quarter the eighth; a tuplet's own."""
    base = _base(note)
    normal = note.element.findtext("time-modification/normal-type")
    units = [None if base is None else base / 2 ** _dots(note), VALUES.get((normal or "").strip())]
    return [unit for unit in units if unit is not None]


def _base(note: Note) -> Fraction | None:
    kind = note.children.get("type")
    return None if kind is None else VALUES.get((kind.text or "").strip())


def _dots(note: Note) -> int:
    return min(len(note.element.findall("dot")), 8) if "dot" in note.children else 0


def ratio(note: Note) -> Fraction:
    """Normal over actual notes of the time-modification; 1 without one."""
    modification = note.children.get("time-modification")
    if modification is None:
        return Fraction(1)
    return _ratio(modification.findtext("normal-notes"), modification.findtext("actual-notes"))


@lru_cache(maxsize=256)
def _value(base: Fraction, dots: int) -> Fraction:
    return base * (2 - Fraction(1, 2**dots))


@lru_cache(maxsize=256)
def _ratio(normal: str | None, actual: str | None) -> Fraction:
    try:
        return Fraction(*(integer(text or "1", "a number of notes", 1, 1000) for text in (normal, actual)))
    except Senseless:
        return Fraction(1)


def _fills(note: Note, measure: Measure) -> bool:
    """A rest for the whole measure is drawn as a whole rest, however long."""
    rest = note.children.get("rest")
    if rest is None:
        return False
    alone = note.onset == 0 and note.end == measure.length
    return rest.get("measure") == "yes" or (alone and note.children["type"].text == "whole")


def _agrees(note: Note, drawn: Fraction) -> bool:
    """Equal, or the nearest that the document's divisions can count."""
    if drawn == note.timing.duration:
        return True
    off = abs(drawn - note.timing.duration) * note.divisions
    return off < 1 and (drawn * note.divisions).denominator != 1
