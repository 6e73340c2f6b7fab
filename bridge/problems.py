"""Errors for machines: the same few members over HTTP, in reports and between processes."""

from __future__ import annotations

from typing import Any

from bridge.errors import ObbligatoError

REPORT = "This is a fault of Obbligato: please report it, with the score and the options."


def problem(error: Exception) -> dict[str, Any]:
    """An RFC 9457 problem of any exception, whether raised on purpose or not: never a traceback."""
    if isinstance(error, ObbligatoError):
        return describe(error.code, error.status, error.message, error.hint)
    text = " ".join(str(error).split())
    return describe("unexpected", 500, f"unexpected {type(error).__name__}: {text}"[:500], REPORT)


def describe(code: str, status: int, detail: str, hint: str) -> dict[str, Any]:
    """The members of a problem; ``type`` names the error's page in docs/api.md."""
    title = code.replace("-", " ")
    return {"type": f"urn:obbligato:{code}", "title": title, "status": status, "detail": detail, "hint": hint}
