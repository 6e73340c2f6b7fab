"""A model of single lines as an engine: what is known of the line, where it is open, and what the model puts there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

import numpy as np

from engine.cells import CellEngine
from engine.encoding import EncodedScore, encode
from engine.frames import Frame, Place, frames_of
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, EngineInfo, Passage, Sampling, WrittenCell
from engine.metre import metric_offset
from engine.score import Measure, Score
from engine.sounds.lines import line_of, starts_of
from engine.sounds.notation import PLAIN, Timeline, least_of, pieces_of, snapped, voices_of
from engine.sounds.rolls import STEPS, Ints, Sound
from engine.sounds.writing import Staffed, write_cells
from engine.staves import WholeParts
from engine.transformer.window import canonical

_HIGHEST = 127  # MIDI key


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

    def before(self, begin: int, new: Sequence[Sound], most: int) -> list[Sound]:
        """The last sounds before a stretch, at most so many, those among them that were written already.

        Where there are none, a tonic in the middle of the range that ends just there.
        """
        last = bisect_left(self.known, begin, key=lambda sound: sound.on)
        found = sorted([*self.known[max(last - most, 0) : last], *new[-most:]], key=lambda sound: sound.on)
        middle = min(max(round((self.low + self.high) / 24) * 12, self.low), self.high)
        return found[-most:] or [Sound(begin - STEPS, begin, middle)]


class LineModel(Protocol):
    """What a line engine asks."""

    def written(self, opening: Opening, sampling: Sampling) -> list[Sound]:
        """New sounds in the stretches, in order of time, none longer than its stretch; pitches as in the opening."""
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
        encoded = encode(_with_what_stays(score, frames))
        starts = starts_of(encoded)
        begin = int(starts[masked[0]])
        sounds = [
            replace(sound, on=sound.on - begin, off=sound.off - begin)
            for sound in self._written(part, encoded, passage, frames, controls, sampling)
        ]
        measures = score.measures[masked[0] : masked[-1] + 1]
        timeline = Timeline(measures, _whole_frames(measures, starts[masked[0] :]))
        line, *_ = voices_of(snapped(sounds, timeline, PLAIN, least_of(controls.shortest)), 1)
        found: defaultdict[Place, list[Staffed]] = defaultdict(list)
        staff = passage.staves_of(part)[0]
        for piece in pieces_of(line, 0, timeline):
            found[part, masked[0] + piece.measure].append((staff, piece))
        return found

    def _written(
        self,
        part: int,
        encoded: EncodedScore,
        passage: Passage,
        frames: dict[Place, Frame],
        controls: Controls,
        sampling: Sampling,
    ) -> list[Sound]:
        """New sounds at concert pitch: one opening after the other for each run of measures in one signature."""
        starts, instrument = starts_of(encoded), INSTRUMENTS[passage.score.parts[part].instrument]
        low = max(instrument.low, controls.low or 0)
        high = min(instrument.high, _HIGHEST if controls.high is None else controls.high)
        places = sorted(place for place in frames if place[0] == part)
        measures = passage.score.measures
        open_ = {
            (p, m): _open(frames[p, m], measures[m], int(starts[m]), int(starts[m + 1])) for p, m in places
        }
        everywhere = _merged(span for place in places for span in open_[place])
        known = list(_outside(line_of(encoded, part), everywhere))
        new: list[Sound] = []
        runs = groupby(places, key=lambda place: measures[place[1]].key.fifths)
        for index, (fifths, run) in enumerate(runs):
            shift = canonical(fifths).chromatic
            stretches = _merged(span for place in run for span in open_[place])
            before = sorted([*known, *new], key=lambda sound: sound.on)
            opening = Opening(
                tuple(_moved(before, shift)),
                tuple(stretches),
                starts,
                max(low + shift, 0),
                min(high + shift, _HIGHEST),
            )
            found = self.model.written(opening, replace(sampling, seed=sampling.seed + index))
            new += [replace(sound, pitch=sound.pitch - shift) for sound in found]
        return new


def _moved(sounds: Sequence[Sound], semitones: int) -> Iterator[Sound]:
    """The sounds at other pitches, by another octave where that would leave the keys of MIDI."""
    for sound in sounds:
        pitch = sound.pitch + semitones
        yield replace(sound, pitch=pitch - 12 * (pitch > _HIGHEST) + 12 * (pitch < 0))


def _with_what_stays(score: Score, frames: dict[Place, Frame]) -> Score:
    """The score with just those notes in the masked cells that stay."""
    return score.with_cells(
        {place: tuple(given.note for given in frame.given if given.fixed) for place, frame in frames.items()}
    )


def _open(frame: Frame, measure: Measure, start: int, end: int) -> list[tuple[int, int]]:
    """Where the model writes, in steps: in the open spans, and all over a cell of which only the rhythm is kept.

    ``start`` and ``end`` are those of the measure.
    """
    kept = all(given.fixed for given in frame.given)
    spans = frame.open if kept else Frame.empty(measure).open
    return [
        (start + round(from_ * STEPS), end if to == measure.duration else start + round(to * STEPS))
        for from_, to in spans
    ]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if found and found[-1][1] == begin:
            begin = found.pop()[0]
        found.append((begin, end))
    return found


def _outside(sounds: Sequence[Sound], stretches: Sequence[tuple[int, int]]) -> Iterator[Sound]:
    """The sounds that do not begin in a stretch, over at the latest where one begins; both are in order of time."""
    begins = [begin for begin, _ in stretches]
    for sound in sounds:
        following = bisect_right(begins, sound.on)
        if not following or stretches[following - 1][1] <= sound.on:
            yield replace(sound, off=min([sound.off, *begins[following : following + 1]]))


def _whole_frames(measures: Sequence[Measure], starts: Ints) -> Ints:
    """(measures, 2): from which step to which of a full measure each goes; ``starts`` are those in the score."""
    begin = np.array([round(metric_offset(measure) * STEPS) for measure in measures], np.int64)
    return np.stack([begin, begin + np.diff(starts[: len(measures) + 1])], 1)
