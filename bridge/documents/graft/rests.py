"""Rests over several measures, where notes come under them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lxml import etree

from bridge.documents.graft.white import remove


def shorten_rests(measures: Sequence[etree._Element | None], sounding: Collection[int]) -> None:
    """Let each multiple-measure rest end before the first of the ``sounding`` measures, given by their indices.

    The measures after them are drawn with a rest each. Under such a rest a notation program draws no note.
    """
    for start, measure in enumerate(measures):
        for sign in () if measure is None else measure.findall("attributes/measure-style/multiple-rest"):
            text = (sign.text or "").strip()
            length = int(text) if text.isdecimal() and len(text) < 9 else 0
            left = min((i - start for i in sounding if start <= i < start + length), default=length)
            if 1 < left < length:
                sign.text = str(left)
            elif left < length:
                _remove_style(sign)


def _remove_style(sign: etree._Element) -> None:
    style = sign.getparent()
    assert style is not None
    attributes = style.getparent()
    assert attributes is not None
    remove(style)
    if not len(attributes):
        remove(attributes)
