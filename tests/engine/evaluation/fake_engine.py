"""An engine that writes a whole note in every cell and says what it was asked.

It stands on the third line, or that of another ``pitch``, an octave lower for odd seeds; where the engine
``listens``, on the first given note.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from engine.interface import EngineInfo, WrittenCell
from engine.pitch import Pitch
from engine.score import Note


@dataclass
class FakeStream:
    passage: object
    sampling: object
    cells: list = field(default_factory=list)

    @property
    def done(self):
        return not self.cells


class FakeEngine:
    def __init__(self, fail_at=None, listens=False, pitch="B", **can):
        self.info = EngineInfo("fake", **can)
        self.streams, self.most, self.steps, self.fail_at = [], 0, 0, fail_at
        self.listens, self.pitch = listens, pitch

    def begin(self, passage, controls, sampling):
        stream = FakeStream(passage, sampling, sorted(passage.mask, key=lambda cell: cell[::-1]))
        self.streams.append(stream)
        return stream

    def step(self, streams):
        self.most, self.steps = max(self.most, len(streams)), self.steps + 1
        if self.steps == self.fail_at:
            return [RuntimeError("broken")] * len(streams)
        return [(self._cell(stream),) for stream in streams]

    def _cell(self, stream):
        part, measure = stream.cells.pop(0)
        length = stream.passage.score.measures[measure].duration
        pitch = Pitch(self.pitch, 0, 4 - stream.sampling.seed % 2)
        if self.listens:
            pitch = stream.passage.score.parts[0].cells[measure][0].pitch
        return WrittenCell(part, measure, (Note(Fraction(0), length, pitch),))
