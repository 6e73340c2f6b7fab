"""One request while it is written: windows over the passage, one after the other."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from engine.encoding import M_KEY, EncodedScore, encode, with_cells
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Outcome, Passage, Sampling, WrittenCell
from engine.score import Cell
from engine.staves import WholeParts
from engine.transformer.cell import CellState, Held, held_over, tidied
from engine.transformer.columns import CONTROLS
from engine.transformer.network import Network
from engine.transformer.rules import RuleSet
from engine.transformer.sampling import Sampler
from engine.transformer.window import Mask, Window, canonical
from engine.transformer.writer import Row, Rows, WindowWriter
from engine.vocabulary import DENSITY, POLYPHONY, REGISTER, STYLE, nearest_id, step_id

# Shares of a window: measures before the first one to be written, which are context, and measures at its
# end, which are looked at now and written with the next window.
_BEFORE, _AFTER = 3 / 8, 1 / 8

# Measures of rest in a row: an accompanist who stays silent for longer has lost the place, and another player
# who was asked for is not heard. Nobody rests all the time.
_ACCOMPANISTS = ("keyboard", "plucked")  # families of instruments
_REST_OF_ACCOMPANISTS, _REST_OF_OTHERS = 1, 2

Cells = dict[tuple[int, int], Cell]  # by (measure, part)


class TransformerStream:
    """A coroutine with two ends: rows for the network come out, its states go in, and cells are finished on the way."""

    def __init__(self, network: Network, passage: Passage, controls: Controls, sampling: Sampling) -> None:
        self.network, self.controls = network, controls
        self.done = False  # see ``Stream.done``
        self._rows = self._write(passage, Sampler(sampling))
        self._row: Row | None = None
        self._finished: list[WrittenCell] = []
        self._error: Exception | None = None

    def row(self) -> Row | None:
        """What the network is to see next; None when the stream is done. The first call reads the passage."""
        if self._row is None and not self.done:
            self._go_on(None)
        return self._row

    def answer(self, state: Tensor) -> None:
        """Go on to the next row with the network's state (width,) after the last one."""
        self._go_on(state)

    def outcome(self) -> Outcome:
        """What has come since the last call."""
        finished, error = tuple(self._finished), self._error
        self._finished, self._error = [], None
        return error or finished

    def _go_on(self, state: Tensor | None) -> None:
        self._row, self.done = None, True  # unless another row comes
        try:
            self._row = next(self._rows) if state is None else self._rows.send(state)
            self.done = False
        except StopIteration:
            pass
        except Exception as error:  # one stream's fault, whatever it is, is no other's
            self._error = error

    def _write(self, given: Passage, sampler: Sampler) -> Rows:
        whole = WholeParts.of(given)
        passage, score = whole.passage, whole.passage.score
        encoded = with_cells(encode(score), {(m, p): () for p, m in passage.mask})
        waiting = sorted((m, p) for p, m in passage.mask)
        done: Cells = {}
        while waiting:
            window = self._window(passage, encoded, waiting)
            writer = WindowWriter(self.network, window, sampler, RuleSet(window.shift))
            now = [cell for cell in waiting if cell[0] < _write_until(window, len(score.measures))]
            for measure, part in now:
                cell = _cell_state(passage, done, measure, part, self.controls)
                yield from writer.write(measure, part, cell)
                done[measure, part] = tidied(cell.cell, score.measures[measure], cell.held)
                self._finished.append(whole.back(WrittenCell(part, measure, done[measure, part])))
            encoded = with_cells(encoded, {key: done[key] for key in now})
            waiting = waiting[len(now) :]

    def _window(self, passage: Passage, encoded: EncodedScore, waiting: list[tuple[int, int]]) -> Window:
        size = self.network.config.measures
        first = max(0, waiting[0][0] - int(_BEFORE * size))
        last = min(len(encoded.measures), first + size)
        mask: Mask = np.zeros((last - first, len(encoded.parts)), np.bool_)
        for measure, part in waiting:
            if measure < last:
                mask[measure - first, part] = True
        shift = canonical(int(encoded.measures[waiting[0][0], M_KEY]))
        heard = _heard(passage, encoded)
        ids = np.tile(self._control_ids(shift.chromatic), (len(encoded.parts), 1))
        return Window(encoded, first, last, mask, heard, ids, shift)

    def _control_ids(self, chromatic: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        """Ids of the wishes, 0 where there is none; ``chromatic`` is the window's shift in semitones."""
        controls, composers = self.controls, self.network.config.composers
        ids = np.zeros(len(CONTROLS), np.int16)
        ids[0] = STYLE.get(controls.style)
        ids[1] = composers.index(controls.composer) + 1 if controls.composer in composers else 0
        if controls.density is not None:
            ids[2] = step_id(DENSITY.values, controls.density)
        if controls.polyphony is not None:
            ids[3] = step_id(POLYPHONY.values, controls.polyphony)
        if controls.low is not None and controls.high is not None:
            ids[4] = nearest_id(REGISTER.values, (controls.low + controls.high) / 2 + chromatic)
        return ids


def _write_until(window: Window, measures: int) -> int:
    size = window.last - window.first
    return window.last if window.last == measures else window.last - int(_AFTER * size)


def _heard(passage: Passage, encoded: EncodedScore) -> Mask:
    heard = np.ones(len(encoded.parts), np.bool_)
    if passage.listen:
        heard[:] = False
        heard[sorted(passage.listen | {p for p, _ in passage.mask})] = True
    return heard & (encoded.parts > 0)


def _cell_state(passage: Passage, done: Cells, measure: int, part: int, controls: Controls) -> CellState:
    score = passage.score
    instrument = INSTRUMENTS[score.parts[part].instrument]
    held: Held = frozenset()
    if measure:
        before = done.get((measure - 1, part), score.parts[part].cells[measure - 1])
        held = held_over(before, score.measures[measure - 1])
    must_sound = _has_rested(passage, done, measure, part)
    staves = passage.staves_of(part)
    return CellState(score.measures[measure], instrument, controls, held, must_sound, staves)


def _has_rested(passage: Passage, done: Cells, measure: int, part: int) -> bool:
    """Whether the part has been silent for so long that it has to play now."""
    family = INSTRUMENTS[passage.score.parts[part].instrument].family
    patience = _REST_OF_ACCOMPANISTS if family in _ACCOMPANISTS else _REST_OF_OTHERS
    if (part, measure + 1) not in passage.mask:  # the last chance
        run = 0
        while (part, measure - 1 - run) in passage.mask:
            run += 1
        patience = min(patience, run)
    return all(done.get((measure - 1 - n, part)) == () for n in range(patience))
