"""One walk over each part: every note with its place in time; what cannot be placed is a fault at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field

from lxml import etree

from bridge.documents.checker.faults import Fault, Severity
from bridge.documents.musicxml_attributes import Attributes
from bridge.documents.musicxml_header import instrument_of, part_name
from bridge.documents.musicxml_notes import Children, Timing, pitch_of, staff_of, timing_of
from bridge.documents.musicxml_values import Fault as Senseless
from bridge.documents.musicxml_values import decimal
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import PLAIN, Metre

_NO_TIME = Fraction(0)
_MOST = 0.75  # share of the measures
_GRACE = Timing(_NO_TIME, _NO_TIME, PLAIN)

Voice = tuple[str, int]  # the document's label, and the staff on which it is at home


@dataclass(slots=True)
class Note:
    """A ``<note>``, its elements by tag, and where it stands in its measure; grace notes last no time."""

    element: etree._Element
    children: Children
    label: str
    staff: int
    onset: Fraction
    end: Fraction
    timing: Timing
    divisions: Fraction
    pitch: Pitch | None  # sounding; None for rests and unpitched notes
    voice: Voice = ("", 0)  # known when the whole part is read

    @property
    def grace(self) -> bool:
        return "grace" in self.children

    @property
    def in_chord(self) -> bool:
        return "chord" in self.children


@dataclass(slots=True)
class Measure:
    """One measure of a part. ``opens`` and ``closes`` say that a repeat, an ending or a section does."""

    number: str
    index: int  # in its part
    implicit: bool
    metre: Metre | None = None
    notes: list[Note] = field(default_factory=list)
    length: Fraction = _NO_TIME  # to the end of its last note
    opens: bool = False
    closes: bool = False
    skipped: dict[str, Fraction] = field(default_factory=dict)  # label -> how far its forwards reach
    messages: list[str] = field(default_factory=list)  # of what could not be read
    # Its notes by voice, in the order of the document, of a chord the first only; known with the notes' voices.
    voices: dict[Voice, list[Note]] = field(default_factory=dict)


@dataclass(slots=True)
class PartReading:
    """A part as the document has it."""

    id: str
    name: str
    instrument: str
    staves: int
    measures: list[Measure]
    main_voices: frozenset[Voice]  # these fill every measure that they are in

    def fault(self, measure: Measure, message: str, severity: Severity = "fault") -> Fault:
        """A fault of that measure."""
        return Fault(self.id, measure.number, message, severity, self.name, measure.index)


def read_part(
    part: etree._Element, listed: etree._Element | None, measures: Container[int] | None = None
) -> PartReading:
    """A ``<part>``, however faulty, with its entry in the part-list.

    ``measures``: indices of those to be read, None for all; of the others only the attributes are.
    """
    walk = _Walk()
    read = [
        walk.read(element, index, measures is None or index in measures)
        for index, element in enumerate(part.iterchildren("measure"))
    ]
    _give_voices(read)
    staves = walk.attributes.staves
    instrument = instrument_of(listed, staves)
    return PartReading(part.get("id", ""), part_name(listed), instrument, staves, read, _main_voices(read))


def reading_faults(part: PartReading) -> Iterator[Fault]:
    """What could not be read."""
    for measure in part.measures:
        for message in measure.messages:
            yield part.fault(measure, message)


def _give_voices(measures: list[Measure]) -> None:
    """A voice is at home on the staff it is mostly on; a label that runs on two at once is two voices."""
    staves: dict[str, Counter[int]] = defaultdict(Counter)
    for measure in measures:
        for note in measure.notes:
            staves[note.label][note.staff] += 1
    split = {label for measure in measures for label in _split_labels(measure)}
    homes = {label: counts.most_common(1)[0][0] for label, counts in staves.items()}
    for measure in measures:
        for note in measure.notes:
            note.voice = (note.label, note.staff if note.label in split else homes[note.label])
            if not note.in_chord:
                measure.voices.setdefault(note.voice, []).append(note)


def _main_voices(measures: list[Measure]) -> frozenset[Voice]:
    """Of each staff the voice that is there most, if it is there in most of the measures that hold anything."""
    present = Counter(voice for measure in measures for voice in measure.voices)
    needed = _MOST * sum(1 for measure in measures if measure.notes)
    mains: dict[int, Voice] = {}
    for voice, count in present.most_common():
        if count >= needed:
            mains.setdefault(voice[1], voice)
    return frozenset(mains.values())


def _split_labels(measure: Measure) -> Iterator[str]:
    reached: dict[str, tuple[Fraction, int]] = {}
    for note in measure.notes:
        end, staff = reached.get(note.label, (_NO_TIME, note.staff))
        if note.onset < end and note.staff != staff and not note.in_chord:
            yield note.label
        reached[note.label] = (max(end, note.end), note.staff)


class _Walk:
    """The cursor and what holds from measure to measure."""

    def __init__(self) -> None:
        self.attributes = Attributes()
        self.measure = Measure("", 0, False)
        self.at = self.drift = _NO_TIME  # the document's counting, and from there to the exact place
        self.onset: Fraction | None = None  # of the last note that a chord may join
        self.handlers: dict[object, Callable[[etree._Element], None]] = {
            "note": self._note,
            "backup": self._backup,
            "forward": self._forward,
            "attributes": self._attributes,
            "barline": self._bar_line,
            "direction": self._require_staff,
            "harmony": self._require_staff,
        }

    def read(self, element: etree._Element, index: int, whole: bool) -> Measure:
        self.measure = Measure(element.get("number", ""), index, element.get("implicit") == "yes")
        self.measure.metre = self.attributes.metre
        self.at = self.drift = _NO_TIME
        self.onset = None
        for child in element if whole else element.iterchildren("attributes"):
            handler = self.handlers.get(child.tag)
            if handler is not None:
                self._try(handler, child)
        return self.measure

    def _try(self, handler: Callable[[etree._Element], None], element: etree._Element) -> None:
        try:
            handler(element)
        except Senseless as fault:
            self.measure.messages.append(str(fault))

    def _attributes(self, element: etree._Element) -> None:
        self.attributes.apply(element)
        if self.at == 0:  # a change further on counts from the next measure
            self.measure.metre = self.attributes.metre

    def _note(self, element: etree._Element) -> None:
        children: Children = {child.tag: child for child in element}
        divisions = self.attributes.divisions
        timing = _GRACE if "grace" in children else timing_of(element, children, divisions)
        onset = self._place(timing, "chord" in children)
        if timing is not _GRACE and timing.duration == 0:
            raise Senseless("a note has no length")
        staff = staff_of(children)
        pitch = children.get("pitch")
        sounding = None if pitch is None else pitch_of(pitch, self.attributes.transposition(staff))[0]
        voice = (element.findtext("voice") or "1").strip()
        end = onset + timing.exact
        note = Note(element, children, voice, staff, onset, end, timing, divisions, sounding)
        self.measure.notes.append(note)
        self.measure.length = max(self.measure.length, end)
        self._require(staff)

    def _place(self, timing: Timing, in_chord: bool) -> Fraction:
        if in_chord:
            if self.onset is None:
                raise Senseless("a note of a chord has no note before it")
            return self.onset
        self.onset = self.at + self.drift if self.drift else self.at
        self.at += timing.duration
        if timing.exact is not timing.duration:
            self.drift += timing.exact - timing.duration
        return self.onset

    def _backup(self, element: etree._Element) -> None:
        self._move(-decimal(element.findtext("duration"), "duration"))

    def _forward(self, element: etree._Element) -> None:
        self._move(decimal(element.findtext("duration"), "duration"))
        if voice := (element.findtext("voice") or "").strip():
            self.measure.skipped[voice] = self.at
        self._require_staff(element)

    def _move(self, by: Fraction) -> None:
        self.at += by / self.attributes.divisions
        self.drift, self.onset = _NO_TIME, None
        if self.at < 0:
            self.at = _NO_TIME
            raise Senseless("a backup goes back before the measure begins")

    def _bar_line(self, element: etree._Element) -> None:
        for mark in element.iterchildren("repeat", "ending"):
            start = mark.get("direction") == "forward" or mark.get("type") == "start"
            self.measure.opens |= start
            self.measure.closes |= not start
        style = (element.findtext("bar-style") or "").strip()
        self.measure.closes |= style in ("light-light", "light-heavy", "heavy-heavy")

    def _require_staff(self, element: etree._Element) -> None:
        self._require(staff_of({child.tag: child for child in element.iterchildren("staff")}))

    def _require(self, staff: int) -> None:
        if staff > (staves := self.attributes.staves):
            raise Senseless(f"staff {staff} of a part with {staves} staff{'s' if staves > 1 else ''}")
