"""What the writer makes of the network's scores."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.transformer.writer import merged
from engine.vocabulary import DURATION


def test_a_tuplet_written_in_larger_numbers_lends_its_odds_to_the_same_in_smaller_ones() -> None:
    scores = torch.randn(len(DURATION), generator=torch.Generator().manual_seed(1))
    odds = merged(scores).exp()
    found = 0
    for value in DURATION.values:
        same = [v for v in DURATION.values if v != value and replace(v, tuplet=v.tuplet.reduced) == value]
        counted = [scores[DURATION.id(v)].exp() for v in (value, *same)]
        assert float(odds[DURATION.id(value)]) == pytest.approx(float(sum(counted)), rel=1e-5)
        found += len(same)
    assert found > 10  # or the test would show nothing
