"""``<harmony>``: chord symbols at concert pitch."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from lxml import etree

from bridge.documents.musicxml_values import Fault, decimal, text_of
from engine.pitch import STEPS, Interval, Pitch
from engine.score import ChordSymbol


def chord_symbols(element: etree._Element, onset: Fraction, transposition: Interval) -> Iterator[ChordSymbol]:
    """The chord symbols of one ``<harmony>``; it may stack several. Degrees and numerals are not held.

    Raises
    ------
        Fault: a root or bass is no note name.
    """
    roots = element.findall("root")
    kinds = element.findall("kind")
    bass = element.find("bass")
    for i, (root, kind) in enumerate(zip(roots, kinds, strict=False)):
        name = (kind.text or "").strip()
        if name in ("", "none"):
            continue
        last = i == len(roots) - 1
        below = _name(bass, "bass", transposition) if last and bass is not None else ""
        yield ChordSymbol(onset, _name(root, "root", transposition), name, below, kind.get("text", ""))


def _name(element: etree._Element, prefix: str, transposition: Interval) -> str:
    step = text_of(element, f"{prefix}-step")
    if len(step) != 1 or step not in STEPS:
        raise Fault(f"a chord symbol has the {prefix} {step!r}")
    alter = decimal(element.findtext(f"{prefix}-alter") or "0", f"{prefix}-alter")
    if abs(alter) > 3:
        raise Fault(f"{prefix}-alter is {alter}, beyond a triple accidental")
    sounding = Pitch.from_fifths(Pitch(step, round(alter), 4).fifths + transposition.fifths, 4)
    return str(sounding).removesuffix("4")
