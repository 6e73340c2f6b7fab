"""The network as it learns: an encoder over the known cells, a decoder that writes one note per row.

``numpy_network`` has the same arithmetic for writing.

Shapes: B windows, L positions, C columns of ids (``columns``), W the width.
"""

from __future__ import annotations

import math
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.transformer.columns import DECODER, ENCODER, T_, TARGETS, Blocks, pitch_parts
from engine.transformer.config import ModelConfig
from engine.transformer.layers import DecoderLayer, EncoderLayer, FeedForward, KeyValue, Norm, rotation
from engine.vocabulary import DURATION, ONSET, PITCH, STAFF, TIED, VOICE


class SumEmbedding(nn.Module):
    """The sum of one vector per column of ids, out of one table."""

    def __init__(self, columns: tuple[str, ...], width: int) -> None:
        super().__init__()
        self.blocks = Blocks(columns)
        self.table = nn.EmbeddingBag(self.blocks.size, width, mode="sum", padding_idx=0)
        nn.init.normal_(self.table.weight, std=0.02 * math.sqrt(10))
        self.register_buffer("offsets", torch.from_numpy(self.blocks.offsets), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, L, C) -> (B, L, W)."""
        offsets: Tensor = self.offsets  # type: ignore[assignment]
        places = torch.where(ids > 0, ids + offsets, 0)
        out: Tensor = self.table(places.flatten(0, 1))
        return out.view(*ids.shape[:2], -1)


class Mixer(nn.Module):
    """Takes in what was just decided: h plus a small gated network over h and the choice."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = Norm(width)
        self.feedforward = FeedForward(width, width // 2)

    def forward(self, h: Tensor, choice: Tensor) -> Tensor:
        x = h + choice
        out: Tensor = x + self.feedforward(self.norm(x))
        return out


class Heads(nn.Module):
    """The fields of a note, one after the other, each knowing those before it.

    The order is that of ``columns.TARGETS``: duration, pitch, staff, tied, then where the next event stands.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        sizes = (len(DURATION), len(PITCH), len(STAFF), len(TIED), len(ONSET), len(VOICE))
        self.choices = nn.ModuleList(nn.Embedding(size, width, padding_idx=0) for size in sizes)
        self.norms = nn.ModuleList(Norm(width) for _ in sizes)
        self.outputs = nn.ModuleList(nn.Linear(width, size) for size in sizes)
        self.mixers = nn.ModuleDict({name: Mixer(width) for name in ("pitch", "next onset", "next voice")})
        # Pitches share what they have in common: their place on the line of fifths and their staff step.
        chroma, height = (torch.from_numpy(ids).long() for ids in pitch_parts())
        self.register_buffer("chroma", chroma, persistent=False)
        self.register_buffer("height", height, persistent=False)
        self.chroma_output, self.height_output = nn.Linear(width, 36), nn.Linear(width, 71)
        for layer in (*self.outputs, self.chroma_output, self.height_output):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)
        for choice in self.choices.parameters():
            nn.init.normal_(choice, std=0.1)

    def logits(self, h: Tensor, name: str) -> Tensor:
        """Scores of the ids of one field; h (..., W) -> (..., ids)."""
        i = T_[name]
        h = self.norms[i](h)
        out: Tensor = self.outputs[i](h)
        if name == "pitch":
            out = out + self.chroma_output(h)[..., self.chroma] + self.height_output(h)[..., self.height]
        return out

    def chosen(self, h: Tensor, name: str, ids: Tensor) -> Tensor:
        """The state after a choice; h (..., W), ids (...) -> (..., W)."""
        choice = self.choices[T_[name]](ids)
        following = TARGETS[(T_[name] + 1) % len(TARGETS)]
        if following in self.mixers:
            out: Tensor = self.mixers[following](h, choice)
            return out
        mixed: Tensor = h + choice
        return mixed


class Network(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.read = SumEmbedding(ENCODER, config.width)
        self.write = SumEmbedding(DECODER, config.width)
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.memory_norm = Norm(config.width)
        self.heads = Heads(config.width)
        self._initialise()

    def _initialise(self) -> None:
        for name, weight in self.named_parameters():
            if weight.ndim == 2 and ("coder." in name or "mixers." in name):
                nn.init.normal_(weight, std=weight.shape[1] ** -0.5)
            if name.endswith(("out.weight", "down.weight")):
                nn.init.zeros_(weight)

    @property
    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.parameters())

    @property
    def layers(self) -> list[DecoderLayer]:
        """The decoder's layers, under their own type."""
        return cast(list[DecoderLayer], list(self.decoder))

    def encode(self, ids: Tensor, positions: Tensor) -> tuple[list[KeyValue], Tensor]:
        """Known rows (B, L, C) and (B, L, 3) to what each decoder layer attends to, and its mask (B, 1, 1, L)."""
        mask = (ids[:, :, 0] > 0)[:, None, None, :]
        turn = rotation(positions)
        x = self.read(ids)
        for layer in self.encoder:
            x = layer(x, turn, mask)
        x = self.memory_norm(x)
        return [layer.listening.keys(x, turn) for layer in self.layers], mask

    def forward(self, known: Tensor, known_at: Tensor, rows: Tensor, rows_at: Tensor) -> Tensor:
        """All steps at once, for training: (B, L, W)."""
        memory, mask = self.encode(known, known_at)
        turn = rotation(rows_at)
        x: Tensor = self.write(rows)
        for layer, kv in zip(self.layers, memory, strict=True):
            past = partial(layer.past(x, turn).look, causal=True)
            x = layer(x, turn, past, partial(kv.look, mask=mask))
        return x

    def losses(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Negative log-likelihood of targets (B, L, 6), summed per field: (6,). Targets of 0 count nothing."""
        return self.event_losses(hidden, targets).sum(0)

    def event_losses(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """The same of each event, (B * L, 6)."""
        hidden, targets = hidden.flatten(0, 1), targets.flatten(0, 1)
        found = []
        for name in TARGETS:
            target = targets[:, T_[name]]
            logits = self.heads.logits(hidden, name).float()
            logits[:, 0] = -torch.inf
            found.append(F.cross_entropy(logits, target, ignore_index=0, reduction="none"))
            hidden = self.heads.chosen(hidden, name, target)
        return torch.stack(found, 1)
