"""MuseGAN as an engine: the passage phrase by phrase, every phrase led by the tracks that are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.cells import CellEngine
from engine.interface import Controls, EngineInfo, Passage, Sampling, WrittenCell
from engine.musegan.info import SHIPPED, describe, weights_in
from engine.musegan.network import Generator
from engine.musegan.passage import written_cells
from engine.musegan.weights import load_weights


class MuseGanEngine(CellEngine):
    """``generators`` by ensemble."""

    def __init__(self, generators: dict[str, Generator], info: EngineInfo) -> None:
        self.generators, self.info = generators, info

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> MuseGanEngine:
        """With all the weights in that folder; raises OSError when there are none."""
        generators = {name: load_weights(path) for name, path in weights_in(folder).items()}
        return cls(generators, describe(folder))

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        """See ``CellEngine.cells``."""
        return written_cells(self.generators, passage, controls, sampling)
