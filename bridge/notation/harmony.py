"""``<harmony>``: chord symbols."""

from __future__ import annotations

from lxml import etree

from bridge.notation.xml import add, number
from engine.exact import Fraction
from engine.pitch import Interval, Pitch
from engine.score import ChordSymbol


def harmony_element(chord: ChordSymbol, written: Interval, offset: Fraction) -> etree._Element:
    """A chord symbol, ``offset`` divisions after the place where it stands in the measure."""
    harmony = etree.Element("harmony")
    _add_name(harmony, "root", chord.root, written)
    add(harmony, "kind", chord.kind, **({"text": chord.text} if chord.text else {}))
    if chord.bass:
        _add_name(harmony, "bass", chord.bass, written)
    if offset:
        add(harmony, "offset", number(offset))
    return harmony


def _add_name(harmony: etree._Element, kind: str, name: str, written: Interval) -> None:
    fifths = Pitch(name[0], name.count("#") - name.count("b"), 4).fifths + written.fifths
    pitch = Pitch.from_fifths(fifths, 4)
    element = add(harmony, kind)
    add(element, f"{kind}-step", pitch.step)
    if pitch.alter:
        add(element, f"{kind}-alter", pitch.alter)
