"""DeepBach (Hadjeres et al., ICML 2017): chorales by pseudo-Gibbs sampling, nothing of which can be kept between steps.

Sizes, window and number of iterations are the defaults of its authors' PyTorch code. How many different notes a voice
knows depends on their data and is not published; ``NOTES`` is our guess and weighs next to nothing.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import torch
from torch import Tensor, nn

from benchmarks.rivals.tasks import Task

VOICES = 4
NOTES = 55  # that a voice knows, with "held" and "rest"
METAS = (2, 4, 16, VOICES)  # fermata or none, place in the quarter, key, voice
EMBEDDING = 20  # of a note, and of each meta
LSTM, LAYERS, LINEAR = 256, 2, 256
REACH = 16  # sixteenths that are seen to either side
ITERATIONS = 500
BATCH = 8  # places of a voice that are drawn at a time


class VoiceModel(nn.Module):
    """One note of one voice from what stands before it, after it and with it."""

    def __init__(self) -> None:
        super().__init__()
        metas = EMBEDDING * len(METAS)
        self.notes = nn.ModuleList(nn.Embedding(NOTES, EMBEDDING) for _ in range(VOICES))
        self.metas = nn.ModuleList(nn.Embedding(size, EMBEDDING) for size in METAS)
        self.before = nn.LSTM(EMBEDDING * VOICES + metas, LSTM, LAYERS, batch_first=True)
        self.after = nn.LSTM(EMBEDDING * VOICES + metas, LSTM, LAYERS, batch_first=True)
        self.beside = _dense(EMBEDDING * (VOICES - 1) + metas, LINEAR, LSTM)
        self.predict = _dense(3 * LSTM, LINEAR, NOTES)

    def forward(self, notes: Tensor, metas: Tensor, voice: int) -> Tensor:
        """Windows of 2 * REACH ticks, (B, VOICES, ticks) and (B, metas, ticks): scores (B, NOTES) of the middle."""
        rows = [table(notes[:, i]) for i, table in enumerate(self.notes)]
        about = [table(metas[:, i]) for i, table in enumerate(self.metas)]
        seen = torch.cat([*rows, *about], dim=2)
        others = [row[:, REACH] for i, row in enumerate(rows) if i != voice] + [
            row[:, REACH] for row in about
        ]
        before, _ = self.before(seen[:, :REACH])
        after, _ = self.after(seen[:, REACH + 1 :].flip(1))
        found = [before[:, -1], self.beside(torch.cat(others, dim=1)), after[:, -1]]
        out: Tensor = self.predict(torch.cat(found, dim=1))
        return out


def _dense(*sizes: int) -> nn.Sequential:
    first, second = (nn.Linear(a, b) for a, b in pairwise(sizes))
    return nn.Sequential(first, nn.ReLU(), second)


class DeepBach:
    """Its own task: the soprano is given, alto, tenor and bass are drawn over and over on a grid of sixteenths."""

    def __init__(self) -> None:
        self.network = nn.ModuleList(VoiceModel() for _ in range(VOICES))

    def passes(self, task: Task) -> int:
        """The same however long the passage is: the iterations are a constant of its code."""
        return ITERATIONS * (VOICES - 1)

    @torch.inference_mode()
    def write(self, task: Task, passes: int) -> None:
        ticks = ceil(4 * task.quarters)
        padded = ticks + 2 * REACH
        notes = torch.randint(NOTES, (VOICES, padded))
        metas = torch.stack([torch.randint(size, (padded,)) for size in METAS])
        around = torch.arange(-REACH, REACH)
        for _ in range(passes // (VOICES - 1)):
            drawn = []
            for voice in range(1, VOICES):
                places = torch.randint(REACH, REACH + ticks, (BATCH,))
                windows = places[:, None] + around
                seen = notes[:, windows].transpose(0, 1), metas[:, windows].transpose(0, 1)
                odds = self.network[voice](*seen, voice).softmax(dim=1)
                drawn.append((voice, places, torch.multinomial(odds, 1)[:, 0]))
            for voice, places, ids in drawn:
                notes[voice, places] = ids
