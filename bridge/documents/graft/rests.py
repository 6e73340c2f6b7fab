"""Signs that stand for whole measures, where notes come under them: rests over several, and repeats of a measure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lxml import etree

from bridge.documents.graft.white import remove
from bridge.errors import RequestError


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


def end_repeat_signs(measures: Sequence[etree._Element | None], sounding: Collection[int], name: str) -> None:
    """Take away the signs for repeated measures or beats under which all measures are ``sounding`` now.

    Under such a sign a notation program draws no note. Raises RequestError where notes came under a part of one: what
    the other measures repeat would be another thing.
    """
    for kind in ("measure-repeat", "beat-repeat"):
        begun: tuple[int, etree._Element] | None = None
        found = [
            (index, sign)
            for index, measure in enumerate(measures)
            for sign in (() if measure is None else measure.iterfind(f"attributes/measure-style/{kind}"))
        ]
        for index, sign in found:
            if sign.get("type") == "start":
                begun = index, sign
            elif begun is not None:
                _end_repeat(range(begun[0], index), (begun[1], sign), measures, sounding, name)
                begun = None
        if begun is not None:
            _end_repeat(
                range(begun[0], begun[0] + 1), (begun[1],), measures, sounding, name
            )  # it names no end


def _end_repeat(
    under: range,
    signs: Sequence[etree._Element],
    measures: Sequence[etree._Element | None],
    sounding: Collection[int],
    name: str,
) -> None:
    written = [index in sounding for index in under]
    if any(written) and not all(written):
        numbers = [
            measure.get("number", "")
            for measure in (measures[index] for index in under)
            if measure is not None
        ]
        place = f"{name} has a repeat sign that stands for measures {numbers[0]} to {numbers[-1]}"
        raise RequestError(place, "Choose all of them with --measures, or write the repeat out first.")
    if any(written):
        for sign in signs:
            _remove_style(sign)


def _remove_style(sign: etree._Element) -> None:
    style = sign.getparent()
    assert style is not None
    attributes = style.getparent()
    assert attributes is not None
    remove(style)
    if not len(attributes):
        remove(attributes)
