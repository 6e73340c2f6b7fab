"""Generator and discriminator, section 3 of the paper."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.crnngan.config import Shape
from engine.crnngan.tones import COLUMNS

States = tuple[Tensor, Tensor]


class Generator(nn.Module):
    """Recurrent: each tone follows from random numbers, the tone before, and what the layers remember."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.LSTM(COLUMNS + shape.z, shape.hidden, shape.layers, batch_first=True)
        self.tone = nn.Linear(shape.hidden, COLUMNS)

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, tones: Tensor, noise: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """The tone after each of (B, N, 4), with random numbers (B, N, z)."""
        hidden, states = self.layers(torch.cat([tones, noise], -1), states)
        return self.tone(hidden), states

    def going_on(self, given: Tensor, noise: Tensor) -> Tensor:
        """The tones (B, N, 4) after those that are given (B, G, 4); ``noise`` is (B, G + N - 1, z)."""
        told, states = self(given, noise[:, : given.shape[1]])
        written = [told[:, -1:]]
        for step in range(given.shape[1], noise.shape[1]):
            tone, states = self(written[-1], noise[:, step : step + 1], states)
            written.append(tone)
        return torch.cat(written, 1)


class Discriminator(nn.Module):
    """Bidirectional: reads the whole sequence both ways before it says anything about a tone."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.layers = nn.LSTM(COLUMNS, shape.hidden, shape.layers, batch_first=True, bidirectional=True)
        self.real = nn.Linear(2 * shape.hidden, 1)

    def forward(self, tones: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N, 4) -> log odds (B,) of being a player's, and the features (B, N, 2 * hidden) they come from."""
        features, _ = self.layers(tones)
        return self.real(features).mean((1, 2)), features
