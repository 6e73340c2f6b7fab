"""The bridge's log: what was asked, how it went and how long it took, and nothing of anybody's music.

It lies in the cache folder: it may be deleted at any time and belongs in no backup. Score content, titles, names of
files, tokens and the texts of options are for the messages of errors, which go to the client; they are never logged.
"""

from __future__ import annotations

import logging
import os
import traceback
from datetime import datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from bridge.errors import OutputError
from bridge.folders import cache_folder, make_private

LOGGERS = ("obbligato", "waitress")
SIZE = 10**6  # bytes of one file
KEPT = 2  # files besides the one that is written
_LONGEST = 1000  # characters of a line
_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_path() -> Path:
    """Of the file that is written; older ones end in .1 and .2."""
    return cache_folder() / "bridge.log"


def configure_logging() -> logging.Logger:
    """Send what the bridge logs to its file, and nowhere else; the logger. Raises ``OutputError``."""
    path = log_path()
    try:
        make_private(path.parent)
        handler = PrivateFile(path, maxBytes=SIZE, backupCount=KEPT, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "Make that folder writable, or set OBBLIGATO_HOME to another."
        raise OutputError(f"cannot write {path}: {reason}", hint) from error
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    for name in LOGGERS:
        _give(logging.getLogger(name), handler)
    ours = logging.getLogger(LOGGERS[0])
    ours.setLevel(logging.INFO)
    return ours


def _give(logger: logging.Logger, handler: logging.Handler) -> None:
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.propagate = False


class PrivateFile(RotatingFileHandler):
    """Files that only their owner can read; a full disk costs lines, and nothing else."""

    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(self.baseFilename, "a", encoding=self.encoding, opener=private)

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: the default prints the record and where it was made."""


class OneLine(logging.Formatter):
    """A record is one line of printable characters, so that nothing that is logged can look like another record."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))[:_LONGEST]

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Local time with its offset."""
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def formatException(self, ei: _Raised) -> str:
        """Type and places only: the message of an exception, and lines of code, may quote what a user wrote."""
        kind, _, trace = ei
        places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(trace))
        return f"{kind.__name__ if kind else None} at {' > '.join(places)}"

    def formatStack(self, stack_info: str) -> str:
        return "(stack left out)"


def printable(text: str) -> str:
    """The text with line ends, other control characters and what steers terminals escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
