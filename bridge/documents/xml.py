"""Parse XML from strangers: no entities, no network, no bombs."""

from __future__ import annotations

import re

from lxml import etree

from bridge.errors import InputError, UnsafeInputError

# libxml2: internal error, entity loop, name too long, resource limit (depth, text length, amplification).
_LIMIT_ERRORS = frozenset((1, 89, 110, 114))
_REEXPORT = "Export the score again from your notation program."


def parse_xml(data: bytes, name: str) -> etree._ElementTree:
    """The document as a tree, its DOCTYPE, comments and processing instructions kept.

    Raises
    ------
        UnsafeInputError: it declares entities, or is nested or long beyond the parser's limits.
        InputError: it is not well-formed; the line is named.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _syntax_error(error, name) from error
    tree = root.getroottree()
    declared = tree.docinfo.internalDTD
    if declared is not None and declared.entities():
        hint = "Remove its <!ENTITY> declarations."
        raise UnsafeInputError(f"{name}: the document declares entities", hint)
    return tree


def _syntax_error(error: etree.XMLSyntaxError, name: str) -> InputError:
    said = re.sub(r",\s+line \d+, column \d+$|\s+", " ", error.msg or "").strip()
    place = f"{name}: line {error.lineno}"
    if error.code in _LIMIT_ERRORS:
        return UnsafeInputError(f"{place}: {said}", _REEXPORT)
    return InputError(f"{place}: not well-formed XML: {said}", "The file may be cut off. " + _REEXPORT)
