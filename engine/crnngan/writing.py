"""New tones one after the other, until the stretch is full."""

from __future__ import annotations

import numpy as np
import torch

from engine.crnngan.network import Generator
from engine.crnngan.tones import KEY, ONSET, QUARTERS, Floats, melody_of, tones_of
from engine.interface import Sampling
from engine.melody.engine import Opening
from engine.sounds.notation import joined
from engine.sounds.rolls import STEPS, Sound

_REMEMBERED = 32  # tones before a stretch that the generator reads again
_STRENGTH = 80  # of a note in a score, which does not say
_OCTAVE = 12
_SCALE = (-1, 0, 2, 4, 5, 7, 9, 11, 12)  # in the signature without accidentals
_BREATH = STEPS // 3  # a rest of so many steps is still articulation


class Writer:
    """The generator as ``engine.melody.engine.LineModel``."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def written(self, opening: Opening, sampling: Sampling) -> list[Sound]:
        """See ``LineModel.written``. The temperature scales the random numbers."""
        random = torch.Generator().manual_seed(sampling.seed)
        new: list[Sound] = []
        for begin, end in opening.stretches:
            before = opening.before(begin, new, _REMEMBERED)
            melody = self._melody(before, end, random, sampling.temperature)
            new += _sounds(melody, begin, end, opening)
        return new

    def _melody(self, before: list[Sound], end: int, random: torch.Generator, temperature: float) -> Floats:
        """(tones, 4) from the last known onset on, until the end is reached."""
        known = np.array([(s.on / STEPS, (s.off - s.on) / STEPS, s.pitch, _STRENGTH) for s in before])
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


def _sounds(melody: Floats, begin: int, end: int, opening: Opening) -> list[Sound]:
    """The tones that begin in the stretch, on the scale and in the instrument's range, none over the next one.

    Lengths are those of a player: what is a little shorter than the time to the next tone is meant to reach it.
    """
    inside = melody[(melody[:, ONSET] * STEPS >= begin) & (melody[:, ONSET] * STEPS < end)]
    times = np.round(inside[:, [ONSET, QUARTERS]] * STEPS).astype(int).tolist()
    keys = [_in_range(_on_scale(key), opening) for key in inside[:, KEY]]
    played = [Sound(on, on + length, key) for (on, length), key in zip(times, keys, strict=True)]
    *line, _ = joined([*played, Sound(end, end, 0)], _BREATH)  # the last reaches for the end as for a tone
    return [sound for sound in line if sound.on < sound.off]


def _on_scale(key: float) -> int:
    """The nearest key of the scale: frequencies are continuous, and nothing but their average keeps to a key."""
    below = int(key // _OCTAVE) * _OCTAVE
    return min((below + step for step in _SCALE), key=lambda on: abs(on - key))


def _in_range(key: int, opening: Opening) -> int:
    """The key, or its nearest octave in the range, or what of the range is nearest to it."""
    below, above = opening.low - key, key - opening.high
    key += _OCTAVE * (max(-(-below // _OCTAVE), 0) - max(-(-above // _OCTAVE), 0))
    return min(max(key, opening.low), opening.high)
