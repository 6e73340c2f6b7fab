"""``<attributes>``: key, metre, clefs and transposition as they are written, and only where they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from bridge.notation.clefs import CLEFS, StaffClefs
from bridge.notation.voices import Event
from bridge.notation.xml import add
from engine.exact import Fraction
from engine.pitch import Interval, Pitch
from engine.score import Key, Metre, Note, Part

ClefChange = tuple[Fraction, int, str]  # when in the measure, staff, name of the clef

_ENHARMONIC = Interval(1, 0)  # a diminished second: the same sound on the next staff step


@dataclass(frozen=True, slots=True)
class State:
    """What holds in one measure of one part. ``clefs`` are by staff.

    ``transposition`` is written to sounding, on the first staff and on those for which ``own`` has no other.
    """

    key: Key  # at concert pitch
    metre: Metre
    transposition: Interval
    clefs: tuple[StaffClefs, ...]
    own: Mapping[int, Interval] = field(default_factory=dict)

    def written(self, note: Note) -> Pitch:
        """The pitch of a note as it is written on its staff."""
        return note.pitch.transposed(-self.own.get(note.staff, self.transposition))

    @property
    def fifths(self) -> int:
        """The key signature as written."""
        return self.key.fifths - self.transposition.fifths


def transposition_in(part: Part, key: Key) -> Interval:
    """The part's transposition, respelled where a key would need more than seven accidentals."""
    moved = part.transposition
    while key.fifths - moved.fifths > 7:
        moved = Interval(moved.diatonic - _ENHARMONIC.diatonic, moved.chromatic)
    while key.fifths - moved.fifths < -7:
        moved = Interval(moved.diatonic + _ENHARMONIC.diatonic, moved.chromatic)
    return moved


def attributes_element(new: State, old: State | None, divisions: int, staves: int) -> etree._Element | None:
    """The ``<attributes>`` that lead from one measure to the next; None when nothing changes."""
    attributes = etree.Element("attributes")
    if old is None:
        add(attributes, "divisions", divisions)
    if old is None or (new.fifths, new.key.mode) != (old.fifths, old.key.mode):
        _add_key(attributes, new.fifths, new.key.mode)
    if old is None or new.metre != old.metre:
        _add_time(attributes, new.metre)
    if old is None and staves > 1:
        add(attributes, "staves", staves)
    for staff, clefs in enumerate(new.clefs):
        if old is None or clefs[0][1] != old.clefs[staff][-1][1]:
            _add_clef(attributes, clefs[0][1], staff + 1, staves)
    if new.transposition != (old.transposition if old else Interval()):
        _add_transpose(attributes, new.transposition)
    return attributes if len(attributes) else None


def later_clefs(state: State) -> list[ClefChange]:
    """The changes of clef after the start of a measure."""
    return [
        (onset, staff, name) for staff, clefs in enumerate(state.clefs, start=1) for onset, name in clefs[1:]
    ]


def clefs_before(event: Event, changes: list[ClefChange], staves: int) -> Iterator[etree._Element]:
    """The ``<attributes>`` to stand before a chord; its clefs are taken out of the ``changes`` that wait."""
    staves_here = {head.note.staff for head in event.heads}
    for change in [c for c in changes if c[0] == event.onset and c[1] in staves_here]:
        changes.remove(change)
        attributes = etree.Element("attributes")
        _add_clef(attributes, change[2], change[1], staves)
        yield attributes


def _add_key(attributes: etree._Element, fifths: int, mode: str) -> None:
    key = add(attributes, "key")
    add(key, "fifths", fifths)
    if mode:
        add(key, "mode", mode)


def _add_time(attributes: etree._Element, metre: Metre) -> None:
    if metre.symbol == "senza":
        add(add(attributes, "time"), "senza-misura")
        return
    time = add(attributes, "time", **({"symbol": metre.symbol} if metre.symbol else {}))
    additive = metre.groups and sum(metre.groups) == metre.beats
    add(time, "beats", "+".join(map(str, metre.groups)) if additive else metre.beats)
    add(time, "beat-type", metre.unit)


def _add_clef(attributes: etree._Element, name: str, staff: int, staves: int) -> None:
    clef = CLEFS[name]
    element = add(attributes, "clef", **({"number": str(staff)} if staves > 1 else {}))
    add(element, "sign", clef.sign)
    add(element, "line", clef.line)
    if clef.octave:
        add(element, "clef-octave-change", clef.octave)


def _add_transpose(attributes: etree._Element, interval: Interval) -> None:
    transpose = add(attributes, "transpose")
    octaves = int(interval.chromatic / 12)  # towards zero, so that diatonic and chromatic keep one sign
    add(transpose, "diatonic", interval.diatonic - 7 * octaves)
    add(transpose, "chromatic", interval.chromatic - 12 * octaves)
    if octaves:
        add(transpose, "octave-change", octaves)
