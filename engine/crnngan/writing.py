"""New tones one after the other, until the stretch is full."""

from __future__ import annotations

import numpy as np
import torch

from engine.crnngan.network import Generator
from engine.crnngan.tones import KEY, ONSET, QUARTERS, Floats, melody_of, tones_of
from engine.interface import Sampling
from engine.melody.engine import Opening
from engine.sounds.rolls import STEPS, Sound

_REMEMBERED = 32  # tones before a stretch that the generator reads again
_STRENGTH = 80  # of a note in a score, which does not say
_OCTAVE = 12


class Writer:
    """The generator as ``engine.melody.engine.LineModel``."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def written(self, opening: Opening, sampling: Sampling) -> list[Sound]:
        """See ``LineModel.written``. The temperature scales the random numbers."""
        random = torch.Generator().manual_seed(sampling.seed)
        new: list[Sound] = []
        for begin, end in opening.stretches:
            before = sorted([*(s for s in opening.known if s.on < begin), *new], key=lambda s: s.on)
            melody = self._melody(before[-_REMEMBERED:], begin, end, random, sampling.temperature)
            new += _sounds(melody, begin, end, opening)
        return new

    def _melody(
        self, before: list[Sound], begin: int, end: int, random: torch.Generator, temperature: float
    ) -> Floats:
        """(tones, 4) from the last known onset on, until the end is reached."""
        known = _known(before, begin)
        noise = temperature * torch.randn(1, len(known), self.generator.shape.z, generator=random)
        heard, onset = torch.from_numpy(tones_of(known)).float()[None], float(known[-1, ONSET])
        found: list[Floats] = []
        with torch.inference_mode():
            told, states = self.generator(heard, noise)
            while onset * STEPS < end:
                tone = told[0, -1:].double().numpy()
                found.append(melody_of(tone, onset))
                onset = float(found[-1][0, ONSET])
                noise = temperature * torch.randn(1, 1, self.generator.shape.z, generator=random)
                told, states = self.generator(told[:, -1:], noise, states)
        return np.concatenate(found) if found else np.zeros((0, 4))


def _known(before: list[Sound], begin: int) -> Floats:
    """What stands before as a melody; where nothing does, a middle note that ends just there."""
    sounds = before or [Sound(begin - STEPS, begin, 67)]
    return np.array([(s.on / STEPS, (s.off - s.on) / STEPS, s.pitch, _STRENGTH) for s in sounds])


def _sounds(melody: Floats, begin: int, end: int, opening: Opening) -> list[Sound]:
    """The tones that begin in the stretch, each over where the next begins, in the instrument's range."""
    inside = melody[(melody[:, ONSET] * STEPS >= begin) & (melody[:, ONSET] * STEPS < end)]
    ons = np.round(inside[:, ONSET] * STEPS).astype(int)
    offs = np.minimum(ons + np.round(inside[:, QUARTERS] * STEPS).astype(int), np.append(ons[1:], end))
    keys = [_in_range(round(key), opening) for key in inside[:, KEY]]
    return [Sound(int(a), int(b), key) for a, b, key in zip(ons, offs, keys, strict=True) if a < b]


def _in_range(key: int, opening: Opening) -> int:
    """The key, or its nearest octave in the range, or what of the range is nearest to it."""
    below, above = opening.low - key, key - opening.high
    key += _OCTAVE * (max(-(-below // _OCTAVE), 0) - max(-(-above // _OCTAVE), 0))
    return min(max(key, opening.low), opening.high)
