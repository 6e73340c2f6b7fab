"""What a command has done so far, so that the same command, given again, goes on from there.

One file for each command in the user's data folder, with a line for each input that is done. The line is written
before the results are: then whatever kills the command, a result that is there is known, by the digest of its
bytes, to be the command's own and whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from bridge.batch.files import Target, absolute
from bridge.errors import AlreadyRunningError
from bridge.folders import data_folder, make_private


def digest(data: bytes) -> str:
    """What tells these bytes from all others."""
    return hashlib.sha256(data).hexdigest()


def key(command: Mapping[str, Any]) -> str:
    """The name of a command: of all that decides what it writes and where."""
    return digest(json.dumps(command, sort_keys=True).encode())[:32]


@dataclass(frozen=True, slots=True)
class Entry:
    """An input that was done: digests of it and of its results by path, and what was reported of it."""

    input: str
    digest: str
    outputs: dict[str, str]
    report: dict[str, Any]

    def holds(self, target: Target) -> bool:
        """Whether the target is done: the input is what it was, and all its results are there."""
        paths = {str(absolute(path)) for path in target.outputs}
        return paths == self.outputs.keys() == self.own() and self.digest == _digest_of(target.source)

    def own(self) -> set[str]:
        """The results that are there as they were written."""
        return {path for path, known in self.outputs.items() if _digest_of(Path(path)) == known}


class Journal:
    """The journal of one command while it runs; ``entries`` by the absolute path of the input."""

    def __init__(self, file: BinaryIO, seed: int | None, homeless: str = "") -> None:
        self._file = file
        self.homeless = homeless  # why it will be lost, if it will
        self.entries: dict[str, Entry] = {}
        self.finished = False
        try:
            head, *lines = map(json.loads, self._whole_lines())
            self.seed: int = head["seed"]
            self.entries = {entry.input: entry for entry in (Entry(**line) for line in lines)}
        except (ValueError, KeyError, TypeError):  # empty, or damaged
            self._cut(0)
            self.seed = secrets.randbelow(2**31) if seed is None else seed
            self._write({"seed": self.seed})

    @property
    def useful(self) -> bool:
        """Whether there is something to go on from, and for."""
        return bool(self.entries) and not self.finished

    def _whole_lines(self) -> list[bytes]:
        """All lines; half a line at the end, which only a crash of the machine leaves, is cut off."""
        data = self._file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._cut(len(whole))
        return whole.splitlines()

    def _cut(self, length: int) -> None:
        self._file.seek(length)
        self._file.truncate()

    def add(self, entry: Entry) -> None:
        """Say what is about to be saved; on the disk when this returns, where there is room."""
        self.entries[entry.input] = entry
        self._write(asdict(entry))

    def _write(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            with suppress(io.UnsupportedOperation):  # in memory
                os.fsync(self._file.fileno())
        except OSError as error:
            self.homeless = f"cannot write what is done: {error.strerror}"

    def close(self) -> None:
        """Let the file go; what it had no room for is lost."""
        with suppress(OSError):
            self._file.close()


@contextmanager
def open_journal(key: str, seed: int | None, anew: bool) -> Iterator[Journal]:
    """The journal of the command of that key, with ``seed`` or one that is drawn, if it has none yet.

    It goes when it is of no use any more. Where there is no place for it, it is kept in memory, and says why;
    one that is damaged begins anew.
    Raises ``AlreadyRunningError`` while another process has it.
    """
    path = data_folder() / "batches" / f"{key}.jsonl"
    with ExitStack() as held:
        try:
            make_private(path.parent)
            _hold(path.with_suffix(".lock"), held)
            if anew:
                path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            journal = Journal(path.open("r+b"), seed)
        except OSError as error:
            yield Journal(io.BytesIO(), seed, f"cannot write into {path.parent}: {error.strerror}")
            return
        try:
            yield journal
        finally:
            journal.close()
            if not journal.useful:
                path.unlink()


def _hold(lock: Path, held: ExitStack) -> None:
    """Take the lock; with ``held`` it goes."""
    try:
        held.enter_context(FileLock(lock).acquire(blocking=False))
    except Timeout:
        hint = "Wait until it is done, or stop it and give it again: it goes on where it was."
        raise AlreadyRunningError("the same command is running already", hint) from None
    held.callback(_forget, lock)


def _forget(lock: Path) -> None:
    with suppress(OSError):  # Windows, where it cannot go while it is held
        lock.unlink()


def _digest_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
