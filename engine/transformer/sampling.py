"""Drawing one id from a field's scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.interface import Sampling
from engine.transformer.rules import Allowed

Floats = npt.NDArray[np.float64]


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
        self._generator = torch.Generator().manual_seed(sampling.seed)

    def draw(
        self, logits: Tensor, allowed: Allowed, leaning: Floats | float = 0.0, manner: Manner = RHYTHM
    ) -> int:
        """An allowed id, at least one must be; logits has shape (ids,). Temperature 0 takes the likeliest.

        ``leaning`` is added to the scores, (ids,).
        """
        scores = logits.float().cpu()
        leant = scores + torch.as_tensor(leaning, dtype=scores.dtype)
        id = self._drawn(leant.masked_fill(~torch.from_numpy(allowed), -torch.inf), manner)
        self.nats += float(scores[1:].logsumexp(0) - scores[id])
        return id

    def _drawn(self, scores: Tensor, manner: Manner) -> int:
        if self.temperature == 0:
            return int(scores.argmax())
        odds, ids = torch.softmax(scores / (self.temperature * manner.temperature), dim=-1).sort(
            descending=True, stable=True
        )
        odds = odds * ((odds.cumsum(0) - odds) < 1 - self.left_out * manner.left_out)
        return int(ids[torch.multinomial(odds, 1, generator=self._generator)])
