"""One staff's notes as chords in voices, and the voices as notes of the score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import floor, lcm

from bridge.documents.midi_file import Sounding
from bridge.documents.midi_notation import Stretch, notated
from bridge.documents.midi_timeline import Timeline
from engine.rhythm import Span

_UNWRITABLE = 100


@dataclass(slots=True)
class Chord:
    """Key numbers that begin and end together; ``under``: a higher chord sounds meanwhile."""

    start: Fraction
    end: Fraction
    keys: tuple[int, ...]
    under: bool = False


Voice = list[Chord]
Written = tuple[int, Span, tuple[int, ...], int, bool]  # measure, value, key numbers, where they begin, tied


def voices_of(notes: Sequence[Sounding], line: Timeline, limit: int) -> list[Voice]:
    """The notes in at most ``limit`` voices, the higher of two that sound together in the upper.

    What finds no free voice joins a chord that begins with it, or cuts an earlier one short.
    """
    voices: list[Voice] = [[] for _ in range(limit)]
    for _, together in groupby(_chords(notes), key=lambda chord: chord.start):
        placed: list[Chord] = []
        for chord in together:
            free = [i for i, voice in enumerate(voices) if not voice or voice[-1].end <= chord.start]
            if not free and placed:
                placed[-1].keys += chord.keys
                continue
            if not free:
                free = [int(chord.under)]
                voices[free[0]][-1].end = chord.start
            best = min(free, key=lambda i: abs(i - chord.under) + _roughness(voices[i], chord, line))
            voices[best].append(chord)
            placed.append(chord)
    return voices


def _chords(notes: Sequence[Sounding]) -> list[Chord]:
    """Chords by onset, the highest first, each told what sounds above it."""
    order = sorted(notes, key=lambda n: (n.start, -n.end, -n.midi))
    groups = groupby(order, key=lambda n: (n.start, n.end))
    chords = [Chord(start, end, tuple(n.midi for n in group)) for (start, end), group in groups]
    chords.sort(key=lambda chord: (chord.start, -chord.keys[0]))
    sounding: list[Chord] = []
    for chord in chords:
        sounding = [other for other in sounding if other.end > chord.start]
        for other in sounding:
            lower = chord if chord.keys[0] < other.keys[0] else other
            lower.under = True
        sounding.append(chord)
    return chords


def _roughness(voice: Voice, chord: Chord, line: Timeline) -> int:
    """How ill the chord's onset goes with what the voice has in the same quarter."""
    start = line.written[line.measure_at(chord.start)]
    quarter = start + floor(chord.start - start)
    times = [chord.start, min(chord.end, quarter + 1)]
    for earlier in reversed(voice):
        if earlier.end <= quarter:
            break
        times += [max(earlier.start, quarter), earlier.end]
    whole = lcm(*((time - quarter).denominator for time in times))
    halves = whole & -whole
    if whole // halves not in (1, 3, 5, 7):
        return _UNWRITABLE
    if whole == halves or halves <= 2:
        return 0
    return 1 if halves <= 8 else _UNWRITABLE


def written(voice: Voice, line: Timeline) -> Iterator[Written | int]:
    """The values that write a voice, in order; the index alone of a measure that has no notation."""
    parts = [(index, stretch, chord) for chord in voice for index, stretch in _stretches(chord, line)]
    for index, group in groupby(parts, key=lambda part: part[0]):
        inside = list(group)
        values = notated([stretch for _, stretch, _ in inside], line.measures[index])
        if values is None:
            yield index
            continue
        for (_, _, chord), spans in zip(inside, values, strict=True):
            for span in spans:
                tied = line.written[index] + span[0] > chord.start
                yield index, span, chord.keys, line.measure_at(chord.start), tied


def _stretches(chord: Chord, line: Timeline) -> Iterator[tuple[int, Stretch]]:
    for index in range(line.measure_at(chord.start), len(line.measures)):
        start = line.written[index]
        if start >= chord.end:
            break
        inside = max(chord.start - start, Fraction(0)), min(chord.end - start, line.measures[index].duration)
        yield index, inside
