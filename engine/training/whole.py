"""Whole works with every part to be written and nothing told: what benchmarks of unaided writing ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.encoding import N_DIATONIC, N_MIDI
from engine.pitch import Interval, Pitch
from engine.training.works import Work
from engine.transformer.columns import CONTROLS
from engine.transformer.window import Window


def whole_window(work: Work) -> Window:
    """All measures of all parts: known are the metres and signatures and who plays, no note, chord or control.

    It is not cut, as other windows are, nor moved to another key.
    """
    score = replace(work.score, chords=work.score.chords[:0])
    n, parts = len(score.measures), len(score.parts)
    mask = np.tile(score.parts > 0, (n, 1))
    controls = np.zeros((parts, len(CONTROLS)), np.int16)
    return Window(score, 0, n, mask, np.ones(parts, np.bool_), controls, Interval())


def in_other_keys(works: Sequence[Work], semitones: int) -> list[Work]:
    """The works and besides each of them moved up and down by up to so many semitones, spelled as bare keys are."""
    moves = range(-semitones, semitones + 1)
    return [moved(work, by) if by else work for work in works for by in moves]


def spelled(midi: int) -> Pitch:
    """How a bare MIDI key is written: naturals, and E flat, B flat, F sharp, C sharp, G sharp."""
    return Pitch.from_fifths((7 * midi + 3) % 12 - 3, midi // 12 - 1)


_DIATONIC = np.array([spelled(midi).diatonic for midi in range(128)], np.int16)


def moved(work: Work, semitones: int) -> Work:
    """A work in another key, spelled as bare keys are."""
    notes = work.score.notes.copy()
    notes[:, N_MIDI] += semitones
    notes[:, N_DIATONIC] = _DIATONIC[notes[:, N_MIDI]]
    return replace(work, score=replace(work.score, notes=notes))
