"""Compressed MusicXML (.mxl): a zip archive whose META-INF/container.xml names the score in it."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.documents.xml import parse_xml
from bridge.errors import InputError, UnsafeInputError

MAX_ENTRIES = 1_000
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_RATIO = 200  # unpacked to packed size, of archives that unpack to more than RATIO_FREE_BYTES
RATIO_FREE_BYTES = 2**20
_CHUNK = 64 * 2**10
_CONTAINER = "META-INF/container.xml"
_ENTRY_MAGIC = b"PK\x01\x02"
_REEXPORT = "Export the score again from your notation program."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the archive: how it was stored, and its bytes unpacked."""

    info: zipfile.ZipInfo
    data: bytes


@dataclass(frozen=True, slots=True)
class Container:
    """All members in their order; ``root`` is the index of the score."""

    members: tuple[Member, ...]
    root: int

    def with_root(self, data: bytes) -> bytes:
        """The archive as bytes with the score replaced and every other member as it was."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for i, member in enumerate(self.members):
                archive.writestr(_fresh(member.info), data if i == self.root else member.data)
        return packed.getvalue()


def open_container(data: bytes, name: str) -> Container:
    """Unpack a zip archive within the bounds above and find the score in it.

    Raises
    ------
        UnsafeInputError: too many entries, or too much to unpack.
        InputError: not a readable archive, encrypted, or without a score.
    """
    # Counted before zipfile builds an object for each entry.
    if data.count(_ENTRY_MAGIC) > MAX_ENTRIES:
        raise UnsafeInputError(f"{name}: the archive has more than {MAX_ENTRIES} entries", _REEXPORT)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = tuple(_unpacked(archive, len(data), name))
    except (*_BROKEN, RuntimeError) as error:
        raise InputError(f"{name}: the archive is damaged ({error})", _REEXPORT) from error
    return Container(members, _root_index(members, name))


def _unpacked(archive: zipfile.ZipFile, packed: int, name: str) -> Iterator[Member]:
    """The members one by one; sizes are counted while unpacking, headers are not believed."""
    total = 0
    for info in archive.infolist():
        if info.flag_bits & 1:
            raise InputError(f"{name}: the archive is encrypted", "Save it without a password.")
        chunks = []
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                total += len(chunk)
                _check_size(total, packed, name)
                chunks.append(chunk)
        yield Member(info, b"".join(chunks))


def _check_size(total: int, packed: int, name: str) -> None:
    if total > MAX_UNPACKED_BYTES:
        raise UnsafeInputError(f"{name}: unpacks to more than {MAX_UNPACKED_BYTES >> 20} MB", _REEXPORT)
    if total > RATIO_FREE_BYTES and total > MAX_RATIO * packed:
        raise UnsafeInputError(f"{name}: unpacks to more than {MAX_RATIO} times its size", _REEXPORT)


def _root_index(members: tuple[Member, ...], name: str) -> int:
    names = [m.info.filename for m in members]
    for path in (*_named_roots(members, name), *_likely_roots(names)):
        if path in names:
            return names.index(path)
    if any(n.endswith(".mscx") for n in names):
        raise InputError(f"{name}: this is a MuseScore file", "Export it as MusicXML (.mxl) from MuseScore.")
    raise InputError(f"{name}: the archive holds no MusicXML score", _REEXPORT)


def _named_roots(members: tuple[Member, ...], name: str) -> list[str]:
    """The paths that container.xml names, MusicXML first where it gives media types."""
    data = next((m.data for m in members if m.info.filename == _CONTAINER), None)
    if data is None:
        return []
    rootfiles = parse_xml(data, f"{name}: {_CONTAINER}").getroot().iterfind(".//{*}rootfile")
    typed = [(r.get("full-path", ""), r.get("media-type", "musicxml+xml")) for r in rootfiles]
    return [path for path, kind in typed if "xml" in kind]


def _likely_roots(names: list[str]) -> list[str]:
    return [n for n in names if "/" not in n and n.lower().endswith((".musicxml", ".xml"))]


def _fresh(old: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """What the entry was called and how it was stored, without sizes and places in the old archive."""
    info = zipfile.ZipInfo(old.filename, old.date_time)
    info.compress_type, info.comment, info.extra = old.compress_type, old.comment, old.extra
    info.create_system, info.external_attr = old.create_system, old.external_attr
    return info
