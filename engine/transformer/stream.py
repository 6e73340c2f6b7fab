"""One request while it is written: windows over the passage, one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.chords import ChordSpan, chord_spans
from engine.encoding import (
    C_MEASURE,
    M_KEY,
    MEASURE,
    PART,
    Array,
    EncodedScore,
    encode,
    encode_chords,
    with_cells,
)
from engine.frames import Frame, Place, frames_of
from engine.harmony import label_chords, with_symbols
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Outcome, Passage, Sampling, WrittenCell
from engine.pitch import Pitch
from engine.returns import earlier_of
from engine.score import Cell, Measure
from engine.staves import WholeParts
from engine.transformer.cell import CellState, Held, held_into, held_over, untied
from engine.transformer.choir import Choir, around
from engine.transformer.columns import CONTROLS
from engine.transformer.guidance import manner_ids, readings_of
from engine.transformer.manner import Manner
from engine.transformer.numpy_network import Floats
from engine.transformer.sampling import Sampler
from engine.transformer.typicality import TYPICAL, odds_a_note
from engine.transformer.window import Likeness, Mask, Window, canonical, gathered
from engine.transformer.writer import Row, Rows, WindowWriter
from engine.transformer.writing_network import WritingNetwork
from engine.vocabulary import DENSITY, POLYPHONY, REGISTER, nearest_id, step_id

# Shares of a window: measures before the first one to be written, which are context, and measures at its
# end, which are looked at now and written with the next window.
_BEFORE, _AFTER = 3 / 8, 1 / 8

# Measures of rest in a row: an accompanist who stays silent for longer has lost the place, and another player
# who was asked for is not heard. Nobody rests all the time; a choir sings wherever the melody does that it harmonizes.
_ACCOMPANISTS = ("keyboard", "plucked")  # families of instruments
_REST_OF_ACCOMPANISTS, _REST_OF_OTHERS = 1, 2
_SHORT = 8  # measures: of fewer, two would be too many to rest in

Cells = dict[tuple[int, int], Cell]  # by (measure, part)


class TransformerStream:
    """A coroutine with two ends: rows for the network come out, its states go in, and cells are finished on the way."""

    def __init__(
        self,
        network: WritingNetwork,
        passage: Passage,
        controls: Controls,
        sampling: Sampling,
        manner: Manner | None = None,
    ) -> None:
        """``manner`` guides the network to the style or composer that is asked for, see ``guidance``."""
        self.network, self.controls, self.manner = network, controls, manner
        self.done = False  # see ``Stream.done``
        self._frames: dict[Place, Frame] = {}
        self._chords: list[tuple[ChordSpan, ...]] = []  # by measure
        self._decided: defaultdict[int, dict[int, Pitch]] = defaultdict(dict)  # by part
        self._held: dict[tuple[int, int], Held] = {}  # by (measure, part)
        self._earlier: dict[Place, int] = {}
        self._rows = self._write(passage, sampling)
        self._row: Row | None = None
        self._finished: list[WrittenCell] = []
        self._error: Exception | None = None

    def row(self) -> Row | None:
        """What the network is to see next; None when the stream is done. The first call reads the passage."""
        if self._row is None and not self.done:
            self._go_on(None)
        return self._row

    def answer(self, state: Floats) -> None:
        """Go on to the next row with the network's state (width,) after the last one."""
        self._go_on(state)

    def outcome(self) -> Outcome:
        """What has come since the last call."""
        finished, error = tuple(self._finished), self._error
        self._finished, self._error = [], None
        return error or finished

    def _go_on(self, state: Floats | None) -> None:
        self._row, self.done = None, True  # unless another row comes
        try:
            self._row = next(self._rows) if state is None else self._rows.send(state)
            self.done = False
        except StopIteration:
            pass
        except Exception as error:  # one stream's fault, whatever it is, is no other's
            self._error = error

    def _write(self, given: Passage, sampling: Sampling) -> Rows:
        whole, sampler = WholeParts.of(given), Sampler(sampling)
        passage, score = whole.passage, whole.passage.score
        self._chords = chord_spans(score.measures)
        self._frames = frames_of(passage, self.controls, sampling.seed)
        unknown = {place for place in passage.mask if not self._frames[place].settled}
        earlier = self._earlier = earlier_of(passage, self.controls, sampling.seed)
        encoded = with_cells(encode(score), {(m, p): () for p, m in unknown})
        waiting = sorted((m, p) for p, m in passage.mask)
        done: Cells = {}
        nats: dict[tuple[int, int], float] = {}  # what returns is as likely as what it returns to
        while waiting:
            again = {place for place in unknown & earlier.keys() if (place[0], earlier[place]) not in unknown}
            encoded = with_cells(encoded, {(m, p): _known(passage, done, earlier[p, m], p) for p, m in again})
            unknown -= again
            view = View.of(passage, waiting[0][0], self.network.config.measures)
            if self.manner:
                encoded = yield from self._guided(passage, done, encoded, view, sampling)
            window = self._window(passage, encoded, unknown, view)
            writer = WindowWriter(readings_of(self.network, window, self.manner, self.controls), sampler)
            # What returns to measures that are written now can be known to the next window.
            until = min([view.write_until, *(measure for _, measure in unknown & earlier.keys())])
            now = [cell for cell in waiting if cell[0] < until]
            for measure, part in now:
                if (part, measure) in unknown:
                    before = sampler.nats
                    cell = self._cell_state(passage, done, measure, part)
                    yield from writer.write(view.measures.index(measure), part, cell)
                    done[measure, part], self._held[measure, part] = cell.finished, cell.left_sounding
                    nats[measure, part] = sampler.nats - before
                elif (part, measure) in earlier:
                    notes = _known(passage, done, earlier[part, measure], part)
                    if Choir.around(passage, done, measure, part).forbids(notes):
                        del earlier[part, measure]
                        unknown.add((part, measure))
                        encoded = with_cells(encoded, {(measure, part): ()})
                        now = now[: now.index((measure, part))]  # the next window is without it
                        break
                    done[measure, part] = untied(notes, held_into(passage, self._held, measure, part))
                    self._held[measure, part] = held_over(notes, score.measures[measure])
                    nats[measure, part] = nats.get((earlier[part, measure], part), 0.0)
                else:
                    done[measure, part] = score.parts[part].cells[measure]
                written = WrittenCell(part, measure, done[measure, part], nats.get((measure, part), 0.0))
                self._finished.append(whole.back(written))
            encoded = with_cells(encoded, {key: done[key] for key in now})
            unknown -= {(part, measure) for measure, part in now}
            waiting = waiting[len(now) :]

    def _guided(
        self, passage: Passage, done: Cells, encoded: EncodedScore, view: View, sampling: Sampling
    ) -> Generator[Row, Floats, EncodedScore]:
        """The score with the harmony of a view before what guides: its chord symbols, or else those of a draft.

        What guides does not hear the given parts; with their harmony it agrees with what hears them. From a passage
        whose first draft has the style already it is sent away: it would overdo it. One that is asked for a composer
        keeps it, for what tells composers from each other is little beside what they have in common.
        """
        measures: Sequence[Measure] = passage.score.measures
        harmonized = any(measures[measure].chords for measure in view.measures)
        judged = not done and not self.controls.composer
        if judged or not harmonized:
            drafted = with_cells(encoded, (yield from self._draft(passage, done, view, sampling)))
            if not harmonized:
                measures = _with_harmony(measures, drafted, view)
            drafted = replace(drafted, chords=encode_chords(measures))
            window = self._window(passage, drafted, set(passage.mask), view)
            if (
                judged
                and self.manner
                and (yield from odds_a_note(window, self.manner, self.controls)) > TYPICAL
            ):
                self.manner = None
                return encoded
        self._chords = chord_spans(measures)
        return replace(encoded, chords=encode_chords(measures))

    def _draft(
        self, passage: Passage, done: Cells, view: View, sampling: Sampling
    ) -> Generator[Row, Floats, Cells]:
        """What the network would write in a view, asked for no style and no composer."""
        mask = frozenset((p, m) for p, m in passage.mask if (m, p) not in done and m in view.measures)
        asked = replace(self.controls, style="", composer="")
        known = replace(
            passage,
            score=passage.score.with_cells({(p, m): cell for (m, p), cell in done.items()}),
            mask=mask,
        )
        draft = TransformerStream(self.network, known, asked, sampling)
        yield from draft._rows
        return {(cell.measure, cell.part): cell.notes for cell in draft._finished}

    def _window(self, passage: Passage, encoded: EncodedScore, unknown: set[Place], view: View) -> Window:
        mask: Mask = np.zeros((len(view.measures), len(encoded.parts)), np.bool_)
        for part, measure in unknown:
            if measure in view.measures:
                mask[view.measures.index(measure), part] = True
        shift = canonical(int(encoded.measures[view.first, M_KEY]))
        ids = self._control_ids(passage, encoded, shift.chromatic)
        seen = gathered(encoded, view.measures)
        return Window(seen, 0, len(view.measures), mask, _heard(passage, encoded), ids, shift)

    def _control_ids(self, passage: Passage, encoded: EncodedScore, chromatic: int) -> Array:
        """(n_parts, 5): ids of the wishes, 0 where there is none; ``chromatic`` is the window's shift in semitones.

        What is not asked for is as in the measures that are to be the example, or as is usual in the style.
        """
        controls = self.controls
        ids = np.zeros((len(encoded.parts), len(CONTROLS)), np.int16)
        for part in {part for part, _ in passage.mask}:
            if found := self._likeness(passage, encoded, part):
                ids[part, 2:] = found.ids(chromatic)
        ids[:, :2] = manner_ids(controls, self.network.config)
        if controls.density is not None:
            ids[:, 2] = step_id(DENSITY.values, controls.density)
        if controls.polyphony is not None:
            ids[:, 3] = step_id(POLYPHONY.values, controls.polyphony)
        if controls.low is not None and controls.high is not None:
            ids[:, 4] = nearest_id(REGISTER.values, (controls.low + controls.high) / 2 + chromatic)
        return ids

    def _likeness(self, passage: Passage, encoded: EncodedScore, part: int) -> Likeness | None:
        if passage.like:
            return _likeness_of(encoded, passage.like, part)
        if self.manner and part not in passage.staves:  # what is usual holds for both hands together
            return self.manner.likeness(self.controls, passage.score.parts[part].instrument)
        return None

    def _cell_state(self, passage: Passage, done: Cells, measure: int, part: int) -> CellState:
        score = passage.score
        instrument = INSTRUMENTS[score.parts[part].instrument]
        following = self._earlier.get((part, measure + 1))
        will_rest = following is not None and _known(passage, done, following, part) == ()
        led = any(score.parts[lead].cells[measure] for lead in passage.choir)
        must_sound = led or _has_rested(passage, done, measure, part, will_rest)
        staves, frame = passage.staves_of(part), self._frames[part, measure]
        return CellState(
            score.measures[measure],
            instrument,
            self.controls,
            held_into(passage, self._held, measure, part),
            must_sound,
            staves,
            frame,
            self._decided[part],
            self._chords[measure],
            Choir.around(passage, done, measure, part),
            _known(passage, done, measure - 1, part) if measure else (),
            around(passage, done, measure, part),
            measure == 0 and _enters(passage, part),
        )


@dataclass(frozen=True, slots=True)
class View:
    """The measures that the network sees at once: those of the example, then a run around what is written."""

    measures: list[int]
    first: int  # of those that are written
    write_until: int  # measures from there on are looked at now and written with the next view

    @classmethod
    def of(cls, passage: Passage, first: int, size: int) -> View:
        """At most ``size`` measures, half of them for the example, for a passage that is written from ``first`` on."""
        example = list(passage.like[: size // 2])
        room, total = size - len(example), len(passage.score.measures)
        start = max(0, first - int(_BEFORE * room))
        end = min(total, start + room)
        run = range(start, end)
        until = end if end == total else end - int(_AFTER * len(run))
        return cls([measure for measure in example if measure not in run] + [*run], first, until)


def _with_harmony(measures: Sequence[Measure], drafted: EncodedScore, view: View) -> Sequence[Measure]:
    """Those of a view with the chord symbols of what sounds in them."""
    rows = label_chords(gathered(drafted, view.measures))
    rows[:, C_MEASURE] = np.array(view.measures, np.int16)[rows[:, C_MEASURE]]
    return with_symbols(measures, rows)


def _likeness_of(encoded: EncodedScore, measures: Sequence[int], part: int) -> Likeness | None:
    """Of a part in some measures, None where it is silent there."""
    notes = encoded.notes
    mine = notes[(notes[:, PART] == part) & np.isin(notes[:, MEASURE], measures)]
    quarters = float(np.diff(encoded.starts)[list(measures)].sum())
    return Likeness.of(mine, quarters) if len(mine) else None


def _known(passage: Passage, done: Cells, measure: int, part: int) -> Cell:
    """What stands in a cell, written now or before."""
    return done.get((measure, part), passage.score.parts[part].cells[measure])


def _heard(passage: Passage, encoded: EncodedScore) -> Mask:
    heard = np.ones(len(encoded.parts), np.bool_)
    if passage.listen:
        heard[:] = False
        heard[sorted(passage.listen | {p for p, _ in passage.mask})] = True
    return heard & (encoded.parts > 0)


def _has_rested(passage: Passage, done: Cells, measure: int, part: int, will_rest: bool) -> bool:
    """Whether the part has been silent for so long that it has to play now; ``will_rest``: it will be next."""
    family = INSTRUMENTS[passage.score.parts[part].instrument].family
    before, after = (_run(passage, measure, part, step) for step in (-1, 1))
    short = before + 1 + after < _SHORT
    patience = _REST_OF_ACCOMPANISTS if short or family in _ACCOMPANISTS else _REST_OF_OTHERS
    if not after:  # the last chance
        patience = min(patience, before)
    patience -= will_rest
    return all(done.get((measure - 1 - n, part)) == () for n in range(patience))


def _run(passage: Passage, measure: int, part: int, step: int) -> int:
    """Measures in a row that are to be written after a cell, or before it with a step of -1; at most ``_SHORT``."""
    run = (n for n in range(_SHORT) if (part, measure + step * (n + 1)) not in passage.mask)
    return next(run, _SHORT)


def _enters(passage: Passage, part: int) -> bool:
    """Whether the part does not wait at the beginning: an accompanist or a singer, if others sound there.

    In a pickup it may. The network knows beginnings of works, most of which are preludes or rests, and not of sketches.
    """
    measure, family = passage.score.measures[0], INSTRUMENTS[passage.score.parts[part].instrument].family
    whole = measure.duration >= measure.metre.duration
    return (
        whole
        and family in (*_ACCOMPANISTS, "voice")
        and any(start <= 0 for start, _, _ in around(passage, {}, 0, part))
    )
