"""``<attributes>``: divisions, key, metre, clefs, staves and transposition of one part as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from lxml import etree

from bridge.documents.musicxml_values import Fault, decimal, integer, text_of
from engine.pitch import Interval
from engine.score import Key, Metre

MAX_STAVES = 16
UNHEARD_CLEFS = frozenset({"percussion", "TAB"})
_MAX_TRANSPOSITION = 72
_DIATONIC = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)  # usual staff steps of 0 to 11 semitones


@dataclass(slots=True)
class Attributes:
    """What holds at the current place of a part; ``key`` and ``metre`` are None until the part says."""

    divisions: Fraction = Fraction(1)
    staves: int = 1
    key: Key | None = None  # as written
    metre: Metre | None = None
    clefs: dict[int, str] = field(default_factory=dict)  # staff -> clef sign
    transpositions: dict[int, Interval] = field(default_factory=dict)  # staff -> written to sounding; 0: all

    def apply(self, element: etree._Element) -> None:
        """Take over what an ``<attributes>`` element says.

        Raises
        ------
            Fault: a number in it is missing or senseless.
        """
        for child in element:
            read = _READERS.get(child.tag)
            if read is not None:
                read(self, child)

    def transposition(self, staff: int) -> Interval:
        """From written to sounding pitch on that staff."""
        own = self.transpositions.get(staff)
        return own if own is not None else self.transpositions.get(0, Interval())

    def heard(self, staff: int) -> bool:
        """Whether that staff holds pitches to listen to: no percussion, no tablature."""
        return self.clefs.get(staff) not in UNHEARD_CLEFS

    @property
    def concert_key(self) -> Key | None:
        """The key at sounding pitch."""
        if self.key is None:
            return None
        return Key(_folded(self.key.fifths + self.transposition(1).fifths), self.key.mode)


def _folded(fifths: int) -> int:
    return fifths if -7 <= fifths <= 7 else (fifths + 5) % 12 - 5


def _read_divisions(state: Attributes, element: etree._Element) -> None:
    divisions = decimal(element.text, "divisions")
    if divisions <= 0:
        raise Fault(f"divisions is {divisions}, not above zero")
    state.divisions = divisions


def _read_staves(state: Attributes, element: etree._Element) -> None:
    state.staves = integer(element.text, "staves", 0, MAX_STAVES) or 1


def _read_key(state: Attributes, element: etree._Element) -> None:
    other_staff = element.get("number", "1") != "1"
    fifths = element.find("fifths")
    if other_staff or fifths is None:  # a key of single accidentals has no place on the line of fifths
        return
    mode = text_of(element, "mode")
    state.key = Key(_folded(integer(fifths.text, "fifths", -99, 99)), "" if mode == "none" else mode)


def _read_time(state: Attributes, element: etree._Element) -> None:
    if element.get("number", "1") == "1":
        state.metre = metre_of(element)


def _read_clef(state: Attributes, element: etree._Element) -> None:
    state.clefs[_staff_number(element) or 1] = text_of(element, "sign")


def _read_transpose(state: Attributes, element: etree._Element) -> None:
    state.transpositions[_staff_number(element)] = interval_of(element)


def _staff_number(element: etree._Element) -> int:
    number = element.get("number")
    return 0 if number is None else integer(number, "staff number", 1, MAX_STAVES)


_READERS: dict[object, Callable[[Attributes, etree._Element], None]] = {
    "divisions": _read_divisions,
    "staves": _read_staves,
    "key": _read_key,
    "time": _read_time,
    "clef": _read_clef,
    "transpose": _read_transpose,
}


def metre_of(element: etree._Element) -> Metre:
    """The metre that a ``<time>`` element says; 3/8 + 2/4 becomes 3+4/8.

    Raises
    ------
        Fault: beats or beat-type are missing or senseless.
    """
    if element.find("senza-misura") is not None:
        return Metre(symbol="senza")
    units = [_unit(e.text) for e in element.findall("beat-type")]
    beats = [_groups(e.text) for e in element.findall("beats")]
    if not units or len(units) != len(beats):
        raise Fault("the time signature lacks beats or beat-type")
    unit = max(units)
    groups = tuple(n * (unit // u) for u, group in zip(units, beats, strict=True) for n in group)
    symbol = element.get("symbol", "")
    shown = symbol if symbol in ("common", "cut") else ""
    return Metre(sum(groups), unit, groups if len(groups) > 1 else (), shown)


def _unit(text: str | None) -> int:
    unit = integer(text, "beat-type", 1, 128)
    if unit & (unit - 1):
        raise Fault(f"beat-type is {unit}, not a power of two")
    return unit


def _groups(text: str | None) -> list[int]:
    return [integer(part, "beats", 1, 256) for part in re.split(r"\+", text or "")]


def interval_of(element: etree._Element) -> Interval:
    """The interval from written to sounding pitch that a ``<transpose>`` element says.

    Raises
    ------
        Fault: a number in it is missing or senseless.
    """
    limit = _MAX_TRANSPOSITION
    chromatic = integer(element.findtext("chromatic"), "chromatic", -limit, limit)
    octaves = integer(element.findtext("octave-change") or "0", "octave-change", -6, 6)
    written = element.findtext("diatonic")
    usual = _DIATONIC[abs(chromatic) % 12] + 7 * (abs(chromatic) // 12)
    diatonic = usual if chromatic >= 0 else -usual
    if written is not None:
        said = integer(written, "diatonic", -limit, limit)
        # A diatonic part that contradicts the chromatic one (0 and -2) would spell everything absurdly.
        diatonic = said if abs(Interval(said, chromatic).fifths) <= 12 else diatonic
    return Interval(diatonic + 7 * octaves, chromatic + 12 * octaves)
