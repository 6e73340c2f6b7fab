"""Helpers to build MusicXML elements."""

from __future__ import annotations

from lxml import etree

from engine.exact import Fraction


def add(parent: etree._Element, tag: str, text: object = None, /, **attributes: str) -> etree._Element:
    """Append a child with that text; ``_`` in attribute names stands for ``-``."""
    names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    child = etree.SubElement(parent, tag, names)
    if text is not None:
        child.text = str(text)
    return child


def number(value: Fraction) -> str:
    """A number as MusicXML writes it."""
    return str(value) if value.denominator == 1 else f"{float(value):.6f}"
