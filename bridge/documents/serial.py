"""A changed tree back to bytes that look like the ones it came from."""

from __future__ import annotations

import codecs
import re

from lxml import etree

_MISC = r"\s|<!--(?s:.*?)-->|<\?(?s:.*?)\?>"
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_SUBSET = rf"\[(?:<!--(?s:.*?)-->|<\?(?s:.*?)\?>|{_QUOTED}|[^\]\"'])*+\]"
_DOCTYPE = rf"<!DOCTYPE(?:{_SUBSET}|{_QUOTED}|[^\[>\"'])*+>"
_PROLOG = re.compile(rf"(?:{_MISC}|{_DOCTYPE})*+")
_ITEM = re.compile(rf"{_MISC}|(?P<doctype>{_DOCTYPE})")
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.-]+)[\"']", re.ASCII)
_ROOT = re.compile(r"<([^\s/>]+)")
_EPILOG = re.compile(rf"(?:{_MISC})*\Z")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def serialised(tree: etree._ElementTree, before: bytes) -> bytes:
    """``tree`` as bytes; what stands around the root element is taken from ``before``, the tree's origin.

    Encoding, byte order mark and line ends are those of ``before`` too. Where the root element is another one,
    as after a conversion, the DOCTYPE follows it. Where ``before`` is empty lxml's own style is used.
    """
    mark, encoding = _encoding(before)
    text = _decoded(before[len(mark) :], encoding)
    prolog = _PROLOG.match(text)
    old = _ROOT.match(text, prolog.end()) if prolog else None
    if prolog is None or old is None:
        return etree.tostring(tree, encoding=tree.docinfo.encoding or "UTF-8", xml_declaration=True)
    root = tree.getroot()
    body = etree.tostring(root, encoding="unicode", with_tail=False)
    body = body.replace("\n", _line_end(text))
    whole = _for_root(prolog[0], old[1], str(root.tag)) + body + _epilog(text, old[1])
    return mark + whole.encode(encoding, "xmlcharrefreplace")


def _line_end(text: str) -> str:
    """How most of its lines end; a parser forgets it."""
    pairs = text.count("\r\n")
    counts = {"\n": text.count("\n") - pairs, "\r\n": pairs, "\r": text.count("\r") - pairs}
    return max(counts, key=lambda end: counts[end])


def _for_root(prolog: str, old: str, new: str) -> str:
    """The prolog with its DOCTYPE made that of another kind of score."""
    if old == new:
        return prolog
    return _ITEM.sub(lambda item: _renamed(item[0], old, new) if item["doctype"] else item[0], prolog)


def _renamed(doctype: str, old: str, new: str) -> str:
    for said, meant in ((old, new), *zip(_kinds(old), _kinds(new), strict=True)):
        doctype = doctype.replace(said, meant)
    return doctype


def _kinds(tag: str) -> tuple[str, str]:
    """How the public and the system identifier name that kind of score."""
    kind = tag.removeprefix("score-")
    return f"{kind.title()}//", f"{kind}.dtd"


def _encoding(data: bytes) -> tuple[bytes, str]:
    """The byte order mark of ``data`` and the encoding of what follows it."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return mark, encoding
    if data.startswith("<".encode("utf-16-le")):
        return b"", "utf-16-le"
    if data.startswith("<".encode("utf-16-be")):
        return b"", "utf-16-be"
    declared = _DECLARED.match(data)
    return b"", declared[1].decode() if declared else "utf-8"


def _decoded(data: bytes, encoding: str) -> str:
    """The text, "" where Python cannot read what libxml2 could (it forgives wrong declarations)."""
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeError):
        return ""


def _epilog(text: str, tag: str) -> str:
    """What follows the root's end tag; an end tag quoted in a comment out there does not count."""
    for end in re.finditer(rf"</{re.escape(tag)}\s*>", text):
        if _EPILOG.match(text, end.end()):
            return text[end.end() :]
    return ""
