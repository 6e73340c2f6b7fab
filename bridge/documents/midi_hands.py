"""Which of a keyboard's notes are written on which of its two staves."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from bridge.documents.midi_file import Sounding

# A split is a key number: notes from it upwards are the right hand's. Prices are per onset.
_SPLITS = range(43, 80)
_MIDDLE = 60
_OFF_MIDDLE = 0.02  # per semitone
_MOVE = 0.3  # per semitone that the split moves between two onsets
_SPAN = 16  # semitones that a hand reaches with ease
_STRETCH = 2.0  # per semitone beyond
_CLUSTER = 7  # notes nearer than that rather share a hand
_CUT = 0.3  # per semitone nearer
_MEMORY = Fraction(1)  # how long a finished note still tells where its hand is, in quarters


def split_hands(notes: Sequence[Sounding]) -> list[list[Sounding]]:
    """The notes of the right hand and of the left, by the cheapest course of splits through the piece."""
    onsets = [list(group) for _, group in groupby(sorted(notes, key=_start), key=_start)]
    hands: list[list[Sounding]] = [[], []]
    for split, group in zip(_splits(onsets), onsets, strict=True):
        for note in group:
            hands[note.midi < split].append(note)
    return hands


def _start(note: Sounding) -> Fraction:
    return note.start


def _splits(onsets: list[list[Sounding]]) -> list[int]:
    """Dynamic programming over the split at each onset."""
    costs = [0.0] * len(_SPLITS)
    steps: list[list[int]] = []
    recent: list[Sounding] = []
    for group in onsets:
        now = group[0].start
        recent = [note for note in recent if note.end + _MEMORY > now] + group
        costs, step = _moved(costs)
        steps.append(step)
        held = sorted(note.midi for note in recent if note.end > now)
        near = sorted({note.midi for note in recent})
        costs = [cost + _price(split, held, near) for cost, split in zip(costs, _SPLITS, strict=True)]
    index = min(range(len(costs)), key=costs.__getitem__)
    path = []
    for step in reversed(steps):
        path.append(_SPLITS[index])
        index = step[index]
    return path[::-1]


def _moved(costs: list[float]) -> tuple[list[float], list[int]]:
    """The least cost to arrive at each split, and from which: moves cost the same per semitone."""
    best, origin = list(costs), list(range(len(costs)))
    forwards = [(i, i - 1) for i in range(1, len(costs))]
    for to, back in forwards + [(back, to) for to, back in reversed(forwards)]:
        if best[back] + _MOVE < best[to]:
            best[to], origin[to] = best[back] + _MOVE, origin[back]
    return best, origin


def _price(split: int, held: list[int], near: list[int]) -> float:
    price = _OFF_MIDDLE * abs(split - _MIDDLE)
    for hand in ([n for n in held if n < split], [n for n in held if n >= split]):
        if hand:
            price += _STRETCH * max(hand[-1] - hand[0] - _SPAN, 0)
    below = max((n for n in near if n < split), default=None)
    above = min((n for n in near if n >= split), default=None)
    if below is not None and above is not None:
        price += _CUT * max(_CLUSTER - (above - below), 0)
    return price
