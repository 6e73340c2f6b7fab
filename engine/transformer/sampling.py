"""Drawing one id from a field's scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.drawing import drawn
from engine.interface import Sampling
from engine.transformer.values import Allowed

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
    """Draws, see ``engine.drawing``, with a generator of its own.

    ``nats`` is -ln p of all that was drawn, by the scores themselves: without leaning, mask, temperature or top-p.
    Where a style or a composer is asked for, these are the guided ones.
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
        (ids,) = allowed.nonzero()
        scores = (logits + leaning)[ids].astype(np.float64)
        top_p = 1 - self.left_out * manner.left_out
        id = int(ids[drawn(scores, self.temperature * manner.temperature, top_p, self._generator)])
        likeliest = logits[1:].max()
        self.nats += float(np.log(np.exp(logits[1:] - likeliest).sum()) + likeliest - logits[id])
        return id
