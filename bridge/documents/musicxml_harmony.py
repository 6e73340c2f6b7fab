"""``<harmony>``: chord symbols at concert pitch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from bridge.documents.musicxml_values import Fault, decimal, text_of
from engine.exact import Fraction
from engine.pitch import STEPS, Interval, Pitch
from engine.score import ChordSymbol

_HEADS = ("root", "numeral", "function")  # each of them begins a chord


def chord_symbols(
    element: etree._Element, onset: Fraction, transposition: Interval, losses: Counter[str]
) -> Iterator[ChordSymbol]:
    """The chord symbols of one ``<harmony>``; it may stack several. ``losses`` counts what they cannot hold.

    Raises
    ------
        Fault: a root or bass is no note name.
    """
    for chord in _stacked(element):
        kind, bass = chord.get("kind"), chord.get("bass")
        name = "" if kind is None else (kind.text or "").strip()
        if "root" not in chord:
            losses["chords without a root left out"] += 1
        elif kind is None or name in ("", "none"):
            losses['"no chord" marks left out'] += 1
        else:
            below = "" if bass is None else _name(bass, "bass", transposition)
            root = _name(chord["root"], "root", transposition)
            yield ChordSymbol(onset, root, name, below, kind.get("text", ""))
            losses["chord symbols held without their altered degrees"] += "degree" in chord
            losses["chord symbols held without their inversion"] += "inversion" in chord


def _stacked(element: etree._Element) -> list[dict[str, etree._Element]]:
    """What belongs to each chord of a ``<harmony>``, by tag."""
    chords: list[dict[str, etree._Element]] = []
    for child in element.iterchildren("*"):
        if child.tag in _HEADS:
            chords.append({})
        if chords:
            chords[-1][str(child.tag)] = child
    return chords


def _name(element: etree._Element, prefix: str, transposition: Interval) -> str:
    step = text_of(element, f"{prefix}-step")
    if len(step) != 1 or step not in STEPS:
        raise Fault(f"a chord symbol has the {prefix} {step!r}")
    alter = decimal(element.findtext(f"{prefix}-alter") or "0", f"{prefix}-alter")
    if abs(alter) > 3:
        raise Fault(f"{prefix}-alter is {alter}, beyond a triple accidental")
    sounding = Pitch.from_fifths(Pitch(step, round(alter), 4).fifths + transposition.fifths, 4)
    return str(sounding).removesuffix("4")
