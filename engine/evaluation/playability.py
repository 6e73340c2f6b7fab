"""What no player could play as it is written, counted.

A keyboard player's hands are the staves on which the notator puts the notes, the same for every writer. The
score model has no rolled chords, so a composer's rolled tenth and twelfth count as faults too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from engine.evaluation.pieces import END, KEY, ON, TICKS, Line, Piece, as_line, chords
from engine.exact import Fraction
from engine.instruments import INSTRUMENTS, Instrument
from engine.notator.notate import Sound, place
from engine.score import Measure

_FINGERS = 5
_SPAN = 16  # semitones, a major tenth
_LEAP, _NO_TIME = 19, TICKS // 4  # an octave and a fifth between the nearest notes, within a sixteenth
_STRINGS = 2  # notes that a bow sounds at once


def faults(piece: Piece, measures: Sequence[Measure]) -> int:
    """Faults of all written parts: notes out of range, chords too wide or too full, leaps without time."""
    return sum(
        1
        for line, name in zip(piece.written, piece.instruments, strict=True)
        for _ in part_faults(line, INSTRUMENTS[name], measures)
    )


def part_faults(line: Line, instrument: Instrument, measures: Sequence[Measure]) -> Iterator[str]:
    """The kind of each fault of a part."""
    yield from ("range" for key in line[:, KEY] if not instrument.low <= key <= instrument.high)
    if instrument.staves > 1:
        for hand in hands(line, measures):
            yield from hand_faults(hand)
    else:
        most = max(instrument.notes, _STRINGS if instrument.family == "strings" else 1)
        yield from ("full" for _, notes in chords(line) if len(notes) > most)


def hands(line: Line, measures: Sequence[Measure]) -> list[Line]:
    """The notes of each hand, the right one first."""
    sounds = [Sound(Fraction(on, TICKS), Fraction(end - on, TICKS), key) for on, end, key in line.tolist()]
    placed = [(p.staff, p.sound) for p in place(sounds, measures, 2)]
    return [
        as_line((int(s.onset * TICKS), int(s.end * TICKS), s.midi) for staff, s in placed if staff == hand)
        for hand in (1, 2)
    ]


def hand_faults(hand: Line) -> Iterator[str]:
    """Faults of one hand: more notes than fingers, wider than a tenth, a leap that leaves it no time."""
    struck = chords(hand)
    for _, notes in struck:
        if len(notes) > _FINGERS:
            yield "full"
        if notes[-1, KEY] - notes[0, KEY] > _SPAN:
            yield "wide"
    for (_, before), (_, after) in pairwise(struck):
        gap = max(after[0, KEY] - before[-1, KEY], before[0, KEY] - after[-1, KEY])
        if gap > _LEAP and after[0, ON] - before[0, ON] <= _NO_TIME and before[:, END].max() <= after[0, ON]:
            yield "leap"
