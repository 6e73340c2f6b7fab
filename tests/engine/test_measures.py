from __future__ import annotations

from fractions import Fraction

import pytest

from engine.evaluation.measures import measure_accompaniment
from engine.pitch import Pitch
from engine.score import Measure, Note, Part, Score


def note(name, onset, duration):
    return Note(Fraction(onset), Fraction(duration), Pitch(name[0], 0, int(name[1])))


def score(melody, piano):
    measures = tuple(Measure(str(i), Fraction(4)) for i in range(len(melody)))
    return Score(measures, (Part("1", "V", "voice", 1, melody), Part("2", "P", "piano", 2, piano)))


def test_figures_by_hand():
    tune = (note("C5", 0, 2), note("D5", 2, 2))
    chords = (note("C3", 0, 1), note("E3", 0, 1), note("C4", Fraction(1, 2), 1), note("G3", 2, 2))
    figures = measure_accompaniment(score((tune, tune, (), tune), (chords, chords, (), ())), 0, 1)
    # of twelve quarters of melody the C sounds for one and a half in each of two measures
    assert figures.chord_tones == pytest.approx(3 / 12)
    assert figures.coverage == pytest.approx(2 / 3)
    assert figures.density == pytest.approx(6 / 12)
    assert figures.repeated == 1.0


def test_nothing_to_count():
    figures = measure_accompaniment(score(((), ()), ((), ())), 0, 1)
    assert (figures.chord_tones, figures.coverage, figures.density, figures.repeated) == (0, 0, 0, 0)
