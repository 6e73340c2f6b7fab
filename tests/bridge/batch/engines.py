"""Engines that other processes can open by name, and the command ``obbligato`` with one of them.

python -m tests.bridge.batch.engines accompany ...
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from fractions import Fraction
from operator import itemgetter
from pathlib import Path

from bridge.cli import batch, main
from engine.cells import CellEngine
from engine.interface import Controls, Engine, EngineInfo, Passage, Sampling, WrittenCell
from engine.pitch import Pitch
from engine.score import Note


class Slow(CellEngine):
    """A note a measure, by the seed. ``slow`` scores take long; of ``deadly`` ones it dies, of ``once FILE`` once."""

    info = EngineInfo("slow", "for tests")
    waits = True

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        title, measures = passage.score.title, passage.score.measures
        rng = random.Random(f"{sampling.seed} {title}")
        for part, measure in sorted(passage.mask, key=itemgetter(1, 0)):
            if self.waits:
                time.sleep(0.5 if title == "slow" else 0.02)
            if title == "deadly" or (title.startswith("once ") and first_time(Path(title[5:]))):
                os.kill(os.getpid(), signal.SIGKILL)
            note = Note(Fraction(0), measures[measure].duration, Pitch(rng.choice("CDEFGAB"), 0, 4))
            yield WrittenCell(part, measure, (note,))


class Quick(Slow):
    """Writes the same at once."""

    waits = False


def first_time(marker: Path) -> bool:
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def open_slow(name: str) -> Engine:
    return Slow()


def open_deadly(name: str) -> Engine:
    os._exit(1)


if __name__ == "__main__":
    batch.open_engine = open_slow
    main()
