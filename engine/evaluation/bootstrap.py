"""Intervals that a few works justify: works are drawn again, with all that was measured in them.

Two excerpts of one work are alike, so it is works that are drawn, not excerpts (the cluster bootstrap: Davison
and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_DRAWS = 1000
_INTERVAL = (2.5, 97.5)  # per cent


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


Table = dict[str, dict[str, Estimate]]  # measure -> arm -> figure


def draws(works: Sequence[str], seed: int, count: int = _DRAWS) -> Floats:
    """(count, items): how often each item's work is drawn, as many works as there are each time."""
    names, index = np.unique(list(works), return_inverse=True)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)
    return times[:, index].astype(np.float64)


def mean(values: Sequence[float], works: Sequence[str], seed: int, weights: Sequence[float] = ()) -> Estimate:
    """The weighted mean of what was measured in each item of those works."""
    x, w = np.array(values, np.float64), np.array(weights or [1.0] * len(values))
    times = draws(works, seed) * w
    return interval(float((x * w).sum() / w.sum()), (times @ x) / times.sum(1))


def ratio(above: Sequence[float], below: Sequence[float], works: Sequence[str], seed: int) -> Estimate:
    """The mean of one figure over that of another of the same items."""
    times = draws(works, seed)
    a, b = np.array(above, np.float64), np.array(below, np.float64)
    return interval(float(a.sum() / b.sum()), (times @ a) / (times @ b))


def interval(value: float, drawn: Floats) -> Estimate:
    """The value with the middle 95 % of what was drawn."""
    low, high = np.nanpercentile(drawn, _INTERVAL)
    return Estimate(value, float(low), float(high))
