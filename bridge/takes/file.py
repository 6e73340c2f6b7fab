"""The file of the history: made whole and for its owner alone, opened, and put aside where it is damaged."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.errors import HistoryError
from bridge.folders import make_private

log = logging.getLogger("obbligato.takes")

_BUSY = 5.0  # seconds to wait for another process
_AGAIN = 0.01  # seconds between two tries
_OURS = 0x4F62626C  # "Obbl": marks the file as a history
_SCHEMA = 1
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLE = """
CREATE TABLE takes (
    number INTEGER PRIMARY KEY,  -- in the order in which they came
    id TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,  -- of the document
    about TEXT NOT NULL,  -- JSON: what was asked, and of what
    document BLOB NOT NULL  -- zlib; the last, so that lists need not read past it
)"""


class NoHistory(Exception):
    """The file is a database of something else."""


def open_history(path: Path | None) -> sqlite3.Connection:
    """A connection to the file, which is made if need be; without a path, one in memory.

    Raises
    ------
        HistoryError: a newer version of Obbligato made the file.
        NoHistory, sqlite3.Error, OSError: it is another program's, damaged, or out of reach.
    """
    if path:
        make_private(path.parent)
        path.touch(mode=0o600)  # SQLite gives the mode of the file to those that it makes beside it
    connection = sqlite3.connect(
        path or ":memory:", timeout=_BUSY, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    if pragma(connection, "application_id") != _OURS:
        _create(connection)
    if pragma(connection, "user_version") > _SCHEMA:
        hint = "Update Obbligato, or set OBBLIGATO_HOME to another folder."
        raise HistoryError("the history of takes was written by a newer version of Obbligato", hint)
    _keep_a_log(connection)
    connection.execute("PRAGMA synchronous = FULL")


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Write-ahead logging. For this one change SQLite itself does not wait until other processes are ready."""
    until = time.monotonic() + _BUSY
    while True:
        try:
            pragma(connection, "journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN)


def _create(connection: sqlite3.Connection) -> None:
    """Make an empty database a history, if no other process just did."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has to come before the first table
    with transaction(connection, "IMMEDIATE"):
        if pragma(connection, "application_id") == _OURS:
            return
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise NoHistory("it is a database of something else")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id = {_OURS}")
        connection.execute(f"PRAGMA user_version = {_SCHEMA}")


def put_aside(path: Path) -> None:
    """Give the file, and what SQLite keeps beside it, a name that says what it is. Raises ``OSError``."""
    aside = path.with_name(f"{path.stem}.broken-{datetime.now():%Y%m%d-%H%M%S-%f}{path.suffix}")
    # What SQLite has not yet put into the file goes first: it must never meet the new one.
    for ending in ("-shm", "-wal", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{ending}", f"{aside}{ending}")
    log.warning(
        "%s is no history of takes, or damaged: it is now %s, and a new one is begun", path, aside.name
    )


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "DEFERRED") -> Iterator[None]:
    """All that is done inside, or nothing of it."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")
        raise


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    """What SQLite answers to it."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def is_broken(error: Exception) -> bool:
    """Whether the file is no history, or damaged; not, for instance, whether the disk is full."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without what SQLite adds to it
    return isinstance(error, NoHistory) or code in _BROKEN
