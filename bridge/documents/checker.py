"""Is a document sound? Asked of results before they are handed out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from lxml import etree

_ROUNDING = Fraction(1, 16)  # quarters by which a document may round the length of a measure
_NO_TIME = Fraction(0)
_NATURALS = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))

Tie = tuple[Fraction, int]  # place in the measure and MIDI key


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong; ``measure`` is as printed, "" where the fault is no single measure's."""

    part: str
    measure: str
    message: str

    def __str__(self) -> str:
        place = f"part {self.part}, measure {self.measure}" if self.measure else f"part {self.part}"
        return f"{place}: {self.message}"


@dataclass(slots=True)
class _Content:
    """What one measure of a part holds; ``length`` is how far its longest voice reaches."""

    number: str
    implicit: bool
    metre: Fraction | None  # None: senza misura, or not said
    length: Fraction = _NO_TIME
    first_voice: str | None = None
    ends: dict[str, Fraction] = field(default_factory=dict)
    tie_starts: set[Tie] = field(default_factory=set)
    tie_stops: set[Tie] = field(default_factory=set)
    tuplets: Counter[tuple[str, str]] = field(default_factory=Counter)  # (voice, number): starts less stops
    faults: list[str] = field(default_factory=list)


def check(tree: etree._ElementTree) -> list[Fault]:
    """Every fault of a score-partwise document: ids, lengths of voices, ties, tuplets, ranges."""
    root = tree.getroot()
    parts = {part.get("id", ""): _read(part) for part in root.iterchildren("part")}
    faults = list(_id_faults(root))
    for id_, measures in parts.items():
        others = [content for other, content in parts.items() if other != id_]
        for index, measure in enumerate(measures):
            lengths = {content[index].length for content in others if index < len(content)}
            messages = [*measure.faults, *_length_faults(measure, lengths)]
            faults += [Fault(id_, measure.number, message) for message in messages]
        faults += [Fault(id_, number, message) for number, message in _tie_faults(measures)]
    return faults


def _id_faults(root: etree._Element) -> Iterator[Fault]:
    for id_, number in Counter(
        str(e.get("id")) for e in root.iter() if e.get("id") and e.tag in _OWNERS
    ).items():
        if number > 1:
            yield Fault(id_, "", "the id is given twice")
    listed = {e.get("id", "") for e in root.iterfind("part-list/score-part")}
    written = {e.get("id", "") for e in root.iterchildren("part")}
    for id_ in sorted(listed ^ written):
        yield Fault(id_, "", "listed but not written" if id_ in listed else "written but not listed")


# The other ids of a part-list and of <part> itself refer to these.
_OWNERS = ("score-part", "score-instrument", "measure", "note")


def _read(part: etree._Element) -> list[_Content]:
    divisions, metre = Fraction(1), None
    result = []
    for measure in part.iterchildren("measure"):
        attributes = measure.find("attributes")
        if attributes is not None:
            divisions = Fraction(attributes.findtext("divisions") or divisions)
            metre = _metre(attributes, metre)
        content = _Content(measure.get("number", ""), measure.get("implicit") == "yes", metre)
        _read_measure(measure, divisions, content)
        result.append(content)
    return result


def _metre(attributes: etree._Element, before: Fraction | None) -> Fraction | None:
    time = attributes.find("time")
    if time is None:
        return before
    if time.find("senza-misura") is not None:
        return None
    pairs = zip(time.findall("beats"), time.findall("beat-type"), strict=False)
    return sum(
        (Fraction(4 * sum(map(int, (b.text or "0").split("+"))), int(u.text or 4)) for b, u in pairs),
        _NO_TIME,
    )


def _read_measure(measure: etree._Element, divisions: Fraction, content: _Content) -> None:
    at = onset = _NO_TIME
    for element in measure:
        if element.tag == "attributes":
            divisions = Fraction(element.findtext("divisions") or divisions)
        if element.tag not in ("note", "backup", "forward") or element.find("grace") is not None:
            continue
        length = Fraction(element.findtext("duration") or 0) / divisions
        if element.tag == "backup":
            at -= length
        elif element.find("chord") is None:
            onset, at = at, at + length
        if element.tag == "note":
            _read_note(element, onset, length, content)


def _read_note(note: etree._Element, onset: Fraction, length: Fraction, content: _Content) -> None:
    voice = note.findtext("voice") or "1"
    content.first_voice = content.first_voice or voice
    if onset < content.ends.get(voice, _NO_TIME) - _ROUNDING and note.find("chord") is None:
        content.faults.append(f"voice {voice} overlaps itself")
    if length <= 0:
        content.faults.append(f"voice {voice} has a note without length")
    content.ends[voice] = max(content.ends.get(voice, _NO_TIME), onset + length)
    content.length = max(content.length, onset + length)
    for tuplet in note.iterfind("notations/tuplet"):
        key = (voice, tuplet.get("number", "1"))
        content.tuplets[key] += 1 if tuplet.get("type") == "start" else -1
    if note.find("pitch") is not None:
        _read_pitch(note, onset, length, content)


def _read_pitch(note: etree._Element, onset: Fraction, length: Fraction, content: _Content) -> None:
    step, octave = note.findtext("pitch/step") or "C", int(note.findtext("pitch/octave") or 4)
    key = 12 * (octave + 1) + _NATURALS[step] + round(float(note.findtext("pitch/alter") or 0))
    if not 0 <= key <= 127:
        content.faults.append(f"{step}{octave} is beyond every instrument")
    for tie in note.iterfind("tie"):
        if tie.get("type") == "start":
            content.tie_starts.add((onset + length, key))
        else:
            content.tie_stops.add((onset, key))


def _length_faults(measure: _Content, others: set[Fraction]) -> Iterator[str]:
    """A measure is as long as its metre or as another part says; the first voice fills it."""
    if measure.length == 0:
        return
    allowed = others if measure.metre is None else others | {measure.metre}
    if measure.implicit or measure.metre is None:
        allowed = allowed | {min(measure.length, measure.metre or measure.length)}
    if all(abs(measure.length - length) >= _ROUNDING for length in allowed):
        yield f"{measure.length} quarters instead of {' or '.join(map(str, sorted(allowed)))}"
    if measure.first_voice and abs(measure.ends[measure.first_voice] - measure.length) >= _ROUNDING:
        yield f"voice {measure.first_voice} is not complete"
    for (voice, _), balance in measure.tuplets.items():
        if balance:
            yield f"voice {voice} has a tuplet that is not complete"


def _tie_faults(measures: list[_Content]) -> Iterator[tuple[str, str]]:
    """Every tie ends at a note of its pitch, at once or across the bar line, and begins at one."""
    carried: set[int] = set()
    before = ""
    for measure in measures:
        starts = measure.tie_starts | {(_NO_TIME, key) for key in carried}
        across = {(end, key) for end, key in starts if end == measure.length and end > 0}
        arriving = {(_NO_TIME, key) for key in carried} - measure.tie_stops
        if arriving:
            yield before, "a tie across the bar line leads to no note"
        if starts - across - arriving - measure.tie_stops:
            yield measure.number, "a tie leads to no note"
        if measure.tie_stops - starts:
            yield measure.number, "a tie comes from no note"
        carried, before = {key for _, key in across}, measure.number
    if carried:
        yield before, "a tie leads beyond the end"
