"""Every error that Obbligato raises on purpose.

ObbligatoError                   status
├── InputError                   400   the file cannot be used
│   ├── UnsafeInputError         413   too large, a zip bomb, external entities
│   └── EmptyScoreError          422   nothing to listen to
├── RequestError                 422   no such measure, part, instrument or option
├── OutputError                  409   cannot write there
└── EngineError                  500   the engine failed; a bug of ours

Each message is one line that names the place; ``hint`` says what to do.
"""

from __future__ import annotations

from typing import ClassVar


class ObbligatoError(Exception):
    """Base of the tree: ``code`` for machines, ``status`` for HTTP, ``hint`` for people."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


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


class OutputError(ObbligatoError):
    code = "cannot-write"
    status = 409


class EngineError(ObbligatoError):
    code = "engine-failed"
    status = 500
