"""Small made-up works: a melody in quarters over broken chords."""

from __future__ import annotations

from fractions import Fraction

from engine.encoding import encode
from engine.pitch import Pitch
from engine.score import Cell, Key, Measure, Note, Part, Score, note_order
from engine.training.works import Work


def two_part_score(measures: int = 8, seed: int = 0) -> Score:
    return Score(
        tuple(Measure(str(i + 1), Fraction(4), key=Key(seed % 3)) for i in range(measures)),
        (
            Part("P1", "Voice", "voice", 1, tuple(_melody(seed + i) for i in range(measures))),
            Part("P2", "Piano", "piano", 2, tuple(_broken_chord(seed + i) for i in range(measures))),
        ),
    )


def two_part_works(n: int, measures: int = 8) -> list[Work]:
    return [Work(f"w{i}", "song", "Someone", encode(two_part_score(measures, i))) for i in range(n)]


def _melody(k: int) -> Cell:
    return tuple(Note(Fraction(i), Fraction(1), Pitch("CDEFGAB"[(k + i) % 7], 0, 5)) for i in range(4))


def _broken_chord(k: int) -> Cell:
    root = 21 + k % 7
    right = [
        Note(Fraction(i, 2), Fraction(1, 2), Pitch("CDEFGAB"[(root + 2 * (i % 3)) % 7], 0, 4))
        for i in range(8)
    ]
    left = [Note(Fraction(0), Fraction(4), Pitch("CDEFGAB"[root % 7], 0, 2), 5, 2)]
    return tuple(sorted(right + left, key=note_order))
