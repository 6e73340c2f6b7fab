"""Drawing one id from a field's scores."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.interface import Sampling
from engine.transformer.rules import Allowed


class Sampler:
    """Temperature and nucleus sampling (Holtzman et al. 2020) with a generator of its own."""

    def __init__(self, sampling: Sampling) -> None:
        self.temperature, self.top_p = sampling.temperature, sampling.top_p
        self._generator = torch.Generator().manual_seed(sampling.seed)

    def draw(self, logits: Tensor, allowed: Allowed) -> int:
        """An allowed id, at least one must be; logits has shape (ids,). Temperature 0 takes the likeliest."""
        scores = logits.float().cpu().masked_fill(~torch.from_numpy(allowed), -torch.inf)
        if self.temperature == 0:
            return int(scores.argmax())
        odds, ids = torch.softmax(scores / self.temperature, dim=-1).sort(descending=True, stable=True)
        odds = odds * ((odds.cumsum(0) - odds) < self.top_p)
        return int(ids[torch.multinomial(odds, 1, generator=self._generator)])
