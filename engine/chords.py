"""Which tones a chord symbol asks for, and from when to when it holds."""

from __future__ import annotations

from collections.abc import Sequence

from engine.encoding import name_fifths
from engine.exact import Fraction
from engine.score import ChordSymbol, Measure

ChordSpan = tuple[Fraction, Fraction, frozenset[int]]  # from, to (quarters in the measure), pitch classes

# Semitones above the root, by MusicXML's kinds; kinds that are not here ask for nothing.
TONES = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "augmented": (0, 4, 8),
    "diminished": (0, 3, 6),
    "dominant": (0, 4, 7, 10),
    "major-seventh": (0, 4, 7, 11),
    "minor-seventh": (0, 3, 7, 10),
    "diminished-seventh": (0, 3, 6, 9),
    "augmented-seventh": (0, 4, 8, 10),
    "half-diminished": (0, 3, 6, 10),
    "major-minor": (0, 3, 7, 11),
    "major-sixth": (0, 4, 7, 9),
    "minor-sixth": (0, 3, 7, 9),
    "dominant-ninth": (0, 2, 4, 7, 10),
    "major-ninth": (0, 2, 4, 7, 11),
    "minor-ninth": (0, 2, 3, 7, 10),
    "dominant-11th": (0, 2, 4, 5, 7, 10),
    "major-11th": (0, 2, 4, 5, 7, 11),
    "minor-11th": (0, 2, 3, 5, 7, 10),
    "dominant-13th": (0, 2, 4, 7, 9, 10),
    "major-13th": (0, 2, 4, 7, 9, 11),
    "minor-13th": (0, 2, 3, 7, 9, 10),
    "suspended-second": (0, 2, 7),
    "suspended-fourth": (0, 5, 7),
    "power": (0, 7),
}
_HOLDS = 4  # measures for which a symbol holds where no other follows


def pitch_classes(symbol: ChordSymbol) -> frozenset[int]:
    """The pitch classes of a chord, its bass among them; none where the symbol does not say."""
    tones = TONES.get(symbol.kind, ())
    if not (tones and symbol.root):
        return frozenset()
    root = 7 * name_fifths(symbol.root)
    bass = {7 * name_fifths(symbol.bass) % 12} if symbol.bass else set()
    return frozenset((root + step) % 12 for step in tones) | bass


def chord_spans(measures: Sequence[Measure]) -> list[tuple[ChordSpan, ...]]:
    """For each measure the chords that hold in it: each until the next, or for a few measures where none follows."""
    result: list[tuple[ChordSpan, ...]] = []
    last, age = frozenset[int](), 0
    for measure in measures:
        symbols = sorted(measure.chords, key=lambda symbol: symbol.onset)
        age = 0 if symbols else age + 1
        changes = [(Fraction(0), last if age < _HOLDS else frozenset[int]())]
        changes += [(symbol.onset, pitch_classes(symbol)) for symbol in symbols]
        ends = [onset for onset, _ in changes[1:]] + [measure.duration]
        spans = [(start, end, tones) for (start, tones), end in zip(changes, ends, strict=True)]
        result.append(tuple(span for span in spans if span[0] < span[1] and span[2]))
        last = changes[-1][1] if symbols else last
    return result
