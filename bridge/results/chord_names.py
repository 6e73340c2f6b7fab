"""Chord symbols as one types them into a notation program."""

from __future__ import annotations

from engine.score import ChordSymbol

_KINDS = {
    "major": "",
    "minor": "m",
    "augmented": "aug",
    "diminished": "dim",
    "dominant": "7",
    "major-seventh": "maj7",
    "minor-seventh": "m7",
    "diminished-seventh": "dim7",
    "augmented-seventh": "aug7",
    "half-diminished": "m7b5",
    "major-minor": "m(maj7)",
    "major-sixth": "6",
    "minor-sixth": "m6",
    "dominant-ninth": "9",
    "major-ninth": "maj9",
    "minor-ninth": "m9",
    "dominant-11th": "11",
    "major-11th": "maj11",
    "minor-11th": "m11",
    "dominant-13th": "13",
    "major-13th": "maj13",
    "minor-13th": "m13",
    "suspended-second": "sus2",
    "suspended-fourth": "sus4",
    "power": "5",
}  # the others (Neapolitan, Tristan, pedal, ...) have no short name


def chord_name(chord: ChordSymbol) -> str:
    """Root, kind and bass: "Am7", "F/A". The kind is as the document prints it, where it says so."""
    kind = chord.text or _KINDS.get(chord.kind, "")
    return f"{chord.root}{kind}" + (f"/{chord.bass}" if chord.bass else "")
