"""For engines that write one cell after the other: a generator of cells is all that they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from engine.interface import Controls, EngineInfo, Outcome, Passage, Sampling, Stream, WrittenCell


class CellStream:
    """A cell a step; what the iterator raises ends the stream."""

    def __init__(self, cells: Iterator[WrittenCell]) -> None:
        self._cells = cells
        self.done = False  # see ``Stream.done``

    def step(self) -> Outcome:
        """The next cell, none at the end, or what went wrong."""
        try:
            return (next(self._cells),)
        except StopIteration:
            self.done = True
            return ()
        except Exception as error:  # one stream's fault, whatever it is, is no other's
            self.done = True
            return error


class CellEngine:
    """An engine whose subclass has ``info`` and ``cells``."""

    info: EngineInfo

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        """Every masked cell once, measures in order, parts in order within a measure."""
        raise NotImplementedError

    def begin(self, passage: Passage, controls: Controls, sampling: Sampling) -> Stream:
        """See ``Engine.begin``."""
        return CellStream(self.cells(passage, controls, sampling))

    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        """See ``Engine.step``."""
        return [stream.step() for stream in cast(Sequence[CellStream], streams)]
