"""For engines of tests, which write cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from engine.interface import Controls, Outcome, Passage, Sampling, Stream, WrittenCell


@dataclass
class CellStream:
    """A cell a step; what the iterator raises ends the stream."""

    cells: Iterator[WrittenCell]
    done: bool = False

    def step(self) -> Outcome:
        try:
            return (next(self.cells),)
        except StopIteration:
            self.done = True
            return ()
        except Exception as error:
            self.done = True
            return error


class CellEngine:
    """Needs ``cells``, which gives them in the order of an engine."""

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        raise NotImplementedError

    def begin(self, passage: Passage, controls: Controls, sampling: Sampling) -> Stream:
        return CellStream(self.cells(passage, controls, sampling))

    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        return [stream.step() for stream in cast(Sequence[CellStream], streams)]
