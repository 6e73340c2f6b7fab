"""``<attributes>``: divisions, key, metre, clefs, staves and transposition of one part as it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from bridge.documents.musicxml_values import Fault, decimal, integer, text_of
from engine.exact import Fraction
from engine.pitch import Interval
from engine.score import Key, Metre

MAX_STAVES = 16
UNHEARD_CLEFS = frozenset({"percussion", "TAB"})
_MAX_TRANSPOSITION = 72
_SHARPS = "FCGDAEB"
_DIATONIC = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)  # usual staff steps of 0 to 11 semitones


@dataclass(slots=True)
class Attributes:
    """What holds at the current place of a part; ``key`` and ``metre`` are None until the part says.

    They are those of the first staff. ``losses`` counts what was said and cannot be held.
    """

    divisions: Fraction = Fraction(1)
    staves: int = 1
    key: Key | None = None  # as written
    metre: Metre | None = None
    clefs: dict[int, str] = field(default_factory=dict)  # staff -> clef sign
    transpositions: dict[int, Interval] = field(default_factory=dict)  # staff -> written to sounding; 0: all
    losses: Counter[str] = field(default_factory=Counter)

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
    def unheard(self) -> set[int]:
        """The staves that are not."""
        return {staff for staff, sign in self.clefs.items() if sign in UNHEARD_CLEFS}

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
    fifths = _fifths(element)
    if fifths is None:
        state.losses["unusual key signatures left out"] += element.find("key-step") is not None
        return
    mode = text_of(element, "mode")
    key = Key(_folded(fifths), "" if mode == "none" else mode)
    if element.get("number", "1") == "1":
        state.key = key
    else:
        state.losses["keys of single staves left out"] += key != state.key


def _fifths(element: etree._Element) -> int | None:
    """The place of a ``<key>`` on the line of fifths; one of single accidentals has none unless it is a usual one."""
    said = element.findtext("fifths")
    if said is not None:
        return integer(said, "fifths", -99, 99)
    steps = [(step.text or "").strip() for step in element.iterfind("key-step")]
    alters = [decimal(alter.text, "key-alter") for alter in element.iterfind("key-alter")]
    direction = -1 if alters and alters[0] < 0 else 1
    usual = set(_SHARPS[::direction][: len(steps)])
    is_usual = 0 < len(steps) == len(alters) and set(steps) == usual and set(alters) == {direction}
    return direction * len(steps) if is_usual else None


def _read_time(state: Attributes, element: etree._Element) -> None:
    metre = metre_of(element)
    if element.get("number", "1") == "1":
        state.metre = metre
    else:
        state.losses["metres of single staves left out"] += metre != state.metre


def _read_clef(state: Attributes, element: etree._Element) -> None:
    state.clefs[_staff_number(element) or 1] = text_of(element, "sign")


def _read_transpose(state: Attributes, element: etree._Element) -> None:
    state.transpositions[_staff_number(element)] = interval_of(element)
    state.losses["doublings at the octave left out"] += element.find("double") is not None


def _read_measure_style(state: Attributes, element: etree._Element) -> None:
    signs = ("measure-repeat", "beat-repeat")
    state.losses["repeat signs for single measures or beats not played out"] += any(
        sign.get("type") == "start" for sign in element.iterchildren(*signs)
    )


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
    "measure-style": _read_measure_style,
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
