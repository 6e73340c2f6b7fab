"""Continuous tones become keys of the scale, in the range, one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from engine.crnngan.writing import _on_scale, _sounds
from engine.melody.engine import Opening
from engine.sounds.rolls import Sound

OPENING = Opening((), ((0, 96),), np.array([0, 96]), 60, 72)


@pytest.mark.parametrize(
    ("key", "on"), [(60.4, 60), (61.4, 62), (66.2, 67), (70.9, 71), (71.6, 72), (59.2, 59)]
)
def test_keys_are_of_the_scale(key: float, on: int) -> None:
    assert _on_scale(key) == on


@pytest.mark.parametrize(("length", "written"), [(16, 24), (15, 15)])
def test_a_rest_of_a_triplet_eighth_is_still_articulation(length: int, written: int) -> None:
    melody = np.array([(0, length / 24, 60, 64), (1, length / 24, 62, 64)])
    assert _sounds(melody, 0, 48, OPENING) == [Sound(0, written, 60), Sound(24, 24 + written, 62)]


def test_short_rests_are_articulation_and_long_ones_stay() -> None:
    melody = np.array(
        [(0, 0.7, 60, 64), (1, 0.5, 62, 64), (2, 3.0, 64, 64), (3, 0.25, 50, 64), (4, 1, 60, 64)]
    )
    assert _sounds(melody, 0, 96, OPENING) == [
        Sound(0, 24, 60), Sound(24, 36, 62), Sound(48, 72, 64), Sound(72, 78, 62),
    ]  # fmt: skip
