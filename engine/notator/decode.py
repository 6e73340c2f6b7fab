"""From the network's scores to a page that can be: names that fit their keys, hands and voices that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from engine.notator.sounds import LOWEST_NAME, NAMES, RANKS, Sound
from engine.pitch import Pitch
from engine.score import VOICES_PER_STAFF

Scores = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_ALTER = 2
_SHARED = 0.8  # weight of all sounds of a key in a measure against that of the one that is named
_CROSSING = 3.0  # nats that hands which cross within an onset must win
_SPARE = 8.0  # nats for a voice beyond the second
_OVERLAP = 100.0  # nats for a line that no voice can hold
_BEAM = 8


def names(scores: Scores, sounds: Sequence[Sound], measures: Ints, fifths: Ints) -> list[Pitch]:
    """The likeliest name of each key, of those with at most double accidentals.

    ``measures`` and ``fifths``: the measure of each sound, by index, and its signature. A key mostly has one name
    throughout a measure.
    """
    classes = np.array([sound.midi % 12 for sound in sounds], np.int64)
    scores = _shared(scores, measures * 12 + classes)
    places = np.arange(NAMES) + LOWEST_NAME + fifths[:, None]
    alters = (places + 1) // 7
    keys = np.array([sound.midi for sound in sounds])[:, None]
    fitting = ((7 * places - keys) % 12 == 0) & (np.abs(alters) <= _MOST_ALTER)
    best = np.where(fitting, scores, -np.inf).argmax(1)
    chosen = np.take_along_axis(places, best[:, None], 1)[:, 0]
    return [_pitch(int(place), sound.midi) for place, sound in zip(chosen, sounds, strict=True)]


def _shared(scores: Scores, group: Ints) -> Scores:
    """Log odds, most of them their group's."""
    scores = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    _, member, sizes = np.unique(group, return_inverse=True, return_counts=True)
    means = np.zeros((len(sizes), scores.shape[1]))
    np.add.at(means, member, scores)
    together: Scores = (means / sizes[:, None])[member]
    return _SHARED * together + (1 - _SHARED) * scores


def _pitch(place: int, midi: int) -> Pitch:
    pitch = Pitch.from_fifths(place, 4)
    return Pitch(pitch.step, pitch.alter, 4 + (midi - pitch.midi) // 12)


def hands(lower: Scores, sounds: Sequence[Sound]) -> list[int]:
    """The staff of each sound from the logits of the lower one; hands cross within an onset only if it is clear."""
    staves: list[int] = []
    for _, group in groupby(range(len(sounds)), key=lambda i: sounds[i].onset):
        staves += _split(lower[list(group)])
    return staves


def _split(lower: Scores) -> list[int]:
    """Staves of the sounds of one onset, upwards."""
    free = np.maximum(lower, 0).sum()
    gains = np.concatenate([[0.0], np.cumsum(lower)])  # of the lowest k on the lower staff
    k = int(gains.argmax())
    if free - gains[k] > _CROSSING:
        return [2 if x > 0 else 1 for x in lower]
    return [2] * k + [1] * (len(lower) - k)


@dataclass(frozen=True, slots=True)
class _Step:
    """A way to give a chord to voices: its price, the voices it takes, and the rank of each sound."""

    price: float
    taken: tuple[int, ...]
    ranks: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Line:
    """A way to give all sounds so far to voices: its price, when each voice is free again, and how it came about."""

    price: float
    free: tuple[int, ...]
    step: _Step
    before: _Line | None = None


def ranks(second: Scores, sounds: Sequence[Sound]) -> list[int]:
    """The rank of each sound of one staff, from the logits of the second voice.

    Sounds of one voice overlap only as heads of one chord. Beyond the second voice there are two more
    for lines that cannot do without; where more than four cross, the last overlap.
    """
    prices = np.stack([np.logaddexp(0, second), np.logaddexp(0, -second)]).T.tolist()
    beam = [_Line(0.0, (0,) * VOICES_PER_STAFF, _Step(0.0, (), {}))]
    for onset, end, chord in _chords(sounds):
        steps = _steps(chord, prices, [sounds[i].midi for i in chord])
        ways: dict[tuple[int, ...], _Line] = {}
        for line in (new for old in beam for new in _extended(old, steps, onset, end)):
            if line.free not in ways or line.price < ways[line.free].price:
                ways[line.free] = line
        beam = sorted(ways.values(), key=lambda line: line.price)[:_BEAM]
    return _traced(beam[0])


def _chords(sounds: Sequence[Sound]) -> Iterator[tuple[int, int, list[int]]]:
    """Onset and end, counted in the staff's distinct times, of the sounds that share them, the highest first."""
    times = sorted({time for sound in sounds for time in (sound.onset, sound.end)})
    count = {time: number for number, time in enumerate(times)}
    spans = [(count[sound.onset], count[sound.end]) for sound in sounds]
    order = sorted(range(len(sounds)), key=lambda i: (*spans[i], -sounds[i].midi))
    for span, group in groupby(order, key=spans.__getitem__):
        yield *span, list(group)


def _steps(chord: list[int], prices: Sequence[Sequence[float]], keys: list[int]) -> list[_Step]:
    """Whole in any one voice, and the best way to have its upper sounds in the first and the others in the second."""
    whole = [[rank] * len(chord) for rank in range(VOICES_PER_STAFF)]
    parted = [[0] * cut + [1] * (len(chord) - cut) for cut in range(1, len(chord))]
    steps = []
    for given in whole + parted:
        price = sum(prices[i][min(rank, RANKS - 1)] for i, rank in zip(chord, given, strict=True))
        price += _SPARE * (given[0] >= RANKS)
        price += _OVERLAP * (len(chord) - len(set(zip(keys, given, strict=True))))
        steps.append(_Step(price, tuple(sorted(set(given))), dict(zip(chord, given, strict=True))))
    alone, both = steps[:VOICES_PER_STAFF], steps[VOICES_PER_STAFF:]
    return alone + sorted(both, key=lambda step: step.price)[:1]


def _extended(line: _Line, steps: list[_Step], onset: int, end: int) -> Iterator[_Line]:
    """Every way to go on; where no voice is free, the last takes what it cannot hold."""
    free = tuple(max(time, onset) for time in line.free)
    fitting = [step for step in steps if all(free[rank] == onset for rank in step.taken)]
    for step in fitting or steps[VOICES_PER_STAFF - 1 : VOICES_PER_STAFF]:
        price = line.price + step.price + _OVERLAP * (not fitting)
        ends = tuple(max(time, end) if rank in step.taken else time for rank, time in enumerate(free))
        yield _Line(price, ends, step, line)


def _traced(line: _Line) -> list[int]:
    found: dict[int, int] = {}
    at: _Line | None = line
    while at:
        found |= at.step.ranks
        at = at.before
    return [found[i] for i in sorted(found)]
