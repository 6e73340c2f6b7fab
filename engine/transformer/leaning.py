"""What the network's odds are moved by while it writes freely: chord symbols, and habits that it has too much of.

Asked for the next note of a composer, the network is right about how often a key is struck again, how often a note is
tied, how dense the music is. Left to itself it strikes the same keys too often, ties too little and thins out: its own
notes are what it then goes on from. These log odds set that right; ``benchmarks/sampling.py`` shows both ways.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from engine.pitch import Interval
from engine.score import home_staff
from engine.transformer.cell import CellState
from engine.transformer.columns import onset_quarters
from engine.transformer.rules import keys_and_steps
from engine.vocabulary import END, ONSET, TIED

Floats = npt.NDArray[np.float64]

FOLLOWING = 2.5  # for a tone of the chord symbol
AGAIN = -1.0  # for a key that was struck just before on that staff
AGAIN_ALONE = -0.4  # the same, for an instrument of single notes
CLASH = -0.7  # for a key a semitone, in any octave, from one that sounds
TIE = 1.5  # for a tie where one is possible
WAITING = -0.2  # for each quarter until the next note, or until the measure's end where none comes

_KEYS = 128  # of MIDI
_MOST = 4.0  # quarters that count
_FEW = 2  # notes at once, of an instrument of single notes
_QUARTERS = onset_quarters().astype(np.float64)
_END = ONSET.id(END)


class Leaning:
    """``shift`` is the interval by which the passage was moved for the network."""

    def __init__(self, shift: Interval) -> None:
        midi, _ = keys_and_steps(shift)
        self._midi, self._classes = np.clip(midi, 0, _KEYS - 1), midi % 12
        self.ties = np.where(np.arange(len(TIED)) == TIED.id(True), TIE, 0.0)

    def onsets(self, cell: CellState) -> Floats:
        """For each id of the next place."""
        now = float(cell.last.onset) if cell.last else 0.0
        wait = _QUARTERS - now
        wait[_END] = float(cell.measure.duration) - now
        result: Floats = WAITING * np.clip(wait, 0, _MOST)
        return result

    def pitches(self, cell: CellState, onset: Fraction, voice: int, duration: Fraction) -> Floats:
        """For each id of a pitch; a chord symbol counts by the share of the note's time that it holds."""
        share = np.zeros(12)
        for start, end, tones in cell.chords:
            together = min(onset + duration, end) - max(onset, start)
            if together > 0:
                share[list(tones)] += float(together / duration)
        again, clash = np.zeros(_KEYS), np.zeros(12)
        again[list(cell.struck_before(onset, home_staff(voice)))] = 1
        clash[[(key + by) % 12 for key in cell.heard(onset) for by in (-1, 1)]] = 1
        habit = AGAIN_ALONE if cell.instrument.notes <= _FEW else AGAIN
        result: Floats = (FOLLOWING * share + CLASH * clash)[self._classes] + habit * again[self._midi]
        return result
