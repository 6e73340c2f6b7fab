"""What goes over the pipe between the desk, which keeps the jobs, and the worker, which writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.options import WritingOptions


@dataclass(frozen=True, slots=True)
class Order:
    """To the worker: write this. ``data`` is the score as it was sent, ``name`` what messages call it."""

    job: str
    options: WritingOptions
    data: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Drop:
    """To the worker: leave that job. It is answered by ``Ended``, as every order is."""

    job: str


@dataclass(frozen=True, slots=True)
class Ready:
    """From the worker, once: the engine is loaded."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Began:
    """From the worker: the score is read; so many measures will be written, over all takes."""

    job: str
    total: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """From the worker: one measure of one take, as it stands before the whole is put into the score."""

    job: str
    take: int  # from 1
    measure: int  # index in the score, from 0
    number: str  # as printed
    done: int  # measures, over all takes
    measures: bytes  # zlib: this measure as MusicXML
    events: bytes  # zlib: its write list


@dataclass(frozen=True, slots=True)
class Made:
    """From the worker: a take in every format; ``files`` are zlib by format, ``suffix`` is that of ``score``."""

    job: str
    take: int
    seed: int
    engine: str
    title: str
    parts: tuple[str, ...]  # names of those that were written in
    measures: str  # as a person says it: "9-16"
    remarks: tuple[str, ...]
    suffix: str
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Ended:
    """From the worker: nothing more comes of that job; ``problem`` is what went wrong, None if nothing did.

    ``engine``: seconds that it was in its engine, in steps shared with other jobs too.
    """

    job: str
    problem: dict[str, Any] | None = None
    engine: float = 0.0


Answer = Ready | Began | Wrote | Made | Ended
