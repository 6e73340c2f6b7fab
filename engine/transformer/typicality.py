"""Whether music has a style already, by the network that knows styles."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from engine.interface import Controls
from engine.transformer.columns import TARGETS
from engine.transformer.guidance import MannerReading, log_odds, manner_readings
from engine.transformer.manner import Manner
from engine.transformer.numpy_network import Floats
from engine.transformer.window import Window, decoder_rows
from engine.transformer.writer import Row

# Of ``odds_a_note``. Drafts to melodies of pop have .02 to .2 for pop, half of them more than .09; those to songs have
# .014 for song in the middle, and the judge of ``benchmarks.manner`` takes too few of them for songs as they are.
TYPICAL = 0.06


def odds_a_note(window: Window, manner: Manner, asked: Controls) -> Generator[Row, Floats, float]:
    """How much likelier the masked cells of a window are in the style that is asked for than in any; nats a note.

    ``window`` has notes there. 0 where it has none.
    """
    bare = replace(window, controls=np.zeros_like(window.controls))  # the style alone
    told, untold = manner_readings(bare, manner, asked)
    nats, notes = 0.0, 0
    for measure in (window.first + np.flatnonzero(window.mask.any(1))).tolist():
        likelier, written = yield from _nats(told, measure)
        than, _ = yield from _nats(untold, measure)
        nats, notes = nats + likelier - than, notes + written
    return nats / max(notes, 1)


def _nats(reading: MannerReading, measure: int) -> Generator[Row, Floats, tuple[float, int]]:
    """Log odds of the cells of a measure, and the number of their notes."""
    reading.turn_to(measure)
    window, memory, network = reading.window, reading.memory, reading.network
    now = np.zeros_like(window.mask)
    now[0] = window.mask[0]
    rows, places, targets = decoder_rows(replace(window, mask=now))
    nats = 0.0
    for row, at, ids in zip(rows, places, targets.tolist(), strict=True):
        h = yield Row(network, row, at, memory)
        for field, id in zip(TARGETS, ids, strict=True):
            if id:
                nats += float(log_odds(network.heads.logits(h, field))[id])
            h = network.heads.chosen(h, field, id)
    return nats, len(rows) - int(now.sum())
