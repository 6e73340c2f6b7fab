"""The key of a piece from its notes, and how a key spells them."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import correlation

from bridge.documents.midi_file import Sounding
from engine.pitch import Pitch
from engine.score import Key

# How well each degree of the chromatic scale fits the key: C. L. Krumhansl and E. J. Kessler, "Tracing the
# dynamic changes in perceived tonal organization in a spatial representation of musical keys",
# Psychological Review 89 (1982), 334-368.
_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
_LOWEST = {"minor": -2}  # of the twelve names on the line of fifths, from the signature's major tonic on


def find_key(notes: Iterable[Sounding]) -> Key:
    """The key whose profile correlates best with how long each pitch class sounds (Krumhansl's method)."""
    heard = [0.0] * 12
    for note in notes:
        heard[note.midi % 12] += float(note.end - note.start)
    if min(heard) == max(heard):
        return Key(0, "major")
    fits = {
        _key(tonic, mode): correlation(heard[tonic:] + heard[:tonic], profile)
        for mode, profile in _PROFILES.items()
        for tonic in range(12)
    }
    return max(fits, key=lambda key: fits[key])


def _key(tonic: int, mode: str) -> Key:
    """The signature from five flats to six sharps."""
    relative = tonic + 3 if mode == "minor" else tonic
    return Key((7 * relative + 5) % 12 - 5, mode)


def spelled(midi: int, key: Key) -> Pitch:
    """The usual name of a key number: the twelve names around the scale, from flat 3 to sharp 5 in major."""
    lowest = key.fifths + _LOWEST.get(key.mode, -3)
    pitch = Pitch.from_fifths(lowest + (7 * midi - lowest) % 12, 4)
    return Pitch(pitch.step, pitch.alter, 4 + (midi - pitch.midi) // 12)
