"""Takes recorded and found again."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from bridge.errors import HistoryError, NotFoundError
from bridge.folders import data_folder
from bridge.takes.file import NoHistory, is_broken, open_history, pragma, put_aside, transaction
from bridge.version import version

LIMIT = 256 * 2**20  # bytes of the file
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # none that is taken for another
_COLUMNS = "id, created, version, size, about"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTake:
    """What is to be kept of a take besides its document."""

    task: str
    title: str  # of the score; may be ""
    parts: tuple[str, ...]  # names of those that were written in
    measures: str  # as a person says it: "9-16"
    seed: int  # that gives this take again, as the only one
    engine: str
    options: dict[str, Any]  # of the task, as JSON has them
    suffix: str  # of the document: .musicxml or .mxl


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRecord(NewTake):
    """A take in the history."""

    id: str
    created: str  # UTC, ISO 8601
    version: str  # of Obbligato
    size: int  # bytes of the document


def history_path() -> Path:
    """Where the user's history is."""
    return data_folder() / "takes.sqlite"


class History:
    """The history in a file, for any number of threads and processes; it may be used as a context manager.

    The file is made where there is none. One that is no history, or damaged, is put aside with a warning in the
    log, and a new one begun. When the file is larger than ``limit`` bytes, the oldest takes leave it.

    Every method raises ``HistoryError`` when the file cannot be read or written, or a newer version made it.
    A take is named by its id or any beginning of it that fits no other take.
    """

    def __init__(self, path: Path | None, limit: int = LIMIT) -> None:
        self._path, self._limit = path, limit
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._perform(lambda _: None)

    @classmethod
    def none(cls) -> Self:
        """One that keeps nothing."""
        return cls(None, 0)

    def record(self, take: NewTake, document: bytes) -> str | None:
        """Keep a take, all of it or nothing; its id, or None when the document alone is beyond the limit."""
        packed = zlib.compress(document)
        if len(packed) > self._limit:
            return None
        created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        row = (created, version(), len(document), json.dumps(asdict(take)), packed)
        return self._perform(lambda connection: _insert(connection, row, self._limit))

    def newest(self, limit: int, before: str = "") -> list[TakeRecord]:
        """The newest takes, or the newest of those that are older than ``before``. Raises ``NotFoundError``."""

        def read(connection: sqlite3.Connection) -> list[TakeRecord]:
            number = _number(connection, before) if before else 2**63 - 1
            query = f"SELECT {_COLUMNS} FROM takes WHERE number < ? ORDER BY number DESC LIMIT ?"
            return [_record(row) for row in connection.execute(query, (number, limit))]

        return self._perform(read)

    def get(self, id: str) -> TakeRecord:
        """One take. Raises ``NotFoundError`` when there is none, or more than one."""
        return _record(self._row(id, _COLUMNS))

    def document(self, id: str) -> bytes:
        """The document of a take, as it was recorded. Raises ``NotFoundError`` as ``get`` does."""
        try:
            return zlib.decompress(self._row(id, "document")[0])
        except zlib.error as error:
            raise HistoryError(f'the take "{id}" is damaged: {error}') from error

    def close(self) -> None:
        """Let go of the file, until it is used again."""
        with self._lock:
            self._disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _row(self, id: str, columns: str) -> tuple[Any, ...]:
        query = f"SELECT {columns} FROM takes WHERE number = ?"

        def read(connection: sqlite3.Connection) -> tuple[Any, ...]:
            return cast("tuple[Any, ...]", connection.execute(query, (_number(connection, id),)).fetchone())

        return self._perform(read)

    def _perform(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in one transaction; on a new file if need be."""
        # Another process may have put a damaged file aside already, so first look at what is there now.
        with self._lock:
            for prepare in (self._connect, self._reconnect, self._begin_anew):
                try:
                    connection = prepare()
                    with transaction(connection):
                        return work(connection)
                except (sqlite3.Error, OSError, NoHistory) as error:
                    failure = error
                    if not is_broken(error):
                        break
        raise HistoryError(
            f"the history of takes cannot be used: {self._path}: {failure}",
            "The disk may be full, or the folder not writable; OBBLIGATO_HOME names another.",
        ) from failure

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None or self._file != _identity(self._path):
            return self._reconnect()
        return self._connection

    def _reconnect(self) -> sqlite3.Connection:
        self._disconnect()
        self._connection = open_history(self._path)
        self._file = _identity(self._path)
        return self._connection

    def _begin_anew(self) -> sqlite3.Connection:
        self._disconnect()
        if self._path:
            put_aside(self._path)
        return self._reconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells the file from another of its name, such as a new one after it was put aside or removed."""
    try:
        found = path.stat() if path else None
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _insert(connection: sqlite3.Connection, row: tuple[Any, ...], limit: int) -> str:
    """A new row under an id that no other has; then the oldest go until the file is within the limit."""
    insert = f"INSERT INTO takes ({_COLUMNS}, document) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
    inserted = 0
    while not inserted:
        id = "".join(secrets.choice(_LETTERS) for _ in range(8))
        inserted = connection.execute(insert, (id, *row)).rowcount
    prune = "DELETE FROM takes WHERE number = (SELECT min(number) FROM takes) AND id <> ?"
    while _used(connection) > limit and connection.execute(prune, (id,)).rowcount:
        pass
    for _ in range(pragma(connection, "freelist_count")):  # the module does one step of it, which is one page
        connection.execute("PRAGMA incremental_vacuum").close()
    return id


def _used(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages = pragma(connection, "page_count") - pragma(connection, "freelist_count")
    return int(pages * pragma(connection, "page_size"))


def _number(connection: sqlite3.Connection, id: str) -> int:
    """The row whose id begins so. Raises ``NotFoundError`` when there is none, or more than one."""
    start = id.lower()
    found: list[tuple[int, str]] = []
    if start.isalnum() and start.isascii():
        query = "SELECT number, id FROM takes WHERE id >= ? AND id < ? ORDER BY id LIMIT 5"
        found = connection.execute(query, (start, start + "~")).fetchall()
    if not found:
        raise NotFoundError(f'there is no take "{id}" in the history', "`obbligato takes list` shows them.")
    if len(found) > 1:
        several = ", ".join(id for _, id in found)
        raise NotFoundError(f'more than one take begins with "{id}"', f"Give more of its id: {several}.")
    return found[0][0]


def _record(row: tuple[Any, ...]) -> TakeRecord:
    id, created, made_by, size, about = row
    values = json.loads(about)
    values["parts"] = tuple(values["parts"])
    return TakeRecord(id=id, created=created, version=made_by, size=size, **values)
