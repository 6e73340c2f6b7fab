"""Sounds to placed notes, with the shipped weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from engine.notator.decode import Scores, hands, names, ranks
from engine.notator.features import features, measure_at, ticks
from engine.notator.network import Notator
from engine.notator.sounds import NAMES, Placed, Sound, sound_order, sounds_of, voice_of
from engine.notator.weights import shipped
from engine.score import Measure

__all__ = ["Placed", "Sound", "place", "placed_by", "sounds_of"]


def place(
    sounds: Sequence[Sound], measures: Sequence[Measure], staves: int, heard: Sequence[Placed] = ()
) -> list[Placed]:
    """Spell the sounds of one part and give each a staff and a voice; in ``sound_order``.

    ``staves`` is 1 or 2; on one staff all voices are 1 to 4. A staff has at most two voices unless more
    lines sound together, then up to four. ``heard``: what other parts have, whose names are the surest
    sign of how a sound is spelled. In a voice only heads of one chord overlap, unless five lines
    sound together. The same sounds always get the same places.
    """
    return placed_by(shipped(), sounds, measures, staves, heard)


def placed_by(
    network: Notator,
    sounds: Sequence[Sound],
    measures: Sequence[Measure],
    staves: int,
    heard: Sequence[Placed] = (),
) -> list[Placed]:
    """``place`` with any network, which hears the whole part for the hands, and then each hand alone as well."""
    if not sounds:
        return []
    sounds = sorted(sounds, key=sound_order)
    scores = _scores(network, sounds, measures, staves, heard)
    index, _ = measure_at(ticks([sound.onset for sound in sounds]), measures)
    fifths = np.array([measure.key.fifths for measure in measures])[index]
    pitches = names(scores[:, :NAMES], sounds, index, fifths)
    on = hands(scores[:, NAMES], sounds) if staves > 1 else [1] * len(sounds)
    voices: dict[int, int] = {}
    for staff in set(on):
        mine = [i for i, other in enumerate(on) if other == staff]
        alone = [sounds[i] for i in mine]
        second = scores[mine, NAMES + 1]
        if staves > 1:
            second = (second + _scores(network, alone, measures, 1, heard)[:, NAMES + 1]) / 2
        found = ranks(second, alone)
        voices |= zip(mine, (voice_of(staff, rank) for rank in found), strict=True)
    return [Placed(sound, pitches[i], voices[i]) for i, sound in enumerate(sounds)]


def _scores(
    network: Notator,
    sounds: Sequence[Sound],
    measures: Sequence[Measure],
    staves: int,
    heard: Sequence[Placed],
) -> Scores:
    rows = torch.from_numpy(features(sounds, measures, staves, heard))
    network.eval()
    with torch.inference_mode():
        scores: Scores = network(rows[None])[0].double().numpy()
    return scores
