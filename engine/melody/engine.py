"""A model of single lines as an engine: what is known of the line, where it is open, and what the model puts there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

import numpy as np

from engine.cells import CellEngine
from engine.encoding import EncodedScore, encode
from engine.frames import Frame, Place, frames_of
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, EngineInfo, Passage, Sampling, WrittenCell
from engine.metre import metric_offset
from engine.score import Cell, Measure, Score
from engine.sounds.lines import line_of, starts_of
from engine.sounds.notation import PLAIN, Timeline, pieces_of, snapped, voices_of
from engine.sounds.rolls import STEPS, Ints, Sound
from engine.sounds.writing import Staffed, write_cells
from engine.staves import WholeParts
from engine.transformer.window import canonical


@dataclass(frozen=True, slots=True)
class Opening:
    """A line and the stretches of it that are to be written; times in steps of 24 to the quarter.

    ``known`` are the sounds outside of ``stretches`` (from, to), both in order of time, moved to a signature without
    accidentals, as ``low`` and ``high`` are: MIDI keys between which the new sounds lie. ``starts`` are the beginnings
    of the measures, and the end.
    """

    known: tuple[Sound, ...]
    stretches: tuple[tuple[int, int], ...]
    starts: Ints
    low: int
    high: int


class LineModel(Protocol):
    """What a line engine asks."""

    def written(self, opening: Opening, sampling: Sampling) -> list[Sound]:
        """New sounds in the stretches, in order of time, none longer than its stretch."""
        ...


class LineEngine(CellEngine):
    """Writes the line of each part alone, in its first voice; chords that are known count with their highest key."""

    def __init__(self, model: LineModel, info: EngineInfo) -> None:
        self.model, self.info = model, info

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        """See ``CellEngine.cells``."""
        whole = WholeParts.of(passage)
        frames = frames_of(whole.passage, controls, sampling.seed)
        pieces: dict[Place, list[Staffed]] = {}
        for part in sorted({part for part, _ in whole.passage.mask}):
            pieces |= self._pieces(part, whole.passage, frames, controls, sampling)
        yield from map(whole.back, write_cells(whole.passage, controls, sampling, pieces))

    def _pieces(
        self,
        part: int,
        passage: Passage,
        frames: dict[Place, Frame],
        controls: Controls,
        sampling: Sampling,
    ) -> dict[Place, list[Staffed]]:
        """What the model wants written, by (part, measure)."""
        score, masked = passage.score, sorted(m for p, m in passage.mask if p == part)
        here = slice(masked[0], masked[-1] + 1)
        shift = canonical(score.measures[masked[0]].key.fifths).chromatic
        encoded = encode(_with_what_stays(score, part, frames))
        opening = _opening(encoded, part, passage, frames, controls, shift)
        begin = int(opening.starts[masked[0]])
        sounds = [
            Sound(sound.on - begin, sound.off - begin, sound.pitch - shift)
            for sound in self.model.written(opening, sampling)
        ]
        measures = score.measures[here]
        timeline = Timeline(measures, _whole_frames(measures))
        shortest = int((controls.shortest or 0) * STEPS)
        line, *_ = voices_of(snapped(sounds, timeline, PLAIN, shortest if shortest > min(PLAIN) else 0), 1)
        found: defaultdict[Place, list[Staffed]] = defaultdict(list)
        staff = passage.staves_of(part)[0]
        for piece in pieces_of(line, 0, timeline):
            found[part, masked[0] + piece.measure].append((staff, piece))
        return found


def _opening(
    encoded: EncodedScore,
    part: int,
    passage: Passage,
    frames: dict[Place, Frame],
    controls: Controls,
    shift: int,
) -> Opening:
    instrument = INSTRUMENTS[passage.score.parts[part].instrument]
    starts = starts_of(encoded)
    stretches = _merged(
        (int(starts[measure] + from_ * STEPS), int(starts[measure] + to * STEPS))
        for (other, measure), frame in sorted(frames.items())
        if other == part
        for from_, to in _open(frame, passage.score.measures[measure])
    )
    known = [replace(sound, pitch=sound.pitch + shift) for sound in line_of(encoded, part)]
    return Opening(
        tuple(_outside(known, stretches)),
        tuple(stretches),
        starts,
        max(instrument.low, controls.low or 0) + shift,
        min(instrument.high, 127 if controls.high is None else controls.high) + shift,
    )


def _with_what_stays(score: Score, part: int, frames: dict[Place, Frame]) -> Score:
    """The score with just those notes in the masked cells of the part that stay."""

    def cell(measure: int, notes: Cell) -> Cell:
        frame = frames.get((part, measure))
        return notes if frame is None else tuple(given.note for given in frame.given if given.fixed)

    own = score.parts[part]
    kept = replace(own, cells=tuple(cell(measure, notes) for measure, notes in enumerate(own.cells)))
    return replace(score, parts=(*score.parts[:part], kept, *score.parts[part + 1 :]))


def _open(frame: Frame, measure: Measure) -> Sequence[tuple[Fraction, Fraction]]:
    """Where the model writes: in the open spans, and all over a cell of which only the rhythm is kept."""
    kept = all(given.fixed for given in frame.given)
    return frame.open if kept else Frame.empty(measure).open


def _merged(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if found and found[-1][1] == begin:
            begin = found.pop()[0]
        found.append((begin, end))
    return found


def _outside(sounds: Sequence[Sound], stretches: Sequence[tuple[int, int]]) -> Iterator[Sound]:
    """The sounds that do not begin in a stretch, over at the latest where one begins."""
    for sound in sounds:
        if not any(begin <= sound.on < end for begin, end in stretches):
            ends = [begin for begin, _ in stretches if sound.on < begin < sound.off]
            yield replace(sound, off=min([sound.off, *ends]))


def _whole_frames(measures: Sequence[Measure]) -> Ints:
    """(measures, 2): from which step to which of a full measure each goes."""
    begin = [round(metric_offset(measure) * STEPS) for measure in measures]
    ends = [start + round(measure.duration * STEPS) for start, measure in zip(begin, measures, strict=True)]
    return np.stack([begin, ends], 1)
