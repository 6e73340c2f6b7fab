"""One staff's notes in voices that can be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor, lcm

from bridge.documents.midi_timeline import Timeline
from engine.exact import Fraction
from engine.notator.sounds import Placed, Sound, voice_of
from engine.pitch import Pitch

_UNWRITABLE = 100


@dataclass(slots=True)
class Chord:
    """Pitches of one voice that begin and end together; ``rank``: the voice that they had better be in."""

    start: Fraction
    end: Fraction
    pitches: tuple[Pitch, ...]
    rank: int


Voice = list[Chord]


def voices_of(notes: Sequence[Placed], line: Timeline, staff: int, limit: int) -> list[Placed]:
    """The notes of a staff in at most ``limit`` voices, where they are placed unless that cannot be written.

    What finds no free voice joins a chord that begins with it, or cuts an earlier one short.
    """
    voices: list[Voice] = [[] for _ in range(limit)]
    for _, together in groupby(_chords(notes), key=lambda chord: chord.start):
        begun: list[Chord] = []
        for chord in together:
            free = [i for i, voice in enumerate(voices) if not voice or voice[-1].end <= chord.start]
            if not free and begun:
                begun[-1].pitches += chord.pitches
                continue
            if not free:
                free = [min(chord.rank, limit - 1)]
                voices[free[0]][-1].end = chord.start
            best = min(free, key=lambda i: abs(i - chord.rank) + _roughness(voices[i], chord, line))
            voices[best].append(chord)
            begun.append(chord)
    return [
        Placed(Sound(chord.start, chord.end - chord.start, pitch.midi), pitch, voice_of(staff, rank))
        for rank, voice in enumerate(voices)
        for chord in voice
        for pitch in chord.pitches
    ]


def _chords(notes: Sequence[Placed]) -> list[Chord]:
    """Chords by onset, the highest first."""
    order = sorted(notes, key=lambda n: (*_time(n), n.rank, -n.sound.midi))
    groups = groupby(order, key=lambda n: (*_time(n), n.rank))
    chords = [Chord(start, end, tuple(n.pitch for n in group), rank) for (start, end, rank), group in groups]
    return sorted(chords, key=lambda chord: (chord.start, -chord.pitches[0].midi))


def _time(note: Placed) -> tuple[Fraction, Fraction]:
    return note.sound.onset, note.sound.end


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
