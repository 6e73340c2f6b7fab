"""A rule-based arranger: block chords, two to a measure of four quarters, in a close position.

The harmony is what ``label_chords`` finds in the given parts alone: for a melody its best-fitting chords.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from engine.chords import TONES
from engine.encoding import C_KIND, C_MEASURE, C_ONSET, C_ROOT, encode
from engine.evaluation.pieces import Line, as_line, starts_of, ticks
from engine.evaluation.scenarios import Excerpt
from engine.harmony import label_chords
from engine.instruments import INSTRUMENTS
from engine.vocabulary import CHORD_KIND, ONSET

_HAND = 55  # G below middle C: the lowest key of the right hand's chord
_ROOTS = 36  # C below the bass staff: the lowest root of the left hand
_LOWEST = ("cello", "bass-voice")  # they take the root

Chord = tuple[int, tuple[int, ...]]  # root and all tones, pitch classes
Label = tuple[int, int, str]  # ticks from the first judged measure, root as a pitch class, kind


def block_chords(excerpt: Excerpt) -> tuple[Line, ...]:
    """A line for each written part: roots and close chords for a keyboard, one tone each for others."""
    blocks = list(pairwise(_bounds(excerpt)))
    labels = _labels(excerpt)
    harmony = [_chord_at(labels, begin) for begin, _ in blocks]
    instruments = [excerpt.score.parts[p].instrument for p in excerpt.written]
    taken: list[list[int]] = [[] for _ in blocks]
    return tuple(_line(name, blocks, harmony, taken) for name in reversed(instruments))[::-1]


def _bounds(excerpt: Excerpt) -> list[int]:
    """Ticks at which chords are struck, and the end: measures, and their halves when these are two beats."""
    starts = starts_of(excerpt.measures).tolist()
    halves = [
        (a + b) // 2
        for (a, b), measure in zip(pairwise(starts), excerpt.measures, strict=True)
        if measure.metre.beats in (4, 6, 12)
    ]
    return sorted(starts + halves)


def _chord_at(labels: Sequence[Label], time: int) -> Chord:
    """The last chord that begins by then."""
    _, root, kind = [label for label in labels if label[0] <= time][-1]
    return root, tuple((root + step) % 12 for step in TONES[kind])


def _labels(excerpt: Excerpt) -> list[Label]:
    """The chords in the given parts, the tonic before the first of them."""
    score = replace(
        excerpt.score,
        measures=excerpt.measures,
        parts=tuple(replace(excerpt.score.parts[p], cells=excerpt.cells(p)) for p in excerpt.given),
    )
    starts = starts_of(excerpt.measures)
    tonic = (0, excerpt.measures[0].key.fifths * 7 % 12, "major")
    return [tonic] + [
        (
            int(starts[row[C_MEASURE]]) + ticks(ONSET.value(int(row[C_ONSET])).quarters),
            int(row[C_ROOT]) * 7 % 12,
            CHORD_KIND.value(int(row[C_KIND])),
        )
        for row in label_chords(encode(score))
    ]


def _line(
    name: str, blocks: Sequence[tuple[int, int]], harmony: Sequence[Chord], taken: Sequence[list[int]]
) -> Line:
    instrument = INSTRUMENTS[name]
    notes: list[tuple[int, int, int]] = []
    key = (instrument.low + instrument.high) // 2
    for (begin, end), (root, tones), others in zip(blocks, harmony, taken, strict=True):
        if instrument.notes > 1 and instrument.staves > 1:
            keys = [_above(root, _ROOTS), *(_above(tone, _HAND) for tone in tones)]
        else:
            free = [t for t in tones if t not in others] or list(tones)
            key = _nearest([root] if name in _LOWEST else free, key, instrument.low, instrument.high)
            keys = [key]
        others += [k % 12 for k in keys]
        notes += [(begin, end, k) for k in sorted(set(keys))]
    return as_line(notes)


def _above(pitch_class: int, lowest: int) -> int:
    return lowest + (pitch_class - lowest) % 12


def _nearest(pitch_classes: Sequence[int], key: int, low: int, high: int) -> int:
    """The key in the range, of one of those pitch classes, that is nearest to ``key``."""
    keys = np.arange(low, high + 1)
    fitting = keys[np.isin(keys % 12, pitch_classes)]
    return int(fitting[np.abs(fitting - key).argmin()])
