"""What the network's odds are moved by while it writes freely: chord symbols, and habits that it has too much of.

Asked for the next note of a composer, the network is right about how often a key is struck again, an octave doubled
or a measure repeated, and how high and how dense the music is. Left to itself it strikes the same keys too often,
doubles and repeats too little, sinks, and thins out where players have single notes: its own notes are what it then
goes on from. These log odds set that right; ``benchmarks/sampling.py`` shows both ways.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.exact import Fraction
from engine.pitch import Interval
from engine.score import home_staff
from engine.transformer.cell import CellState
from engine.transformer.columns import onset_quarters
from engine.transformer.rules import keys_and_steps
from engine.vocabulary import END, ONSET

Floats = npt.NDArray[np.float64]

FOLLOWING = 2.5  # for a tone of the chord symbol
AGAIN = -1.8  # for a key that was struck just before on that staff
AGAIN_IN_POP = -1.0  # the same, where that style is asked for: its players repeat what they strike
AGAIN_ALONE = -0.4  # the same, for an instrument of single notes
REPEATING = 3.0  # for the key that goes on repeating the measure before, once two notes of it have come again
CLASH = -0.7  # for a key a semitone, in any octave, from one that sounds
DOUBLED = 0.5  # for a key an octave from one that sounds on that staff
RISING = 0.8  # for each octave higher, on the upper staff of two
WAITING = -0.3  # of a player of single notes, for each quarter until the next one, or until the measure's end

_KEYS = 128  # of MIDI
_FEW = 2  # notes at once, of an instrument of single notes
_LONGEST = 4.0  # quarters of waiting that count
_QUARTERS = onset_quarters().astype(np.float64)
_END = ONSET.id(END)


class Leaning:
    """``shift`` is the interval by which the passage was moved for the network."""

    def __init__(self, shift: Interval) -> None:
        midi, _ = keys_and_steps(shift)
        self._midi, self._classes = np.clip(midi, 0, _KEYS - 1), midi % 12

    def onsets(self, cell: CellState) -> Floats | float:
        """For each id of the next place. Singers breathe; they wait as the network has it."""
        if cell.instrument.notes > _FEW or cell.instrument.family == "voice":
            return 0.0
        now = float(cell.last.onset) if cell.last else 0.0
        wait = _QUARTERS - now
        wait[_END] = float(cell.measure.duration) - now
        result: Floats = WAITING * np.clip(wait, 0, _LONGEST)
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
        octave = np.zeros(_KEYS)
        for note in cell.sounding(onset, home_staff(voice)):
            octave[[key for key in (note.pitch.midi - 12, note.pitch.midi + 12) if 0 <= key < _KEYS]] = 1
        alone = cell.instrument.notes <= _FEW
        habit = AGAIN_ALONE if alone else AGAIN_IN_POP if cell.controls.style == "pop" else AGAIN
        upper = cell.instrument.staves == 2 and home_staff(voice) == 1
        by_class = FOLLOWING * share + CLASH * clash
        by_key = habit * again + DOUBLED * octave + (RISING / 12 if upper else 0) * np.arange(_KEYS)
        if not alone and (key := cell.repeated(onset)) is not None:
            by_key[key] += REPEATING
        result: Floats = by_class[self._classes] + by_key[self._midi]
        return result
