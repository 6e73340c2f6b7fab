from __future__ import annotations

from fractions import Fraction

import pytest

from engine.chords import TONES, chord_spans, pitch_classes
from engine.score import ChordSymbol, Measure
from engine.vocabulary import CHORD_KIND

F = Fraction


@pytest.mark.parametrize(
    ("symbol", "classes"),
    [
        (ChordSymbol(F(0), "C", "major"), {0, 4, 7}),
        (ChordSymbol(F(0), "Bb", "dominant"), {10, 2, 5, 8}),
        (ChordSymbol(F(0), "F#", "half-diminished"), {6, 9, 0, 4}),
        (ChordSymbol(F(0), "D", "minor", bass="C"), {2, 5, 9, 0}),
        (ChordSymbol(F(0), "C", "other"), set()),
        (ChordSymbol(F(0), "", "none"), set()),
    ],
)
def test_pitch_classes(symbol, classes):
    assert pitch_classes(symbol) == classes


def test_kinds_are_those_of_the_vocabulary():
    assert set(TONES) <= set(CHORD_KIND.values)


def test_a_symbol_holds_until_the_next_but_not_for_ever():
    chord, silent = ChordSymbol(F(2), "G", "major"), ChordSymbol(F(1), "", "none")
    measures = [Measure("1", F(4), chords=(chord,)), *(Measure(str(i), F(4)) for i in range(2, 7))]
    spans = chord_spans(measures)
    assert spans[0] == ((F(2), F(4), frozenset({7, 11, 2})),)
    assert spans[1] == ((F(0), F(4), frozenset({7, 11, 2})),)
    assert spans[3] and not spans[4]
    stopped = chord_spans([measures[0], Measure("2", F(4), chords=(silent,)), measures[1]])
    assert stopped[1] == ((F(0), F(1), frozenset({7, 11, 2})),) and stopped[2] == ()
