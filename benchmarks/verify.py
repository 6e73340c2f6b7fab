"""Is a result the document that went in, with new parts and nothing else? Judged from the bytes of both files.

Nothing here uses Obbligato's own readers and writers, so that a mistake of theirs cannot hide itself.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lxml import etree

_SEEN_ONLY_IN_THE_PROLOG = ("doctype", "xml_version", "encoding", "standalone")
_INSERTED = ("part", "part-list/score-part", "part-list/part-group")


@dataclass(frozen=True, slots=True)
class File:
    """A MusicXML file taken apart: its tree, and whatever else its archive holds, in order."""

    tree: etree._ElementTree
    others: tuple[tuple[str, bytes], ...] = ()

    @property
    def root(self) -> etree._Element:
        return self.tree.getroot()

    @property
    def ids(self) -> list[str]:
        """The ids of the parts, in order."""
        return [part.get("id", "") for part in self.root.iterchildren("part")]


def taken_apart(data: bytes) -> File:
    """The tree in those bytes, plain or compressed MusicXML."""
    if not data.startswith(b"PK"):
        return File(_parsed(data))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    root = _root_name(dict(members))
    return File(_parsed(dict(members)[root]), tuple(member for member in members if member[0] != root))


def _parsed(data: bytes) -> etree._ElementTree:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.parse(io.BytesIO(data), parser)


def _root_name(members: dict[str, bytes]) -> str:
    """What container.xml names first that is there, else the first XML file at the top."""
    container = members.get("META-INF/container.xml")
    named = _parsed(container).xpath("//*[local-name()='rootfile']/@full-path") if container else []
    at_top = [name for name in members if "/" not in name and name.endswith((".xml", ".musicxml"))]
    return next(name for name in (*map(str, named), *at_top) if name in members)


def new_parts(before: File, after: File) -> list[etree._Element]:
    """The ``<part>`` elements that only the result has."""
    return [part for part in after.root.iterchildren("part") if part.get("id") not in before.ids]


def differences(before: File, after: File) -> list[str]:
    """What else is not as it was once the new parts are taken out of ``after``, which is changed by that."""
    for node in _inserted(before, after):
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)  # and the white space after it
    found = []
    if (was := _canonical(before)) != (now := _canonical(after)):
        found.append(_first_difference(was, now))
    for name in _SEEN_ONLY_IN_THE_PROLOG:
        was_said, is_said = (getattr(file.tree.docinfo, name) for file in (before, after))
        if was_said != is_said:
            found.append(f"{name} was {was_said!r}, is {is_said!r}")
    if before.others != after.others:
        found.append("the other members of the archive are not as they were")
    return found


def _inserted(before: File, after: File) -> list[etree._Element]:
    """New parts, their entries in the part-list, and groups of a number that was not there."""
    known = {path: {_name(node) for node in before.root.iterfind(path)} for path in _INSERTED}
    return [
        node
        for path, names in known.items()
        for node in after.root.iterfind(path)
        if _name(node) not in names
    ]


def _name(node: etree._Element) -> str:
    return str(node.get("id", node.get("number", "1")))


def _canonical(file: File) -> bytes:
    """C14N with comments, and so with processing instructions and all white space inside the root."""
    return bytes(etree.tostring(file.tree, method="c14n", with_comments=True))


def _first_difference(was: bytes, now: bytes) -> str:
    end = min(len(was), len(now))
    at = next((i for i in range(end) if was[i] != now[i]), end)
    window = slice(max(at - 80, 0), at + 80)
    return f"was {was[window].decode(errors='replace')!r}, is {now[window].decode(errors='replace')!r}"


def misplaced(before: File, after: File, written: Collection[int]) -> list[str]:
    """New parts of another length than the rest, or with notes elsewhere than in the ``written`` measures."""
    length = max(len(part.findall("measure")) for part in before.root.iterchildren("part"))
    parts = new_parts(before, after)
    found = [] if parts else ["there is no new part"]
    for part in parts:
        if (measures := len(part.findall("measure"))) != length:
            found.append(f"new part {part.get('id')} has {measures} measures, not {length}")
        if elsewhere := sorted(_sounding(part) - set(written)):
            found.append(
                f"new part {part.get('id')} has notes outside the passage, in measures at {elsewhere}"
            )
    return found


def silent(before: File, after: File, written: Collection[int]) -> list[str]:
    """A word if there is no note in any of the ``written`` measures of the new parts."""
    sounding = {i for part in new_parts(before, after) for i in _sounding(part)}
    return [] if sounding & set(written) else ["the new parts are silent"]


def _sounding(part: etree._Element) -> set[int]:
    """Indices of the measures that hold notes."""
    return {i for i, measure in enumerate(part.iterfind("measure")) if measure.find("note/pitch") is not None}


def invalid(before: File, after: File, schema: etree.XMLSchema) -> list[str]:
    """What the schema says of a result whose input it had nothing to say of."""
    if schema.validate(after.tree):
        return []
    complaints = list(dict.fromkeys(entry.message for entry in schema.error_log))
    return complaints if schema.validate(before.tree) else []


def short(messages: Sequence[object], count: int = 3) -> list[str]:
    """The first few, each cut to a line."""
    lines = [" ".join(str(message).split())[:300] for message in messages]
    return lines if len(lines) <= count else [*lines[:count], f"and {len(lines) - count} more"]
