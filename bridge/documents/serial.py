"""A changed tree back to bytes that look like the ones it came from."""

from __future__ import annotations

import codecs
import re

from lxml import etree

_MISC = r"\s|<!--(?s:.*?)-->|<\?(?s:.*?)\?>"
_DOCTYPE = r"<!DOCTYPE(?:[^\[>\"']|\"[^\"]*\"|'[^']*')*>"  # without an internal subset
_PROLOG = re.compile(rf"(?:{_MISC}|{_DOCTYPE})*")
_EPILOG = re.compile(rf"(?:{_MISC})*\Z")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def serialised(tree: etree._ElementTree, before: bytes) -> bytes:
    """``tree`` as bytes; what stands around the root element is taken from ``before``, the tree's origin.

    Encoding, byte order mark and line ends are those of ``before`` too. Where it is empty, or its DOCTYPE has
    an internal subset, lxml's own style is used.
    """
    root = tree.getroot()
    tag = str(root.tag)
    mark, encoding = _encoding(before, tree.docinfo.encoding)
    text = _decoded(before[len(mark) :], encoding)
    prolog = _prolog(text)
    if not text.startswith(f"<{tag}", len(prolog)):
        return etree.tostring(tree, encoding=tree.docinfo.encoding or "UTF-8", xml_declaration=True)
    body = etree.tostring(root, encoding="unicode", with_tail=False)
    body = body.replace("\n", next((end for end in ("\r\n", "\r") if end in text), "\n"))
    whole = prolog + body + _epilog(text, tag)
    return mark + whole.encode(encoding, "xmlcharrefreplace")


def _encoding(data: bytes, declared: str | None) -> tuple[bytes, str]:
    """The byte order mark of ``data`` and the encoding of what follows it."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return mark, encoding
    if data.startswith("<".encode("utf-16-le")):
        return b"", "utf-16-le"
    if data.startswith("<".encode("utf-16-be")):
        return b"", "utf-16-be"
    return b"", declared or "utf-8"


def _decoded(data: bytes, encoding: str) -> str:
    """The text, "" where Python cannot read what libxml2 could (it forgives wrong declarations)."""
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeError):
        return ""


def _prolog(text: str) -> str:
    found = _PROLOG.match(text)
    return found[0] if found else ""


def _epilog(text: str, tag: str) -> str:
    """What follows the root's end tag; an end tag quoted in a comment out there does not count."""
    for end in re.finditer(rf"</{re.escape(tag)}\s*>", text):
        if _EPILOG.match(text, end.end()):
            return text[end.end() :]
    return ""
