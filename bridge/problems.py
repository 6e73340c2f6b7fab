"""Errors as they are told: any of them as one of ours, and to machines by the same few members everywhere."""

from __future__ import annotations

import re
from typing import Any

from bridge.errors import ObbligatoError, UnexpectedError

REPORT = (
    "This is a fault of Obbligato: please report it, with the score and the options; "
    "with OBBLIGATO_DEBUG=1 a command shows the place."
)


_OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]*)")


def told(error: Exception) -> ObbligatoError:
    """The error itself where it was raised on purpose, else an ``UnexpectedError`` of one line."""
    if isinstance(error, ObbligatoError):
        return error
    text = " ".join(str(error).split())
    return UnexpectedError(f"unexpected {type(error).__name__}: {text}"[:500], REPORT)


def problem(error: Exception) -> dict[str, Any]:
    """An RFC 9457 problem of any exception, whether raised on purpose or not: never a traceback.

    Options are named as the members of a request: "top_p", not --top-p.
    """
    error = told(error)
    return describe(error.code, error.status, _of_request(error.message), _of_request(error.hint))


def _of_request(text: str) -> str:
    return _OPTION.sub(lambda found: '"{}"'.format(found[1].replace("-", "_")), text)


def describe(code: str, status: int, detail: str, hint: str) -> dict[str, Any]:
    """The members of a problem; ``type`` names the error's page in docs/api.md."""
    title = code.replace("-", " ")
    return {"type": f"urn:obbligato:{code}", "title": title, "status": status, "detail": detail, "hint": hint}
