"""The user's document: its tree, where it came from, and the score read from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lxml import etree

from bridge.documents.musicxml_part import read_part
from bridge.documents.musicxml_reader import extents_of, read_musicxml
from bridge.documents.musicxml_reading import PartMeasure
from bridge.documents.serial import serialised
from bridge.documents.source import Source, load, load_bytes
from bridge.documents.timewise import PARTWISE, TIMEWISE, partwise
from bridge.documents.xml import parse_xml
from bridge.errors import InputError
from engine.score import Score

_FOREIGN_ROOTS = {
    "opus": ("an opus, which only lists scores", "Give one of the scores that it names."),
    "museScore": ("a MuseScore file", "Export it as MusicXML (.mxl) from MuseScore."),
}


@dataclass(frozen=True)
class Document:
    """``tree`` is score-partwise MusicXML whatever the file was; ``score`` is read once, so change only copies.

    ``remarks`` say, one line each, what opening the file has changed. ``played``: what a MIDI file was read as, for not
    all that is said of it stands in the tree.
    """

    source: Source
    tree: etree._ElementTree
    remarks: tuple[str, ...] = ()
    played: Score | None = None

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.source.name

    @cached_property
    def score(self) -> Score:
        """The score in the tree; see ``read_musicxml`` for errors."""
        score = read_musicxml(self.tree.getroot(), self.name)
        return score if self.played is None else _as_played(score, self.played)

    @cached_property
    def extents(self) -> tuple[range, ...]:
        """Which of the score's measures each part has, by their indices: it may begin late or end early."""
        parts = self.tree.getroot().iterchildren("part")
        return tuple(extents_of([[m.get("number", "") for m in p.iterchildren("measure")] for p in parts]))

    def as_read(self, part: int) -> dict[int, PartMeasure]:
        """By index of each measure that a part has, all that is said in it; the score leaves some of its notes out."""
        element = self.tree.getroot().findall("part")[part]
        return dict(zip(self.extents[part], read_part(element, self.name).measures, strict=True))

    def to_bytes(self) -> bytes:
        """The document as a file of the kind it was read from; a MIDI file becomes plain MusicXML.

        Encoding, XML declaration, DOCTYPE and everything outside the root element stay as they were,
        and so do all other members of an .mxl archive.
        """
        data = serialised(self.tree, self.source.data if self.source.kind != "midi" else b"")
        container = self.source.container
        return data if container is None else container.with_root(data)


def open_document(path: Path) -> Document:
    """Open a .musicxml, .xml, .mxl or .mid file.

    Raises
    ------
        InputError: missing, unreadable, or not a score; the file, and where possible the line, is named.
        UnsafeInputError: too large, a zip bomb, or entities are declared.
    """
    return _document(load(path))


def open_bytes(data: bytes, name: str) -> Document:
    """Open bytes as a file called ``name``; errors are those of ``open_document``."""
    return _document(load_bytes(data, name))


def _document(source: Source) -> Document:
    if source.kind == "midi":
        return _from_midi(source)
    tree = parse_xml(source.data, source.name)
    if tree.getroot().tag == TIMEWISE:
        return _converted(source, tree)
    _check_root(str(tree.getroot().tag), source.name)
    return Document(source, tree)


def _converted(source: Source, tree: etree._ElementTree) -> Document:
    """A score-timewise document as the score-partwise one that it could have been."""
    data = serialised(etree.ElementTree(partwise(tree.getroot())), source.data)
    remark = f"{source.name}: was {TIMEWISE}; written as {PARTWISE}"
    return Document(replace(source, data=data), parse_xml(data, source.name), (remark,))


def _from_midi(source: Source) -> Document:
    from bridge.documents.midi_reader import read_midi
    from bridge.documents.musicxml_writer import write_musicxml

    played = read_midi(source.data, source.name)
    remarks = tuple(f"{source.name}: {loss}" for loss in played.losses)
    return Document(source, write_musicxml(played), remarks, played)


def _as_played(score: Score, played: Score) -> Score:
    """The score in a tree, with the programs and the losses of what it was made of."""
    parts = (replace(part, program=was.program) for part, was in zip(score.parts, played.parts, strict=True))
    return replace(score, parts=tuple(parts), losses=(*played.losses, *score.losses))


def _check_root(tag: str, name: str) -> None:
    namespace, _, local = tag.rpartition("}")
    if namespace and local in (PARTWISE, TIMEWISE):
        reason = f'<{local}> is in the XML namespace "{namespace[1:]}", and MusicXML is in none'
        hint = "Take that xmlns attribute, and its prefix if it has one, out of the document, or export it again."
        raise InputError(f"{name}: {reason}", hint)
    if tag != PARTWISE:
        unknown = (f"no MusicXML score, its root element is <{tag}>", "Export the score as MusicXML.")
        what, hint = _FOREIGN_ROOTS.get(tag, unknown)
        raise InputError(f"{name}: this is {what}", hint)
