"""T5 version 1.1 (Raffel et al. 2020; gated GELU, Shazeer 2020) that keeps keys and values.

Layers as in the code that Composer's Assistant trains. Shapes: L tokens, W the width; one sequence at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.rivals.gpt2 import Cache, causal

KeyValue = tuple[Tensor, Tensor]  # (heads, L, head) each


@dataclass(frozen=True, slots=True)
class T5Config:
    vocabulary: int
    width: int
    feedforward: int
    layers: int  # of the encoder, and as many of the decoder
    heads: int
    head: int
    distances: int  # that have a bias of their own


class Attention(nn.Module):
    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.heads, inner = config.heads, config.heads * config.head
        self.query = nn.Linear(config.width, inner, bias=False)
        self.key = nn.Linear(config.width, inner, bias=False)
        self.value = nn.Linear(config.width, inner, bias=False)
        self.out = nn.Linear(inner, config.width, bias=False)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(len(x), self.heads, -1).transpose(0, 1)

    def memory(self, x: Tensor) -> KeyValue:
        return self._split(self.key(x)), self._split(self.value(x))

    def forward(self, x: Tensor, memory: KeyValue, bias: Tensor | None = None) -> Tensor:
        """T5 does not scale its scores; ``bias`` is added to them."""
        found = F.scaled_dot_product_attention(self._split(self.query(x)), *memory, attn_mask=bias, scale=1.0)
        out: Tensor = self.out(found.transpose(0, 1).flatten(1))
        return out


class FeedForward(nn.Module):
    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.feedforward, bias=False)
        self.up = nn.Linear(config.width, config.feedforward, bias=False)
        self.down = nn.Linear(config.feedforward, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.down(F.gelu(self.gate(x), approximate="tanh") * self.up(x))
        return out


class EncoderLayer(nn.Module):
    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(config.width, eps=1e-6) for _ in range(2))
        self.attention, self.feedforward = Attention(config), FeedForward(config)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        y = self.norms[0](x)
        x = x + self.attention(y, self.attention.memory(y), bias)
        out: Tensor = x + self.feedforward(self.norms[1](x))
        return out


class DecoderLayer(nn.Module):
    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(config.width, eps=1e-6) for _ in range(3))
        self.attention, self.listening = Attention(config), Attention(config)
        self.feedforward = FeedForward(config)

    def heard(self, memory: Tensor) -> KeyValue:
        """What the encoder found as this layer listens to it."""
        return self.listening.memory(memory)

    def forward(self, x: Tensor, layer: int, cache: Cache, heard: KeyValue, bias: Tensor) -> Tensor:
        y = self.norms[0](x)
        x = x + self.attention(y, cache.extend(layer, *self.attention.memory(y)), bias)
        x = x + self.listening(self.norms[1](x), heard)
        out: Tensor = x + self.feedforward(self.norms[2](x))
        return out


class T5(nn.Module):
    """Tokens are read, written and predicted by one table."""

    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.encoder_distances = nn.Embedding(config.distances, config.heads)
        self.decoder_distances = nn.Embedding(config.distances, config.heads)
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.layers))
        self.encoder_norm = nn.RMSNorm(config.width, eps=1e-6)
        self.decoder_norm = nn.RMSNorm(config.width, eps=1e-6)

    def cache(self, size: int) -> Cache:
        """An empty one, with room for ``size`` tokens."""
        return Cache(self.config.layers, self.config.heads, size, self.config.head)

    def read(self, ids: Tensor) -> list[KeyValue]:
        """Given tokens (L,) to what each layer of the decoder listens to."""
        places = torch.arange(len(ids))
        behind = places[:, None] - places
        # Half of the distances lie ahead. T5 lets very far ones share a bias; here each has its own up to the half.
        half = self.config.distances // 2
        buckets = behind.abs().clamp(max=half - 1) + half * (behind < 0)
        bias = self.encoder_distances(buckets).permute(2, 0, 1)
        x = self.tokens(ids)
        for layer in self.encoder:
            x = layer(x, bias)
        x = self.encoder_norm(x)
        return [layer.heard(x) for layer in cast(Iterable[DecoderLayer], self.decoder)]

    def forward(self, ids: Tensor, cache: Cache, heard: list[KeyValue]) -> Tensor:
        """Scores of what follows new tokens (L,): (vocabulary,), for the last of them alone."""
        seen, new = cache.length, len(ids)
        behind = torch.arange(seen, seen + new)[:, None] - torch.arange(seen + new)
        bias = self.decoder_distances(behind.clamp(0, self.config.distances - 1)).permute(2, 0, 1)
        if new > 1:
            bias = bias.masked_fill(~causal(seen, new), -torch.inf)
        x = self.tokens(ids)
        for index, layer in enumerate(self.decoder):
            x = layer(x, index, cache, heard[index], bias)
        cache.advance(new)
        return F.linear(self.decoder_norm(x[-1]) * self.config.width**-0.5, self.tokens.weight)
