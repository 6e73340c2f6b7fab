"""Notes and durations in, stacked LSTM layers with attention, notes and durations out.

The network is that of the textbooks (Foster, *Generative Deep Learning*, 1st ed. 2019, chapter 7): two embeddings
joined, two LSTM layers, a score for each step, its softmax, the weighted sum, and two softmax outputs. Two things are
added: where in its measure the next event stands is an input too, and the outputs read the last state beside the sum.
A step's score does not depend on who asks, so the sum over all steps so far is kept as it runs: each new event costs
the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.lstm.config import Shape
from engine.lstm.events import DURATIONS, NOTES, PLACES


@dataclass(frozen=True, slots=True)
class Memory:
    """After an event: the layers' states, and the attention's weighted sum (B, hidden) and its weights (B, 1)."""

    states: tuple[Tensor, Tensor]
    total: Tensor
    weight: Tensor


class Network(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.note = nn.Embedding(NOTES, shape.embedding)
        self.duration = nn.Embedding(len(DURATIONS), shape.embedding)
        self.place = nn.Embedding(PLACES, shape.place)
        size = 2 * shape.embedding + shape.place
        self.layers = nn.LSTM(size, shape.hidden, shape.layers, batch_first=True, dropout=shape.dropout)
        self.score = nn.Linear(shape.hidden, 1)
        self.dropout = nn.Dropout(shape.dropout)
        self.next_note = nn.Linear(2 * shape.hidden, NOTES)
        self.next_duration = nn.Linear(2 * shape.hidden, len(DURATIONS))

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, events: Tensor, memory: Memory | None = None) -> tuple[Tensor, Tensor, Memory]:
        """Events (B, N, 3) of ids -> log odds of the notes (B, N, notes) and durations (B, N, durations) after each."""
        joined = [self.note(events[..., 0]), self.duration(events[..., 1]), self.place(events[..., 2])]
        hidden, states = self.layers(torch.cat(joined, -1), memory.states if memory else None)
        weights = torch.tanh(self.score(hidden)).exp()  # between 1/e and e: no need to look for the greatest
        total, weight = (weights * hidden).cumsum(1), weights.cumsum(1)
        if memory:
            total, weight = total + memory.total[:, None], weight + memory.weight[:, None]
        seen = self.dropout(torch.cat([hidden, total / weight], -1))
        return self.next_note(seen), self.next_duration(seen), Memory(states, total[:, -1], weight[:, -1])
