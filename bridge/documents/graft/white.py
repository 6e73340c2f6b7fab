"""New elements among old ones, in the document's own indentation.

Every element that was there keeps its text, the white space after it, its attributes and its place.
So a node added as the last of its parent starts one level of indentation short: the white space before
it belongs to the element that was last.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree


def insert_at(parent: etree._Element, index: int, elements: Sequence[etree._Element]) -> None:
    """Insert elements as children of ``parent`` from that index on."""
    if not elements:
        return
    step, inner = indentation(parent)
    last = index == len(parent) and index > 0
    tail = parent[-1].tail if last else inner
    for offset, element in enumerate(elements):
        if inner:
            indent(element, inner, step)
        element.tail = inner
        parent.insert(index + offset, element)
    elements[-1].tail = tail


def indentation(parent: etree._Element) -> tuple[str, str]:
    """One level of the document's indentation, and the white space before children of ``parent``."""
    inner = parent.text or ""
    if inner.strip() or "\n" not in inner:
        return "", ""
    depth = sum(1 for _ in parent.iterancestors()) + 1
    width = inner.rsplit("\n", 1)[1]
    return width[: len(width) // depth], inner


def indent(element: etree._Element, white: str, step: str) -> None:
    """White space inside an element that stands behind the white space ``white``."""
    if len(element):
        element.text = white + step
        for child in element:
            indent(child, white + step, step)
            child.tail = white + step
        element[-1].tail = white


def remove(element: etree._Element) -> None:
    """Take an element away; the white space that led to the next place stays."""
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None
    if before is not None:
        before.tail = element.tail
    parent.remove(element)
