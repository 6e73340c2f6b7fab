"""Chord symbols for measures that have none, found in the notes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from engine.encoding import C_KIND, C_MEASURE, C_ONSET, C_ROOT, encode
from engine.harmony import label_chords
from engine.pitch import Pitch
from engine.score import ChordSymbol, Score
from engine.vocabulary import CHORD_KIND, ONSET


def with_suggested_chords(score: Score, measures: Collection[int]) -> Score:
    """The score with chord symbols in those of the ``measures``, by index, that have none.

    Where one harmony goes on over several measures, only the first of them gets a symbol.
    """
    found: dict[int, list[ChordSymbol]] = {}
    for row in label_chords(encode(score)):
        root = str(Pitch.from_fifths(int(row[C_ROOT]), 4)).removesuffix("4")
        onset = ONSET.value(int(row[C_ONSET])).quarters
        symbol = ChordSymbol(onset, root, CHORD_KIND.value(int(row[C_KIND])))
        found.setdefault(int(row[C_MEASURE]), []).append(symbol)
    return replace(
        score,
        measures=tuple(
            replace(measure, chords=tuple(found.get(index, ())))
            if index in measures and not measure.chords
            else measure
            for index, measure in enumerate(score.measures)
        ),
    )
