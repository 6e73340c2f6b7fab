"""The statistics of C-RNN-GAN's paper, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation import tones

MELODY = np.array(
    [
        (0, 1, 60, 50),
        (1, 1.5, 62, 60),
        (2, 1, 64, 70),
        (3, 1, 60.2, 64),
        (4, 1, 62.1, 64),
        (5, 1, 63.8, 64),
        (6, 1, 73, 90),
        (7, 1, 59, 64),
    ]
)


def test_by_hand() -> None:
    assert tones.scale_consistency(MELODY) == 7 / 8  # C sharp is not in C major
    assert tones.tone_span(MELODY) == 14
    assert tones.unique_tones(MELODY) == 5
    assert tones.intensity_span(MELODY) == 40
    assert tones.repetitions(MELODY) == 1
    assert tones.polyphony(MELODY) == pytest.approx(1 / 7)
