"""Open a file safely: what kind it is, decided by its content, and the bytes of the score in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bridge.documents.container import Container, open_container
from bridge.errors import InputError, UnsafeInputError

MAX_FILE_BYTES = 64 * 2**20
Kind = Literal["musicxml", "mxl", "midi"]
_XML_STARTS = tuple("<".encode(e) for e in ("utf-8", "utf-16-le", "utf-16-be"))
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from; ``data`` is the score itself, unpacked from ``container`` if any."""

    name: str
    kind: Kind
    data: bytes
    container: Container | None = None


def load(path: Path) -> Source:
    """Read the file at ``path``; errors are those of ``read`` and ``load_bytes``."""
    return load_bytes(read(path), str(path))


def is_folder(path: Path | str) -> bool:
    """Whether a folder is there. ``Path.is_dir`` raises ``OSError`` for some names that nothing can have."""
    return os.path.isdir(path)  # noqa: PTH112


def read(path: Path) -> bytes:
    """The bytes of the file at ``path``.

    Raises
    ------
        InputError: missing, a folder, or unreadable.
        UnsafeInputError: too large.
    """
    if is_folder(path):
        raise InputError(f"{path}: this is a folder", "Give a score file.")
    try:
        with path.open("rb") as file:
            _check_size(os.fstat(file.fileno()).st_size, str(path))
            return file.read(MAX_FILE_BYTES + 1)  # the file may grow, and a device has no size
    except FileNotFoundError:
        if str(path) == "-":
            hint = "Save the score in a file and give its name."
            raise InputError(f"{path}: standard input is not read", hint) from None
        raise InputError(f"{path}: there is no such file", "Check the name.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error})", "Check the file's permissions.") from error


def load_bytes(data: bytes, name: str) -> Source:
    """Take ``data`` as a file called ``name``.

    Raises
    ------
        InputError: empty, or no kind of score known here.
        UnsafeInputError: too large, packed or unpacked.
    """
    if not data:
        raise InputError(f"{name}: the file is empty", "Export the score again.")
    _check_size(len(data), name)
    if data.startswith(b"MThd"):
        return Source(name, "midi", data)
    if data.startswith(b"PK"):
        container = open_container(data, name)
        return Source(name, "mxl", container.members[container.root].data, container)
    if _looks_like_xml(data):
        return Source(name, "musicxml", data)
    raise InputError(f"{name}: neither MusicXML nor MIDI", "Give a .musicxml, .xml, .mxl or .mid file.")


def _check_size(size: int, name: str) -> None:
    if size > MAX_FILE_BYTES:
        raise UnsafeInputError(f"{name}: larger than {MAX_FILE_BYTES >> 20} MB", "Give a smaller score.")


def _looks_like_xml(data: bytes) -> bool:
    start = data[:64]
    for mark in _MARKS:
        start = start.removeprefix(mark)
    return start.lstrip(b" \t\r\n\0").startswith(_XML_STARTS)
