"""Keys and chords as data sets of audio name them: ``C#:min``, ``Bb:sus4(b7)``, ``G:maj/3``, ``N``.

The syntax is that of Harte et al., "Symbolic Representation of Musical Chords", ISMIR 2005.
"""

from __future__ import annotations

from engine.encoding import name_fifths
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import ChordSymbol, Key

_KINDS = {
    "maj": "major", "min": "minor", "aug": "augmented", "dim": "diminished", "7": "dominant",
    "maj7": "major-seventh", "min7": "minor-seventh", "dim7": "diminished-seventh", "hdim7": "half-diminished",
    "minmaj7": "major-minor", "maj6": "major-sixth", "min6": "minor-sixth", "sus2": "suspended-second",
    "sus4": "suspended-fourth", "sus4(b7)": "suspended-fourth",
}  # fmt: skip
_DEGREES = {"3": 4, "b3": -3, "5": 1, "7": 5, "b7": -2}  # above the root, on the line of fifths
_MIDDLE = {"major": 2, "minor": 3}  # of a key's names, from the signature's major tonic on the line of fifths


def key_of(label: str) -> Key:
    """The key with that name, from five flats to six sharps. Raises ValueError for what is no key."""
    tonic, _, mode = label.partition(":")
    if mode not in ("maj", "min"):
        raise ValueError(f"{label} is no key")
    fifths = name_fifths(tonic) - (3 if mode == "min" else 0)
    return Key((fifths + 5) % 12 - 5, "major" if mode == "maj" else "minor")


def chord_of(label: str, onset: Fraction, key: Key) -> ChordSymbol | None:
    """The chord with that name, spelled as the key would; None for no chord. Raises KeyError if unheard-of.

    The same root is A flat in C major and G sharp in A minor.
    """
    if label == "N":
        return None
    tonic, _, quality = label.partition(":")
    kind, _, degree = quality.partition("/")
    root = _nearest(name_fifths(tonic), key.fifths + _MIDDLE[key.mode])
    bass = _name(root + _DEGREES[degree]) if degree else ""
    return ChordSymbol(onset, _name(root), _KINDS[kind], bass)


def _nearest(fifths: int, centre: int) -> int:
    """The name with the same sound that is nearest to ``centre``, the flat one of two."""
    return centre + (fifths - centre + 6) % 12 - 6


def _name(fifths: int) -> str:
    return str(Pitch.from_fifths(fifths, 0)).removesuffix("0")
