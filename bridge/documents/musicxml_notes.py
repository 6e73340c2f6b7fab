"""One ``<note>``: its length, notated tuplet, sounding pitch, voice label and tie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from bridge.documents.musicxml_attributes import MAX_STAVES
from bridge.documents.musicxml_values import Fault, decimal, integer
from engine.exact import Fraction
from engine.pitch import STEPS, Interval, Pitch
from engine.score import PLAIN, NoteValue, Tuplet

MAX_DURATION = 4096  # quarters
_TYPES = ("maxima", "long", "breve", "whole", "half", "quarter", "eighth")
VALUES = {name: Fraction(32) / 2**i for i, name in enumerate(_TYPES)} | {
    f"{2**i}{'nd' if i == 5 else 'th'}": Fraction(4, 2**i) for i in range(4, 11)
}


@dataclass(slots=True)
class RawNote:
    """A sounding note as the document has it; ``voice`` is the document's label, ``tied`` not yet checked."""

    onset: Fraction
    duration: Fraction
    pitch: Pitch
    voice: str
    staff: int
    tuplet: Tuplet
    tied: bool = False  # a tie ends at it
    ties_on: bool = False  # a tie begins at it

    @property
    def end(self) -> Fraction:
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Timing:
    """``duration`` is what the document counts, ``exact`` the notated length where it had to round."""

    duration: Fraction
    exact: Fraction
    tuplet: Tuplet


Children = dict[object, etree._Element]  # by tag


def timing_of(note: etree._Element, children: Children, divisions: Fraction) -> Timing:
    """Length and tuplet of a note or rest; ``children`` are its elements by tag.

    Raises
    ------
        Fault: it has no usable duration.
    """
    duration, kind = children.get("duration"), children.get("type")
    modification = children.get("time-modification")
    return _timing(
        divisions,
        None if duration is None else duration.text,
        "" if kind is None else kind.text or "",
        len(note.findall("dot")) if "dot" in children else 0,
        None if modification is None else modification.findtext("actual-notes"),
        None if modification is None else modification.findtext("normal-notes"),
    )


@lru_cache(maxsize=8192)
def _timing(
    divisions: Fraction, length: str | None, kind: str, dots: int, actual: str | None, normal: str | None
) -> Timing:
    tuplet = _tuplet(actual, normal)
    base = VALUES.get(kind.strip())
    notated = None if base is None else NoteValue(base, min(dots, 8), tuplet).duration
    if length is None:
        if notated is None:
            raise Fault("a note has neither duration nor type")
        return Timing(notated, notated, notated_tuplet(notated, tuplet, True))
    duration = decimal(length, "duration") / divisions
    if not 0 <= duration <= MAX_DURATION:
        raise Fault(f"duration is {length.strip()}, not from 0 to {MAX_DURATION} quarters")
    rounded = actual is not None and notated is not None and _rounded(duration, notated, divisions)
    exact = notated if rounded and notated is not None else duration
    return Timing(duration, exact, notated_tuplet(exact, tuplet, exact == notated))


def _tuplet(actual: str | None, normal: str | None) -> Tuplet:
    if actual is None or normal is None:
        return PLAIN
    return Tuplet(integer(actual, "actual-notes", 1, 1000), integer(normal, "normal-notes", 1, 1000))


def _rounded(duration: Fraction, notated: Fraction, divisions: Fraction) -> bool:
    """Whether the document could not count ``notated`` in its divisions and took a neighbour."""
    return (notated * divisions).denominator != 1 and abs(duration - notated) * divisions < 1


def notated_tuplet(duration: Fraction, said: Tuplet, agrees: bool = False) -> Tuplet:
    """The tuplet that makes ``duration`` a single notated value: none, the one said, or a derived one.

    The one said comes first where it ``agrees`` with the duration. A duration that no single value
    gives keeps the tuplet in which tied values can give it.
    """
    if _is_dyadic(said.ratio) and _is_dyadic(1 / said.ratio):
        said = PLAIN  # a tremolo between two notes is written 2:1; its notes are plain
    candidates = (said if agrees else PLAIN, PLAIN, said, _derived(duration))
    for tuplet in candidates:
        if NoteValue.from_duration(duration, tuplet) is not None:
            return tuplet
    return next((t for t in candidates if _is_dyadic(duration / t.ratio)), PLAIN)


def _is_dyadic(x: Fraction) -> bool:
    return x.denominator & (x.denominator - 1) == 0


def _derived(duration: Fraction) -> Tuplet:
    odd = duration.denominator
    while odd % 2 == 0:
        odd //= 2
    return Tuplet(odd, 1 << (odd.bit_length() - 1)) if 1 < odd < 16 else PLAIN


def pitch_of(element: etree._Element, transposition: Interval) -> tuple[Pitch, bool]:
    """The sounding pitch of a ``<pitch>`` element, and whether a microtone was rounded.

    Raises
    ------
        Fault: step, alter or octave is missing or senseless.
    """
    return _pitch(
        element.findtext("step"), element.findtext("alter") or "0", element.findtext("octave"), transposition
    )


@lru_cache(maxsize=8192)
def _pitch(step: str | None, alter: str, octave: str | None, transposition: Interval) -> tuple[Pitch, bool]:
    name = (step or "").strip()
    if len(name) != 1 or name not in STEPS:
        raise Fault(f"a note has the step {name!r}")
    semitones = decimal(alter, "alter")
    if abs(semitones) > 3:
        raise Fault(f"alter is {alter.strip()}, beyond a triple accidental")
    written = Pitch(name, round(semitones), integer(octave, "octave", -1, 10))
    return written.transposed(transposition), semitones.denominator != 1


def staff_of(children: Children) -> int:
    """The staff, from 1.

    Raises
    ------
        Fault: it is no staff number.
    """
    staff = children.get("staff")
    return 1 if staff is None else integer(staff.text, "staff", 1, MAX_STAVES)


def ties_of(note: etree._Element, children: Children) -> tuple[bool, bool]:
    """Whether a tie ends and whether one begins at the note: by ``<tie>``, else by the ``<tied>`` that is drawn."""
    drawn = "tie" not in children
    marks = note.findall("notations/tied" if drawn else "tie") if not drawn or "notations" in children else ()
    kinds = {mark.get("type") for mark in marks}
    return bool(kinds & {"stop", "continue"}), bool(kinds & {"start", "continue"})
