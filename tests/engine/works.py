"""Small made-up works: a melody in quarters over broken chords."""

from __future__ import annotations

from fractions import Fraction

from engine.encoding import encode
from engine.instruments import SETS
from engine.pitch import Pitch
from engine.score import Cell, Key, Measure, Metre, Note, Part, Score, note_order
from engine.training.works import Work


def two_part_score(measures: int = 8, seed: int = 0, beats: int = 4) -> Score:
    metre = Metre(beats, 4)
    return Score(
        tuple(Measure(str(i + 1), metre.duration, metre, Key(seed % 3)) for i in range(measures)),
        (
            Part("P1", "Voice", "voice", 1, tuple(_melody(seed + i, beats) for i in range(measures))),
            Part("P2", "Piano", "piano", 2, tuple(_broken_chord(seed + i, beats) for i in range(measures))),
        ),
    )


def two_part_works(n: int, measures: int = 8, beats: int = 4) -> list[Work]:
    name = "w" if beats == 4 else f"{beats}w"
    scores = (two_part_score(measures, i, beats) for i in range(n))
    return [Work(f"{name}{i}", "song", "Someone", encode(score)) for i, score in enumerate(scores)]


def choir(measures: int = 8) -> Score:
    """Four voices that sing one melody."""
    score = two_part_score(measures)
    melody = score.parts[0].cells
    parts = tuple(Part(f"P{i}", name, name, 1, melody) for i, name in enumerate(SETS["satb"]))
    return Score(score.measures, parts)


def _melody(k: int, beats: int) -> Cell:
    return tuple(Note(Fraction(i), Fraction(1), Pitch("CDEFGAB"[(k + i) % 7], 0, 5)) for i in range(beats))


def _broken_chord(k: int, beats: int) -> Cell:
    root = 21 + k % 7
    right = [
        Note(Fraction(i, 2), Fraction(1, 2), Pitch("CDEFGAB"[(root + 2 * (i % 3)) % 7], 0, 4))
        for i in range(2 * beats)
    ]
    left = [Note(Fraction(0), Fraction(beats), Pitch("CDEFGAB"[root % 7], 0, 2), 5, 2)]
    return tuple(sorted(right + left, key=note_order))
