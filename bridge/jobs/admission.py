"""Is a request worth a place in the queue? What can be said at once is said at once."""

from __future__ import annotations

from dataclasses import replace

from bridge.documents.document import Document, open_bytes
from bridge.documents.source import load_bytes
from bridge.engines import resolved
from bridge.errors import UnsafeInputError
from bridge.jobs.messages import Order
from bridge.tasks import planned
from engine.interface import EngineInfo

MAX_PARTS = 200
MAX_MEASURES = 5_000
MAX_NOTES = 100_000

# Up to here a score is read while its sender waits (a few tenths of a second at most); a larger one is read
# when its turn comes, and so is MIDI, whose reader needs a network.
READ_AT_ONCE = 2**20

_SMALLER = "Send the measures that matter, with some around them."


def admit(order: Order, info: EngineInfo) -> tuple[Order, int]:
    """The order with its options as the engine knows them, and how many measures it asks for, 0 if not yet known.

    Raises ``InputError``, ``UnsafeInputError``, ``RequestError`` and ``EmptyScoreError`` as the service does.
    """
    options = resolved(order.options, info).seeded()
    order = replace(order, options=options)
    if load_bytes(order.data, order.name).kind == "midi":
        return order, 0
    document = open_bytes(order.data, order.name)
    if len(document.source.data) > READ_AT_ONCE:
        return order, 0
    return order, options.takes * len(planned(options, require_size(document), info).measures)


def opened(order: Order) -> Document:
    """The order's score, read and found to be of a size that can be worked with."""
    return require_size(open_bytes(order.data, order.name))


def require_size(document: Document) -> Document:
    """The document itself; raises ``UnsafeInputError`` when it holds too much."""
    score = document.score
    notes = sum(len(cell) for part in score.parts for cell in part.cells)
    for count, most, what in (
        (len(score.parts), MAX_PARTS, "parts"),
        (len(score.measures), MAX_MEASURES, "measures"),
        (notes, MAX_NOTES, "notes"),
    ):
        if count > most:
            raise UnsafeInputError(f"{document.name}: {count} {what}, {most} at most", _SMALLER)
    return document
