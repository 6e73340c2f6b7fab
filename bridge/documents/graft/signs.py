"""Signs that stand for whole measures, where notes come under them: rests over several, and repeats of a measure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from lxml import etree

from bridge.documents.graft.white import remove
from bridge.errors import RequestError

Measures = Sequence[etree._Element | None]


def shorten_rests(measures: Measures, sounding: Collection[int]) -> None:
    """Let each multiple-measure rest end before the first of the ``sounding`` measures, given by their indices.

    The measures after them are drawn with a rest each. Under such a rest a notation program draws no note.
    """
    for start, sign in _signs(measures, "multiple-rest"):
        length = _whole((sign.text or "").strip())
        left = min((i - start for i in sounding if start <= i < start + length), default=length)
        if 1 < left < length:
            sign.text = str(left)
        elif left < length:
            _remove_style(sign)


def end_repeat_signs(measures: Measures, sounding: Mapping[int, Collection[int]], name: str) -> None:
    """Take away the signs for repeated measures or beats that stand for nothing but measures with new notes.

    ``sounding``: the staves with new notes by measure index. Under such a sign a notation program draws no note.
    Raises RequestError where the notes are under a part of one: what the other measures repeat would be another thing.
    """
    for kind in ("measure-repeat", "beat-repeat"):
        for under, staff, signs in _repeats(measures, kind):
            there = [sounding.get(i, ()) for i in under]
            written = [staff in staves if staff else bool(staves) for staves in there]
            if not any(written):
                continue
            if not all(written):
                first, last = _number(measures[under[0]]), _number(measures[under[-1]])
                reason = f"{name} has a repeat sign that stands for measures {first} to {last}"
                hint = "Choose all of them with --measures, or write the repeat out first."
                raise RequestError(reason, hint)
            for sign in signs:
                _remove_style(sign)


def _repeats(measures: Measures, kind: str) -> list[tuple[range, int, list[etree._Element]]]:
    """Indices of the measures under each such sign, its staff, 0 for all, and the signs where it begins and ends."""
    found: list[tuple[range, int, list[etree._Element]]] = []
    begun: dict[int, tuple[int, etree._Element]] = {}  # by staff
    for index, sign in _signs(measures, kind):
        staff = _staff_of(sign)
        if sign.get("type") == "start":
            begun[staff] = index, sign
        elif staff in begun:
            start, first = begun.pop(staff)
            found.append((range(start, index), staff, [first, sign]))
    # One that names no end is taken to stand for its own measure.
    return found + [(range(start, start + 1), staff, [sign]) for staff, (start, sign) in begun.items()]


def _signs(measures: Measures, kind: str) -> Iterator[tuple[int, etree._Element]]:
    """All such signs with the indices of their measures."""
    for index, measure in enumerate(measures):
        for sign in () if measure is None else measure.findall(f"attributes/measure-style/{kind}"):
            yield index, sign


def _number(measure: etree._Element | None) -> str:
    return "" if measure is None else measure.get("number", "")


def _staff_of(sign: etree._Element) -> int:
    style = sign.getparent()
    return 0 if style is None else _whole(style.get("number", ""))


def _whole(text: str) -> int:
    """The number, 0 where there is none; a text may have more digits than Python reads."""
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _remove_style(sign: etree._Element) -> None:
    style = sign.getparent()
    assert style is not None
    attributes = style.getparent()
    assert attributes is not None
    remove(style)
    if not len(attributes):
        remove(attributes)
