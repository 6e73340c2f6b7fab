"""Numbers and text out of MusicXML elements; whatever is no sane number is a ``Fault``."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from engine.exact import Fraction

_DECIMAL = re.compile(r"\s*([+-]?[0-9]{1,12}(?:\.[0-9]{0,12})?)\s*", re.ASCII)


class Fault(ValueError):
    """Something in one measure that cannot be read; the caller adds file, part and measure."""


@lru_cache(maxsize=4096)  # a document says few numbers again and again
def decimal(text: str | None, what: str) -> Fraction:
    """The exact value of a decimal of at most twelve digits on each side of the point.

    Raises
    ------
        Fault: ``text`` is missing or no such number.
    """
    match = _DECIMAL.fullmatch(text or "")
    if not match:
        raise Fault(f"{what} is {_shown(text)}, not a number")
    whole, _, rest = match[1].partition(".")
    return Fraction(int(whole + rest), 10 ** len(rest))


@lru_cache(maxsize=4096)
def integer(text: str | None, what: str, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``.

    Raises
    ------
        Fault: ``text`` is missing, not a whole number or out of range.
    """
    value = decimal(text, what)
    if value.denominator != 1 or not low <= value <= high:
        raise Fault(f"{what} is {_shown(text)}, not a whole number from {low} to {high}")
    return int(value)


def text_of(parent: etree._Element | None, path: str) -> str:
    """The text of the first element at ``path``, white space collapsed; "" when there is none."""
    found = parent.findtext(path) if parent is not None else None
    return " ".join(found.split()) if found else ""


def _shown(text: str | None) -> str:
    return "missing" if text is None or not text.strip() else repr(text.strip()[:20])
