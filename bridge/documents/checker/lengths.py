"""Measures are as long as their metre says or voices agree, and no voice overlaps itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bridge.documents.checker.faults import Fault
from bridge.documents.checker.reading import Measure, Note, PartReading
from engine.exact import Fraction

_ROUNDING = Fraction(1, 16)  # quarters by which a document may round the length of a measure


@dataclass(frozen=True, slots=True)
class _Voice:
    """A voice in one measure. Only ``main`` voices must fill the measure.

    ``end`` is where its last note or forward ends, ``sounding`` where its last note does.
    """

    part: PartReading
    index: int  # of the measure
    label: str
    main: bool
    end: Fraction
    sounding: Fraction

    @property
    def measure(self) -> Measure:
        return self.part.measures[self.index]


def length_faults(parts: Sequence[PartReading]) -> Iterator[Fault]:
    """Voices that are shorter or longer than their measure, and parts of other measures than the rest."""
    longest = max((len(part.measures) for part in parts), default=0)
    for part in parts:
        if missing := longest - len(part.measures):
            message = f"{missing} measure{'s' if missing > 1 else ''} fewer than another part has"
            yield Fault(part.id, "", message, name=part.name)
    for index, column in enumerate(zip_longest(*(part.measures for part in parts))):
        present = [part for part, measure in zip(parts, column, strict=True) if measure is not None]
        yield from _number_remarks(present, index)
        yield from _column_faults([voice for part in present for voice in _voices(part, index)])


def uneven_measures(part: PartReading) -> Iterator[int]:
    """Indices of those measures in which a voice may be right by what other parts have, and only so."""
    for index in range(len(part.measures)):
        for voice in _voices(part, index):
            metre = _metre(voice)
            if metre is not None and (voice.end > metre or (voice.main and not _same(voice.end, metre))):
                yield index


def _number_remarks(parts: Sequence[PartReading], index: int) -> Iterator[Fault]:
    number = parts[0].measures[index].number
    for part in parts[1:]:
        if (measure := part.measures[index]).number != number:
            yield part.fault(measure, f"the first part calls this measure {number}", "remark")


def _voices(part: PartReading, index: int) -> list[_Voice]:
    measure = part.measures[index]
    sounding = {voice: max(note.end for note in notes) for voice, notes in measure.voices.items()}
    ends = {voice: max(end, measure.skipped.get(voice[0], end)) for voice, end in sounding.items()}
    mains = part.main_voices & ends.keys() or {max(ends, key=ends.__getitem__)} if ends else set()
    return [
        _Voice(part, index, voice[0], voice in mains, end, sounding[voice]) for voice, end in ends.items()
    ]


def _column_faults(column: list[_Voice]) -> Iterator[Fault]:
    """No message tells of other parts, so that a part more or less changes none of them."""
    for voice in column:
        others = [
            end
            for other in column
            if other is not voice and (other.main or other.part is not voice.part)
            for end in (other.end, other.sounding)
        ]
        metre = _metre(voice)
        if metre is None:
            continue
        if voice.main and not _fits(voice, metre, others):
            message = f"voice {voice.label}: {_quarters(voice.end)} instead of {metre}"
            yield voice.part.fault(voice.measure, message)
        elif not voice.main and voice.end > max(*others, metre) + _ROUNDING:
            message = f"voice {voice.label}: {_quarters(voice.end)}, longer than the measure"
            yield voice.part.fault(voice.measure, message)


def _metre(voice: _Voice) -> Fraction | None:
    """Its measure's length by the time signature; None: senza misura, or never said."""
    metre = voice.measure.metre
    return None if metre is None or metre.symbol == "senza" else metre.duration


def _quarters(length: Fraction) -> str:
    return f"{length} quarter{'s' if length != 1 else ''}"


def _fits(voice: _Voice, metre: Fraction, others: list[Fraction]) -> bool:
    """As long as its metre says, or else as another voice, or else short where there may be a short measure."""
    if any(_same(voice.end, length) for length in (metre, *others)):
        return True
    return not others and voice.end < metre and _may_be_short(voice)


def _may_be_short(voice: _Voice) -> bool:
    """A pickup, the end of a piece with one, and measures that a repeat cuts in two."""
    neighbours = voice.part.measures[max(voice.index - 1, 0) : voice.index + 2]
    at_end = voice.index in (0, len(voice.part.measures) - 1)
    return at_end or any(m.implicit or m.opens or m.closes for m in neighbours)


def voice_faults(part: PartReading) -> Iterator[Fault]:
    """Voices that overlap themselves, and measures that hold nothing."""
    for measure in part.measures:
        if not measure.notes:
            yield part.fault(measure, "neither a note nor a rest")
        for (label, _), notes in measure.voices.items():
            if _overlaps(notes):
                yield part.fault(measure, f"voice {label}: overlaps itself")


def _overlaps(notes: list[Note]) -> bool:
    reached = Fraction(0)
    for note in notes:
        if note.onset < reached and not _same(note.onset, reached):
            return True
        reached = max(reached, note.end)
    return False


def _same(a: Fraction, b: Fraction) -> bool:
    return a == b or abs(a - b) < _ROUNDING
