"""The MusicXML 4.0 schema, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import musicxml
from lxml import etree

XSD = Path(musicxml.__file__).parent / "generate_classes" / "musicxml_4_0.xsd"

# The schema imports two others, for no more than these attributes.
FOREIGN = {
    "xlink.xsd": ("http://www.w3.org/1999/xlink", ("href", "type", "role", "title", "show", "actuate")),
    "xml.xsd": ("http://www.w3.org/XML/1998/namespace", ("lang", "space")),
}


class Imports(etree.Resolver):
    """Answers the schema's imports from ``FOREIGN``."""

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        if (name := (system_url or "").rpartition("/")[2]) not in FOREIGN:
            return None
        namespace, attributes = FOREIGN[name]
        body = "".join(f'<xs:attribute name="{attribute}"/>' for attribute in attributes)
        head = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}">'
        return self.resolve_string(f"{head}{body}</xs:schema>", context)


def musicxml_schema() -> etree.XMLSchema:
    """Compiled; takes about a tenth of a second."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Imports())
    return etree.XMLSchema(etree.parse(XSD, parser))
