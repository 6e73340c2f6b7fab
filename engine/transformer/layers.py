"""The layers of the network: attention that turns by musical time, and gated feed-forward.

Pre-norm Transformer layers (Vaswani et al. 2017) with RMS norm and normalised queries and keys. Each head
turns by the time in quarters, the onset in the measure and the measure (rotary embedding, Su et al. 2021,
over three axes), in self- and cross-attention alike, so that "what sounds now" and "the same place one
measure ago" are simple to look up. Shapes: B windows, L positions, W the width.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.transformer.config import HEAD, ModelConfig, periods

_AXIS, _PERIOD = (torch.tensor(of_pairs) for of_pairs in periods())

Look = Callable[[Tensor], Tensor]  # what queries find where they look, both (B, heads, L, 64)


class KeyValue(NamedTuple):
    """Keys and values of one layer, shape (B, heads, L, 64)."""

    key: Tensor
    value: Tensor

    def look(self, queries: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """What queries find here, both (B, heads, L, 64); ``mask``: (B, 1, 1 or L, keys), True where a key is seen."""
        return F.scaled_dot_product_attention(queries, *self, attn_mask=mask, is_causal=causal)


class Rotation(NamedTuple):
    """cos and sin of the angles, shape (B, 1, L, 32)."""

    cos: Tensor
    sin: Tensor


def rotation(positions: Tensor) -> Rotation:
    """Angles of positions (B, L, 3)."""
    angles = 2 * math.pi * (positions[..., _AXIS] / _PERIOD.to(positions.device))
    return Rotation(angles.cos().unsqueeze(1), angles.sin().unsqueeze(1))


def rotate(x: Tensor, by: Rotation) -> Tensor:
    """Turn the pairs of the last axis; x is (B, heads, L, 64)."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = by.cos.to(x.dtype), by.sin.to(x.dtype)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Norm(nn.RMSNorm):
    """RMS norm whose scale takes the type of its input, so that the fused kernel serves in bfloat16 too."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.eps)


class Attention(nn.Module):
    """Multi-head attention with rotated, normalised queries and keys."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.query_norm, self.key_norm = Norm(HEAD), Norm(HEAD)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.heads, HEAD).transpose(1, 2)

    def queries(self, x: Tensor, turn: Rotation) -> Tensor:
        return rotate(self.query_norm(self._split(self.query(x))), turn)

    def keys(self, x: Tensor, turn: Rotation) -> KeyValue:
        key, value = self.key_value(x).chunk(2, dim=-1)
        return KeyValue(rotate(self.key_norm(self._split(key)), turn), self._split(value))

    def forward(self, x: Tensor, turn: Rotation, look: Look) -> Tensor:
        found = look(self.queries(x, turn))
        out: Tensor = self.out(found.transpose(1, 2).flatten(2))
        return out


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.up(x).chunk(2, dim=-1)
        out: Tensor = self.down(F.silu(gate) * value)
        return out


class EncoderLayer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norms = nn.ModuleList(Norm(config.width) for _ in range(2))
        self.attention = Attention(config.width, config.heads)
        self.feedforward = FeedForward(config.width, config.feedforward)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, turn: Rotation, mask: Tensor | None) -> Tensor:
        y = self.norms[0](x)
        look = partial(self.attention.keys(y, turn).look, mask=mask)
        x = x + self.dropout(self.attention(y, turn, look))
        out: Tensor = x + self.dropout(self.feedforward(self.norms[1](x)))
        return out


class DecoderLayer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norms = nn.ModuleList(Norm(config.width) for _ in range(3))
        self.attention = Attention(config.width, config.heads)
        self.listening = Attention(config.width, config.heads)
        self.feedforward = FeedForward(config.width, config.feedforward)
        self.dropout = nn.Dropout(config.dropout)

    def past(self, x: Tensor, turn: Rotation) -> KeyValue:
        """What these rows are to those that come after them, and to themselves."""
        return self.attention.keys(self.norms[0](x), turn)

    def forward(self, x: Tensor, turn: Rotation, past: Look, memory: Look) -> Tensor:
        """``past`` looks at the decoder's rows so far, this one included; ``memory`` at the encoder's."""
        x = x + self.dropout(self.attention(self.norms[0](x), turn, past))
        x = x + self.dropout(self.listening(self.norms[1](x), turn, memory))
        out: Tensor = x + self.dropout(self.feedforward(self.norms[2](x)))
        return out
