"""From what a track sounds like to notes that can be written: a grid for each beat, voices, tied values.

Steps are those of ``engine.sounds.rolls``, counted from the beginning of the first measure.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise
from typing import TypeVar

import numpy as np

from engine.exact import Fraction
from engine.metre import metre_groups
from engine.score import Measure, NoteValue, Tuplet
from engine.sounds.rolls import STEPS, Ints, Sound

Grids = Mapping[int, float]  # steps of 24 to the quarter -> its price in steps by which edges are moved

# Quarters, eighths, triplets, 16ths, triplet 16ths, 32nds: whatever is on one of them stays where it is.
EXACT: Grids = {24: 0.0, 12: 0.01, 8: 0.02, 6: 0.03, 4: 0.04, 3: 0.05}
# What is written of music that was made up: of finer values few are meant, and of triplets with a single edge.
PLAIN: Grids = {24: 0.0, 12: 0.01, 6: 0.02, 8: 3.0}
_TRIPLET = Tuplet(3, 2)


@dataclass(frozen=True, slots=True)
class Chord:
    """Keys of one voice that sound together, from a step to another."""

    on: int
    off: int
    keys: tuple[int, ...]  # MIDI, rising


T = TypeVar("T", Sound, Chord)


@dataclass(frozen=True, slots=True)
class Piece:
    """A written value of a chord in a measure; ``tied`` to the piece before it, where that is so."""

    measure: int
    onset: Fraction  # quarters from the start of the measure
    value: NoteValue
    voice: int  # of its staff, from 0
    keys: tuple[int, ...]
    tied: bool

    @property
    def end(self) -> Fraction:
        return self.onset + self.value.duration


class Timeline:
    """Consecutive measures in steps, ``quarter`` of them to the quarter."""

    def __init__(self, measures: Sequence[Measure], frames: Ints, resolution: int = STEPS) -> None:
        """``frames`` as in ``engine.sounds.rolls``; a measure that has none is as long as nothing."""
        self.measures, self.frames, self.quarter = measures, frames, resolution
        self.starts = np.concatenate([[0], np.cumsum(frames[:, 1] - frames[:, 0])])

    def whole(self, measure: int) -> tuple[int, int]:
        """From which step to which a measure goes."""
        return int(self.starts[measure]), int(self.starts[measure + 1])

    def beats(self, measure: int) -> list[tuple[int, int]]:
        """From which step to which each beat of a measure goes: a quarter, or three eighths."""
        metre = self.measures[measure].metre
        compound = metre.unit >= 8 and set(metre_groups(metre)) == {3}
        beat = self.quarter * 3 // 2 if compound else self.quarter
        begin, end = self.frames[measure].tolist()
        start = int(self.starts[measure]) - begin
        edges = [begin, *range((begin // beat + 1) * beat, end, beat), end]
        return [(start + a, start + b) for a, b in pairwise(edges) if a < b]


def least_of(shortest: Fraction | None) -> int:
    """What ``snapped`` is asked for a user's shortest value, in quarters: 0 where its own grids keep to that."""
    steps = int((shortest or 0) * STEPS)
    return steps if steps > min(PLAIN) else 0


def snapped(
    sounds: Sequence[Sound], timeline: Timeline, grids: Grids = EXACT, shortest: int = 0
) -> list[Sound]:
    """The sounds with each edge on the grid of its beat: the one of ``grids`` that the edges in the beat fit best.

    What is shorter than half a step of its grid goes. Compound beats have no triplets. With a ``shortest`` length, in
    steps of 24 to the quarter, every edge is on a multiple of it in the measure, and every sound as long at least.
    """
    total = int(timeline.starts[-1])
    place = np.arange(total + 1)
    edges = np.unique([time for sound in sounds for time in (sound.on, sound.off)]).astype(np.int64)
    scale = timeline.quarter // STEPS
    for measure in range(len(timeline.measures)):
        for begin, end in [timeline.whole(measure)] if shortest else timeline.beats(measure):
            inside = edges[(edges > begin) & (edges < end)]
            asked = {shortest: 0.0} if shortest else grids
            fitting = [grid for grid in asked if grid % 3 == 0 or end - begin == timeline.quarter]
            prices = {grid * scale: asked[grid] * scale for grid in fitting}
            step = min(prices, key=lambda step: _distance(inside - begin, step) + prices[step])
            here = place[begin : end + 1]
            here[:] = begin + np.minimum((here - begin + step // 2) // step * step, end - begin)
    least = shortest * scale
    moved = (
        replace(s, on=int(place[s.on]), off=max(int(place[s.off]), int(place[s.on]) + least)) for s in sounds
    )
    moved = (replace(sound, off=min(sound.off, total)) for sound in moved)
    return sorted({sound for sound in moved if sound.on < sound.off}, key=lambda s: (s.on, s.pitch, s.off))


def _distance(times: Ints, step: int) -> float:
    rest = times % step
    return float(np.minimum(rest, step - rest).sum())


def voices_of(sounds: Sequence[Sound], most: int) -> list[list[Chord]]:
    """Up to ``most`` voices, the highest first, each a chord after the other; what does not fit is cut short."""
    lines: list[list[Chord]] = [[] for _ in range(most)]
    for on, struck in groupby(sounds, key=lambda sound: sound.on):
        chords = _chords(list(struck), most)
        free = [i for i, line in enumerate(lines) if not line or line[-1].off <= on]
        if not (len(chords) <= len(free) and _in_order(lines, free, chords, on)):
            for line in lines:
                if line and line[-1].off > on:
                    line[-1] = replace(line[-1], off=on)
            free = list(range(most))
        for i, chord in zip(free, chords, strict=False):
            lines[i].append(chord)
    return lines


def _chords(struck: list[Sound], most: int) -> list[Chord]:
    """Sounds of one onset by their ends, the highest first; of more than ``most`` chords the lowest are one."""
    ends = sorted(
        {sound.off for sound in struck}, key=lambda off: -max(s.pitch for s in struck if s.off == off)
    )
    groups = [[sound for sound in struck if sound.off == off] for off in ends]
    groups[most - 1 :] = (
        [[sound for group in groups[most - 1 :] for sound in group]] if groups[most - 1 :] else []
    )
    return [
        Chord(group[0].on, min(s.off for s in group), tuple(sorted({s.pitch for s in group})))
        for group in groups
    ]


def _in_order(
    lines: Sequence[Sequence[Chord]], free: Sequence[int], chords: Sequence[Chord], on: int
) -> bool:
    """Whether no voice would go above the one over it."""
    sounding = {i: line[-1] for i, line in enumerate(lines) if line and line[-1].off > on}
    sounding |= dict(zip(free, chords, strict=False))
    heard = [sounding[i] for i in sorted(sounding)]
    return all(upper.keys[0] > lower.keys[-1] for upper, lower in pairwise(heard))


def joined(line: Sequence[T], longest: int) -> list[T]:
    """A line without the rests of up to so many steps, and without what is over the next: each lasts until that begins.

    Sounds or chords in order of their beginnings; the last one stays as it is.
    """
    return [
        replace(one, off=after.on) if after.on - one.off <= longest else one for one, after in pairwise(line)
    ] + list(line[-1:])


def pieces_of(line: Sequence[Chord], voice: int, timeline: Timeline) -> Iterator[Piece]:
    """The written values of one voice, in order of time.

    A beat with an edge off the 32nds is a triplet's; it begins and ends with a value of its own.
    """
    edges = sorted({time for chord in line for time in (chord.on, chord.off)})
    begins, ends = [chord.on for chord in line], [chord.off for chord in line]
    for measure in range(len(timeline.measures)):
        start, end = timeline.whole(measure)
        beats = timeline.beats(measure)
        triplets = [beat for beat in beats if _is_triplet(beat, edges, timeline.quarter)]
        bounds = sorted({start, end, *(time for beat in triplets for time in beat)})
        for chord in line[bisect_right(ends, start) : bisect_left(begins, end)]:
            times = [chord.on, *(time for time in bounds if chord.on < time < chord.off), chord.off]
            for a, b in pairwise(times):
                if start <= a < end:
                    tuplet = any(begin <= a < stop for begin, stop in triplets)
                    cuts = [] if tuplet else [begin - start for begin, _ in beats]
                    for onset, value in _values(a - start, b - start, tuplet, timeline.quarter, cuts):
                        tied = Fraction(a - start, timeline.quarter) < onset or a > chord.on
                        yield Piece(measure, onset, value, voice, chord.keys, tied)


def _is_triplet(beat: tuple[int, int], edges: Sequence[int], quarter: int) -> bool:
    begin, end = beat
    fine = quarter // 8
    inside = edges[bisect_right(edges, begin) : bisect_left(edges, end)]
    return end - begin == quarter and any((time - begin) % fine for time in inside)


def _values(
    begin: int, end: int, triplet: bool, quarter: int, beats: Sequence[int]
) -> Iterator[tuple[Fraction, NoteValue]]:
    """Onset and value of what writes a stretch: one value, or two that meet on a beat, or the longest first."""
    tuplet = Tuplet() if end - begin == quarter or not triplet else _TRIPLET
    for cut in [end, *(beat for beat in reversed(beats) if begin < beat < end)]:
        value = NoteValue.from_duration(Fraction(cut - begin, quarter), tuplet)
        if value and value in _longest_first(tuplet):
            yield Fraction(begin, quarter), value
            if cut < end:
                yield from _values(cut, end, triplet, quarter, beats)
            return
    time, end_ = Fraction(begin, quarter), Fraction(end, quarter)
    while time < end_:
        value = next((v for v in _longest_first(tuplet) if v.duration <= end_ - time), None)
        if value is None:
            return
        yield time, value
        time += value.duration


@cache
def _longest_first(tuplet: Tuplet) -> list[NoteValue]:
    shortest = Fraction(1, 4) if tuplet == _TRIPLET else Fraction(1, 8)
    values = [NoteValue(shortest * 2**power, dots, tuplet) for power in range(6) for dots in (0, 1)]
    fitting = [v for v in values if (v.duration / shortest / tuplet.ratio).denominator == 1]
    return sorted(fitting, key=lambda value: -value.duration)
