"""The MusicXML 4.0 schema, without a network, and what it says of a document in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from lxml import etree

# The schema imports two others, for no more than these attributes.
_FOREIGN = {
    "xlink.xsd": ("http://www.w3.org/1999/xlink", ("href", "type", "role", "title", "show", "actuate")),
    "xml.xsd": ("http://www.w3.org/XML/1998/namespace", ("lang", "space")),
}
# What libxml2 says behind "Element 'x', attribute 'y': ", and what a person wants to hear; {} is the subject.
_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"This element is not expected\. Expected is (?:one of )?\( (.*) \)\.",
            "{} does not belong here; expected is {list}",
        ),
        (r"This element is not expected\.", "{} does not belong here"),
        (r"Missing child element\(s\)\. Expected is (?:one of )?\( (.*) \)\.", "{} lacks {list}"),
        (r"The attribute '(.*)' is not allowed\.", "{element} may not have the attribute {text}"),
        (r"The attribute '(.*)' is required but missing\.", "{element} lacks the attribute {text}"),
        (r"(?:\[facet '.*?'\] )?(?:The value )?'(.*?)' (?:is|has|must be) .*", '"{text}" is no value for {}'),
        (r"Character content .* not allowed.*", "{} may hold no text"),
    )
)
_lock = Lock()  # the compiled schema keeps its errors in itself


class _Imports(etree.Resolver):
    """Answers the schema's imports from ``_FOREIGN``."""

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        if (name := (system_url or "").rpartition("/")[2]) not in _FOREIGN:
            return None
        namespace, attributes = _FOREIGN[name]
        body = "".join(f'<xs:attribute name="{attribute}"/>' for attribute in attributes)
        head = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}">'
        return self.resolve_string(f"{head}{body}</xs:schema>", context)


@cache
def musicxml_schema() -> etree.XMLSchema:
    """Compiled once; the text comes with the package ``musicxml``, which is not imported for it."""
    spec = find_spec("musicxml")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package musicxml, which carries the MusicXML schema, is missing")
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Imports())
    path = Path(spec.origin).parent / "generate_classes" / "musicxml_4_0.xsd"
    return etree.XMLSchema(etree.parse(path, parser))


def violations(tree: etree._ElementTree) -> Iterator[tuple[etree._Element | None, str]]:
    """Each element that breaks the schema, None where it cannot be found again, and what is wrong with it."""
    schema = musicxml_schema()
    with _lock:
        if schema.validate(tree):
            return
        entries = [(entry.path, entry.message) for entry in schema.error_log]
    said: set[tuple[str | None, str]] = set()
    for path, message in entries:
        subject, _, complaint = message.partition(": ")
        if (path, subject) not in said:  # a wrong value is complained of twice
            said.add((path, subject))
            yield _element(tree, path), plain(subject, complaint)


def plain(subject: str, complaint: str) -> str:
    """libxml2's complaint about a subject, "Element 'x', attribute 'y'", in plain words."""
    names = re.findall(r"'(.*?)'", subject)
    element = f"<{''.join(names[:1])}>"
    what = " of ".join([*(f"the attribute {name}" for name in names[1:]), element])
    for pattern, words in _WORDS:
        if match := pattern.fullmatch(complaint.strip()):
            text = match[1] if pattern.groups else ""
            return words.format(what, element=element, text=text, list=_listed(text))
    return f"{what}: {complaint.strip()}"


def _listed(names: str) -> str:
    """Element names as "<a>, <b> or <c>"; long lists are cut."""
    elements = [f"<{name}>" for name in names.split(", ")]
    shown = elements if len(elements) <= 4 else [*elements[:3], "another"]
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _element(tree: etree._ElementTree, path: str | None) -> etree._Element | None:
    found = tree.xpath(path) if path else []
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None
