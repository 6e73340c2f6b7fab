"""An engine that writes whatever is legal, and scores as sound to compare what it wrote with what is read back."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from engine.cells import CellEngine
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, EngineInfo, Passage, Sampling, WrittenCell
from engine.metre import metric_offset
from engine.pitch import Pitch
from engine.rhythm import VoiceState, tuplet_groups
from engine.score import Measure, Note, Part, Tuplet, first_voice, home_staff, note_order
from engine.vocabulary import DURATION

Sound = tuple[Fraction, Fraction, Pitch, int]  # onset in the score, duration, pitch, staff
Open = dict[tuple[Fraction, Pitch, int], list[Fraction]]  # lengths of the sounds that end there


class RandomEngine(CellEngine):
    """Up to two voices on each staff, with chords, rests, tuplets, and ties from nowhere into the first note."""

    info = EngineInfo("random", "for tests")

    def cells(self, passage: Passage, controls: Controls, sampling: Sampling) -> Iterator[WrittenCell]:
        rng = random.Random(sampling.seed)
        for measure, part in sorted((measure, part) for part, measure in passage.mask):
            alone = INSTRUMENTS[passage.score.parts[part].instrument].notes == 1
            cell = [
                note
                for staff in passage.staves_of(part)
                for rank in range(1 if alone else rng.choice((1, 2)))
                for note in _line(passage.score.measures[measure], first_voice(staff) + rank, rng)
            ]
            yield WrittenCell(part, measure, tuple(sorted(cell, key=note_order)))


def _line(measure: Measure, voice: int, rng: random.Random) -> list[Note]:
    """One voice, empty where chance has drawn a rhythm that has no notation."""
    state, time = VoiceState.of(measure), Fraction(0)
    notes: list[Note] = []
    while time < measure.duration:
        fitting = [v for v in DURATION.values if state.accepts(time, v.duration, v.tuplet)]
        if not fitting:
            break
        value = rng.choice(fitting)
        if rng.random() < 0.8:
            notes += _chord(time, value.duration, value.tuplet, voice, rng)
            state = state.after(time, value.duration, value.tuplet)
        time += value.duration
    spans = list(dict.fromkeys((n.onset, n.duration, n.tuplet) for n in notes))
    legal = tuplet_groups(spans, measure.duration, metric_offset(measure)) is not None
    return notes if legal and 64 % measure.duration.denominator == 0 else []


def _chord(time: Fraction, duration: Fraction, tuplet: Tuplet, voice: int, rng: random.Random) -> list[Note]:
    steps = rng.sample("CDEFGAB", rng.choice((1, 1, 2, 3)))
    octave, tied = 3 + voice % 4, time == 0 and rng.random() < 0.3
    pitches = [Pitch(step, rng.choice((0, 0, 1, -1)), octave) for step in steps]
    return [Note(time, duration, pitch, voice, home_staff(voice), tuplet, tied) for pitch in pitches]


def sounds(part: Part, measures: Sequence[Measure]) -> list[Sound]:
    """What a part sounds like on which staff, tied notes joined: however it is written, this must stay."""
    open_: Open = {}
    found: list[tuple[Fraction, list[Fraction], Pitch, int]] = []
    start = Fraction(0)
    for cell, measure in zip(part.cells, measures, strict=True):
        for note in sorted(cell, key=lambda note: (note.onset, note.voice)):
            length = _continued(note, start, open_)
            if length is None:
                length = [note.duration]
                found.append((start + note.onset, length, note.pitch, note.staff))
            open_[start + note.end, note.pitch, note.staff] = length
        start += measure.duration
    return sorted(((o, length[0], p, s) for o, length, p, s in found), key=repr)


def _continued(note: Note, start: Fraction, open_: Open) -> list[Fraction] | None:
    length = open_.get((start + note.onset, note.pitch, note.staff)) if note.tied else None
    if length is not None:
        length[0] += note.duration
    return length
