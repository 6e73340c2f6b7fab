"""Tempos: a metronome mark, or only its sound where one follows another within a few measures."""

from __future__ import annotations

from lxml import etree

from bridge.notation.xml import add
from engine.exact import Fraction
from engine.score import Tempo


def tempo_element(tempo: Tempo, offset: Fraction, marked: bool) -> etree._Element:
    """A tempo, ``offset`` divisions after the place where it stands; printed as a metronome mark if ``marked``."""
    pace = f"{float(tempo.pace):.6g}"
    if not marked:
        sound = etree.Element("sound", tempo=pace)
        if offset:
            add(sound, "offset", offset)
        return sound
    direction = etree.Element("direction", placement="above")
    metronome = add(add(direction, "direction-type"), "metronome")
    add(metronome, "beat-unit", "quarter")
    add(metronome, "per-minute", round(tempo.pace))
    if offset:
        add(direction, "offset", offset)
    add(direction, "sound", tempo=pace)
    return direction
