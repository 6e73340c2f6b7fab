"""Beams begin, go on and end, level by level."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.documents.checker.faults import Fault
from bridge.documents.checker.reading import Measure, Note, PartReading, Voice

Beam = tuple[Voice, bool, str]  # voice, of grace notes, level


def beam_faults(part: PartReading) -> Iterator[Fault]:
    """Beams that never end or never began; one may cross a bar line."""
    open_: dict[Beam, Measure] = {}
    for measure in part.measures:
        for note in measure.notes:
            if "beam" in note.children and not note.in_chord:
                yield from _note_faults(part, measure, note, open_)
    for (voice, _, _), measure in open_.items():
        yield part.fault(measure, f"voice {voice[0]}: a beam does not end")


def _note_faults(
    part: PartReading, measure: Measure, note: Note, open_: dict[Beam, Measure]
) -> Iterator[Fault]:
    for element in note.element.iterfind("beam"):
        beam = (note.voice, note.grace, element.get("number", "1"))
        kind = (element.text or "").strip()
        if kind == "begin":
            if beam in open_:
                yield part.fault(open_[beam], f"voice {note.label}: a beam does not end")
            open_[beam] = measure
        elif kind in ("continue", "end"):
            if beam not in open_:
                yield part.fault(measure, f"voice {note.label}: a beam does not begin")
            elif kind == "end":
                del open_[beam]
