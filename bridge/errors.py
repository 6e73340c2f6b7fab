"""Every error that Obbligato raises on purpose.

ObbligatoError                   status
├── InputError                   400   the file cannot be used
│   ├── UnsafeInputError         413   too large, a zip bomb, external entities
│   └── EmptyScoreError          422   nothing to listen to
├── RequestError                 422   no such measure, part, instrument or option
├── NotFoundError                404   no such job, take or address
├── NotReadyError                409   not yet: the take is still being written
├── AccessError                  403   the request comes from a web page, or names another host
│   └── TokenError               401   no token, or not this one
├── QueueFullError               503   too many jobs wait already
├── OutputError                  409   cannot write there
├── PortBusyError                409   the bridge's port is taken
├── AlreadyRunningError          409   the bridge runs already
├── HistoryError                 500   the history of takes cannot be read or written
├── UnexpectedError              500   a fault of Obbligato
└── EngineError                  500   the engine failed; a bug of ours
    └── TookTooLongError         504   a job was stopped at its time limit

Each message is one line that names the place; ``hint`` says what to do.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Self

INTERRUPTED = 130  # the exit status that shells report for Ctrl-C


class ObbligatoError(Exception):
    """Base of the tree: ``code`` for machines, ``status`` for HTTP, ``hint`` for people."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def about(self, file: str) -> Self:
        """The same error, of that file; another one, for an error may be that of several files."""
        other = copy.copy(self)
        other.message = f"{file}: {self.message}"
        other.args = (other.message,)
        return other


class InputError(ObbligatoError):
    code = "bad-input"
    status = 400


class UnsafeInputError(InputError):
    code = "unsafe-input"
    status = 413


class EmptyScoreError(InputError):
    code = "empty-score"
    status = 422


class RequestError(ObbligatoError):
    code = "bad-request"
    status = 422


class NotFoundError(ObbligatoError):
    code = "not-found"
    status = 404


class NotReadyError(ObbligatoError):
    code = "not-ready"
    status = 409


class AccessError(ObbligatoError):
    code = "forbidden"
    status = 403


class TokenError(AccessError):
    code = "no-token"
    status = 401


class QueueFullError(ObbligatoError):
    """``retry_after``: in so many seconds it may be worth another try."""

    code = "queue-full"
    status = 503

    def __init__(self, message: str, hint: str = "", retry_after: int = 1) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class OutputError(ObbligatoError):
    code = "cannot-write"
    status = 409


class PortBusyError(ObbligatoError):
    code = "port-busy"
    status = 409


class AlreadyRunningError(ObbligatoError):
    code = "already-running"
    status = 409


class HistoryError(ObbligatoError):
    code = "history"
    status = 500


class UnexpectedError(ObbligatoError):
    """What an error that nobody thought of is told as; see ``bridge.problems``."""

    code = "unexpected"
    status = 500


class EngineError(ObbligatoError):
    code = "engine-failed"
    status = 500


class TookTooLongError(EngineError):
    code = "took-too-long"
    status = 504


@contextmanager
def naming(file: str) -> Iterator[None]:
    """Errors that are raised inside, where nobody knows the file, come out with its name."""
    try:
        yield
    except ObbligatoError as error:
        raise error.about(file) from error
