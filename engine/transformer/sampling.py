"""Drawing one id from a field's scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.interface import Sampling
from engine.transformer.rules import Allowed

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a field is drawn: ``temperature`` is a factor of the one that was asked for."""

    temperature: float
    left_out: float  # as a factor of 1 - top_p


# A rare rhythm is no wrong note, a rare pitch often is one; a tie is rare by nature.
RHYTHM, PITCH, TIE = Manner(1.0, 0.2), Manner(0.9, 1.0), Manner(1.0, 0.0)


class Sampler:
    """Temperature and nucleus sampling (Holtzman et al. 2020) with a generator of its own.

    ``nats`` is -ln p of all that was drawn, by the scores themselves: without leaning, mask, temperature or top-p.
    """

    def __init__(self, sampling: Sampling) -> None:
        self.temperature, self.left_out = sampling.temperature, 1 - sampling.top_p
        self.nats = 0.0
        self._generator = np.random.default_rng(sampling.seed)

    def draw(
        self, logits: Scores, allowed: Allowed, leaning: Floats | float = 0.0, manner: Manner = RHYTHM
    ) -> int:
        """An allowed id, at least one must be; logits has shape (ids,). Temperature 0 takes the likeliest.

        ``leaning`` is added to the scores, (ids,).
        """
        ids = np.flatnonzero(allowed)
        id = int(ids[self._drawn((logits + leaning)[ids].astype(np.float64), manner)])
        likeliest = logits[1:].max()
        self.nats += float(np.log(np.exp(logits[1:] - likeliest).sum()) + likeliest - logits[id])
        return id

    def _drawn(self, scores: Floats, manner: Manner) -> int:
        """The place of the one that is drawn."""
        best = scores.argmax()
        if self.temperature == 0 or len(scores) == 1:
            return int(best)
        odds = np.exp((scores - scores[best]) / (self.temperature * manner.temperature))
        order = np.argsort(-odds, kind="stable")
        sums = np.cumsum(odds[order])
        # Those before which less than the share stands; the first one always.
        kept = int(np.searchsorted(sums, (1 - self.left_out * manner.left_out) * sums[-1])) + 1
        point = self._generator.random() * sums[min(kept, len(sums)) - 1]
        return int(order[np.searchsorted(sums, point, side="right")])
