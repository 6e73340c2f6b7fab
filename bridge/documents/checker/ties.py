"""Ties meet: each leads from a note to a note of its pitch that begins where it ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.documents.checker.faults import Fault
from bridge.documents.checker.reading import Measure, Note, PartReading
from engine.exact import Fraction

Place = tuple[Fraction, int | str]  # time from the start of the part, and what sounds
Head = tuple[Measure, Note]

_DRAWN = {"start": ("start",), "stop": ("stop",), "continue": ("stop", "start")}


@dataclass(slots=True)
class _Ends:
    """Where notes begin, or where they end: all of them, and those with a tie there."""

    heads: dict[Place, Head] = field(default_factory=dict)
    tied: dict[Place, list[Head]] = field(default_factory=lambda: defaultdict(list))

    def add(self, place: Place, head: Head, tied: bool) -> None:
        self.heads[place] = head
        if tied:
            self.tied[place].append(head)


def tie_faults(part: PartReading) -> Iterator[Fault]:
    """Ties to or from nothing, where no repeat or ending explains it, and ties that are not drawn."""
    onsets, ends = _Ends(), _Ends()
    start = Fraction(0)
    for measure in part.measures:
        for note in measure.notes:
            if (sound := _sound(note)) is None:
                continue
            ties, drawn = _ties(note)
            if ties != drawn and "cue" not in note.children:  # a cue note may have no <tie>
                what = "tied but not drawn so" if ties - drawn else "drawn as tied but is not"
                yield part.fault(measure, f"voice {note.label}: {_name(note)} is {what}")
            marks = ties or drawn
            onsets.add((start + note.onset, sound), (measure, note), "stop" in marks)
            ends.add((start + note.end, sound), (measure, note), "start" in marks)
        start += measure.length
    yield from _unmet(part, ends, onsets)
    yield from _unmet(part, onsets, ends)


def _unmet(part: PartReading, here: _Ends, there: _Ends) -> Iterator[Fault]:
    """Ties from here to there, in either direction, that lack their other side."""
    for place, heads in here.tied.items():
        for measure, note in heads[len(there.tied.get(place, ())) :]:
            if _may_jump(measure, note):
                continue
            if place in there.heads:  # the note is there, its tie is not
                measure, note = there.heads[place]
                yield part.fault(measure, f"voice {note.label}: {_name(note)} lacks one side of a tie")
            else:
                yield part.fault(measure, f"voice {note.label}: a tie of {_name(note)} meets no other note")


def _may_jump(measure: Measure, note: Note) -> bool:
    """At a repeat or an ending a tie may come from far away, or lead there."""
    return (measure.closes and note.end == measure.length) or (measure.opens and note.onset == 0)


def _ties(note: Note) -> tuple[set[str], set[str]]:
    """What ``<tie>`` says and what ``<tied>`` draws: start, stop, both or nothing."""
    ties = {str(e.get("type")) for e in note.element.iterfind("tie")} if "tie" in note.children else set()
    if "notations" not in note.children:
        return ties, set()
    tied = note.element.iterfind("notations/tied")
    return ties, {kind for element in tied for kind in _DRAWN.get(str(element.get("type")), ())}


def _sound(note: Note) -> int | str | None:
    if note.pitch is not None:
        return note.pitch.midi
    unpitched = note.children.get("unpitched")
    return None if unpitched is None else "".join(e.text or "" for e in unpitched)


def _name(note: Note) -> str:
    return str(note.pitch) if note.pitch is not None else "a note"
