"""One of several drawn by their scores, with temperature and from the nucleus."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def drawn(scores: Floats, temperature: float, top_p: float, random: np.random.Generator) -> int:
    """The place of one of (n,) log odds, -inf for what cannot be: nucleus sampling (Holtzman et al. 2020).

    Temperature 0 takes the likeliest. Neither that nor one of one takes a random number.
    """
    best = scores.argmax()
    if temperature == 0 or len(scores) == 1:
        return int(best)
    odds = np.exp((scores - scores[best]) / temperature)
    order = (-odds).argsort(kind="stable")
    sums = odds[order].cumsum()
    # Those before which less than the share stands; the first one always.
    kept = int(sums.searchsorted(top_p * sums[-1])) + 1
    point = random.random() * sums[min(kept, len(sums)) - 1]
    return int(order[sums.searchsorted(point, side="right")])
