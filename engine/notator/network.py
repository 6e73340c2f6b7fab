"""The network: a sum of embeddings a sound, two recurrent layers in both directions, three answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import accumulate

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from engine.notator.features import SIZES
from engine.notator.sounds import NAMES
from engine.settings import Share

ANSWERS = NAMES + 2  # names, staff, rank


@dataclass(frozen=True, slots=True)
class Shape:
    """``width`` of the rows, ``hidden`` of each direction."""

    width: PositiveInt = 128
    hidden: PositiveInt = 104
    layers: PositiveInt = 2
    dropout: Share = 0.1

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


class Notator(nn.Module):
    """From (batch, n, columns) of features to (batch, n, ``ANSWERS``).

    The answers are a score for each name, then the logits of the lower staff and of the second voice.
    """

    offsets: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.EmbeddingBag(sum(SIZES), shape.width, mode="sum")
        nn.init.normal_(self.embedding.weight, std=len(SIZES) ** -0.5)
        self.layers = nn.LSTM(
            shape.width,
            shape.hidden,
            shape.layers,
            batch_first=True,
            bidirectional=True,
            dropout=shape.dropout,
        )
        self.answers = nn.Linear(2 * shape.hidden, ANSWERS)
        self.drop = nn.Dropout(shape.dropout)
        offsets = torch.tensor([0, *accumulate(SIZES)][:-1])
        self.register_buffer("offsets", offsets, persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Scores of every row."""
        batch, n, columns = rows.shape
        flat = (rows + self.offsets).reshape(batch * n, columns)
        hidden, _ = self.layers(self.drop(self.embedding(flat).reshape(batch, n, -1)))
        answers: Tensor = self.answers(self.drop(hidden))
        return answers

    @property
    def parameter_count(self) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.parameters())
