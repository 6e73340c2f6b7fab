"""Where results go and how they get there: named predictably, never over anything, whole or not at all."""

from __future__ import annotations

import glob
import io
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bridge.documents.document import Document
from bridge.documents.serial import serialised
from bridge.documents.source import is_folder
from bridge.errors import OutputError, RequestError
from bridge.service import Take

MIDI_SUFFIXES = (".mid", ".midi")
SUFFIXES = (".musicxml", ".xml", ".mxl", *MIDI_SUFFIXES)
_PART = ".part"  # of what is being written
_CONTAINER = b"""<?xml version="1.0" encoding="UTF-8"?>
<container><rootfiles>
<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>
</rootfiles></container>
"""


def _means_folder(output: str) -> bool:
    """A path that ends in a separator, or a folder that is there."""
    return output.endswith(("/", os.sep)) or is_folder(output)


def output_paths(source: Path, output: str | None, takes: int, several: bool = False) -> tuple[Path, ...]:
    """One path per take for the input ``source``.

    Without ``output`` (as the user typed it) they lie beside the input; of ``several`` inputs ``output`` is
    always the folder. Raises ``RequestError`` for a suffix that names no format.
    """
    # An input of another suffix is judged by its content, or refused by the reader, not here.
    suffix = source.suffix if source.suffix.lower() in SUFFIXES else ".musicxml"
    default = f"{source.stem}.obbligato{suffix}"
    if output is None:
        first = source.with_name(default)
    elif _means_folder(output):
        first = Path(output) / default
    elif several and Path(output).suffix.lower() in SUFFIXES:
        raise RequestError(f"{output} is one file for several inputs", "Give a folder: -o out/")
    else:
        first = Path(output) / default if several else Path(output)
    if first.suffix.lower() not in SUFFIXES:
        hint = f"Use one of {' '.join(SUFFIXES)}, or end a folder in /."
        raise RequestError(f"the suffix of {first} names no format", hint)
    rest = (first.with_name(f"{first.stem}.take{number}{first.suffix}") for number in range(2, takes + 1))
    return (first, *rest)


def require_writable(paths: Sequence[Path], force: bool) -> None:
    """Raise ``OutputError`` now for what would fail later: a file in the way, a folder we may not write."""
    for path in paths:
        _require_free(path, force)
        folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
        if not is_folder(folder):
            raise OutputError(
                f"cannot write {path}: {folder} is not a folder", "Choose another path with -o."
            )
        if not os.access(folder, os.W_OK):
            raise OutputError(
                f"cannot write {path}: the folder {folder} is read-only", "Choose another with -o."
            )


def _require_free(path: Path, force: bool) -> None:
    if is_folder(path):
        raise OutputError(f"cannot write {path}: it is a folder", "End the path in / to write into it.")
    if os.path.lexists(path) and not force:
        raise OutputError(
            f"{path} is there already", "Choose another path with -o, or overwrite it with --force."
        )


def save(document: Document, take: Take, path: Path | str, force: bool = False) -> None:
    """Write the take to ``path`` in the format of its suffix, whole or not at all. Raises ``OutputError``."""
    path = Path(path)
    write_whole(path, encode(document, take, path.suffix), force)


def encode(document: Document, take: Take, suffix: str) -> bytes:
    """The take as a file of that format; ``document`` is the one it was written for.

    From one .mxl to another, the other members of the archive are kept.
    """
    if suffix.lower() in MIDI_SUFFIXES:
        from bridge.documents.midi_writer import write_midi

        return write_midi(take.score)
    source = document.source
    data = serialised(take.tree, b"" if source.kind == "midi" else source.data)
    if suffix.lower() != ".mxl":
        return data
    return source.container.with_root(data) if source.container else packed(data)


def packed(data: bytes) -> bytes:
    """A new compressed MusicXML file of that score; its dates are fixed: the same score gives the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("META-INF/container.xml", _CONTAINER), ("score.musicxml", data)):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def write_whole(path: Path, data: bytes, force: bool = False) -> None:
    """Write all of ``data`` or nothing, making the folders on the way. Raises ``OutputError``."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _require_free(path, force)
        _write_through(temporary, data)
        os.replace(temporary, path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot write {path}: {reason}", "Choose another path with -o.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def clear_remains(path: Path) -> None:
    """Remove what a process that was killed while it wrote ``path`` has left."""
    for remains in path.parent.glob(f".{glob.escape(path.name)}.*{_PART}"):
        remains.unlink(missing_ok=True)


def _write_through(path: Path, data: bytes) -> None:
    """A new file on the disk, not only in its cache, before it takes the final name."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
