"""Numbers that the HTTP service holds to."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PORT = 8917
MAX_BODY = 32 * 2**20  # bytes of one request
MAX_HEADER = 32 * 2**10  # bytes
REQUEST_SECONDS = 30  # for a request to arrive whole
CONNECTIONS = 512
THREADS = 16  # that answer requests, besides those of event streams


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve: ``port`` 0 takes any free one; without ``history`` takes are not kept."""

    port: int = DEFAULT_PORT
    history: bool = True
