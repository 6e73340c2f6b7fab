"""The key of a piece from its notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.documents.midi_file import Sounding
from engine.score import Key


def find_key(notes: Iterable[Sounding]) -> Key:
    """The key whose profile correlates best with how long each pitch class sounds (Krumhansl and Kessler 1982)."""
    heard = [0.0] * 12
    for note in notes:
        heard[note.midi % 12] += float(note.end - note.start)
    if min(heard) == max(heard):
        return Key(0, "major")
    from music21 import analysis, stream  # takes a second: only where it is needed
    from music21 import note as m21

    summary: stream.Stream[Any] = stream.Stream()
    for pitch_class, quarters in enumerate(heard):
        summary.append(m21.Note(60 + pitch_class, quarterLength=quarters))
    found = analysis.discrete.KrumhanslKessler().getSolution(summary)
    return Key((found.sharps + 5) % 12 - 5, found.mode)  # five flats to six sharps
