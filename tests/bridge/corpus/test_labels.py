from __future__ import annotations

from fractions import Fraction as F

import pytest

from bridge.corpus.labels import chord_of, key_of
from engine.score import ChordSymbol, Key


@pytest.mark.parametrize(
    ("label", "fifths", "mode"),
    [
        ("C:maj", 0, "major"),
        ("A:min", 0, "minor"),
        ("Bb:maj", -2, "major"),
        ("C#:min", 4, "minor"),
        ("Db:maj", -5, "major"),
        ("Gb:maj", 6, "major"),  # six flats are written as six sharps
        ("Ab:min", 5, "minor"),
        ("Eb:min", 6, "minor"),
    ],
)
def test_keys(label: str, fifths: int, mode: str) -> None:
    assert key_of(label) == Key(fifths, mode)


@pytest.mark.parametrize("label", ["C", "C:dor", "H:maj", ""])
def test_what_is_no_key_is_refused(label: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        key_of(label)


@pytest.mark.parametrize(
    ("label", "root", "kind", "bass"),
    [
        ("C:maj", "C", "major", ""),
        ("A:min7", "A", "minor-seventh", ""),
        ("G:7/b7", "G", "dominant", "F"),
        ("D:min/b3", "D", "minor", "F"),
        ("E:maj/3", "E", "major", "G#"),
        ("F:maj7/7", "F", "major-seventh", "E"),
        ("F:maj/5", "F", "major", "C"),
        ("G:sus4(b7)", "G", "suspended-fourth", ""),
        ("B:hdim7", "B", "half-diminished", ""),
    ],
)
def test_chords(label: str, root: str, kind: str, bass: str) -> None:
    assert chord_of(label, F(1), Key(0, "major")) == ChordSymbol(F(1), root, kind, bass)


@pytest.mark.parametrize(
    ("label", "key", "root", "bass"),
    [
        ("Bb:min", Key(5, "major"), "A#", ""),
        ("A#:min", Key(-3, "major"), "Bb", ""),
        ("Gb:maj/3", Key(6, "major"), "F#", "A#"),
        ("D#:maj", Key(0, "major"), "Eb", ""),
        ("G#:maj", Key(0, "major"), "Ab", ""),  # borrowed from C minor
        ("Ab:dim", Key(0, "minor"), "G#", ""),  # on the leading note
    ],
)
def test_roots_are_spelled_as_the_key_spells_them(label: str, key: Key, root: str, bass: str) -> None:
    chord = chord_of(label, F(0), key)
    assert chord is not None
    assert (chord.root, chord.bass) == (root, bass)


def test_no_chord_is_none() -> None:
    assert chord_of("N", F(0), Key(0, "major")) is None


def test_an_unheard_of_chord_is_refused() -> None:
    with pytest.raises(KeyError):
        chord_of("C:splendid", F(0), Key(0, "major"))
