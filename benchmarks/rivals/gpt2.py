"""GPT-2 (Radford et al. 2019) that keeps keys and values; layers and sizes as in its authors' code.

Shapes: L new tokens, W the width; one sequence at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Gpt2Config:
    vocabulary: int
    context: int
    width: int
    layers: int
    heads: int


class Cache:
    """Keys and values of all layers, room for ``size`` tokens made once."""

    def __init__(self, layers: int, heads: int, size: int, head: int) -> None:
        self.keys, self.values = torch.zeros(2, layers, heads, size, head).unbind()
        self.length = 0

    def extend(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Put those of new tokens, (heads, L, head), after the others and give back all; ``advance`` follows."""
        end = self.length + key.shape[1]
        self.keys[layer, :, self.length : end], self.values[layer, :, self.length : end] = key, value
        return self.keys[layer, :, :end], self.values[layer, :, :end]

    def advance(self, tokens: int) -> None:
        self.length += tokens


class Block(nn.Module):
    def __init__(self, config: Gpt2Config) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.query_key_value, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, layer: int, cache: Cache, mask: Tensor | None) -> Tensor:
        """(L, W) -> (L, W)."""
        parts = self.query_key_value(self.norms[0](x)).view(len(x), 3, self.heads, -1).permute(1, 2, 0, 3)
        key, value = cache.extend(layer, parts[1], parts[2])
        found = F.scaled_dot_product_attention(parts[0], key, value, attn_mask=mask)
        x = x + self.out(found.transpose(0, 1).flatten(1))
        out: Tensor = x + self.down(F.gelu(self.up(self.norms[1](x)), approximate="tanh"))
        return out


class Gpt2(nn.Module):
    """Tokens are both embedded and predicted by the same table."""

    def __init__(self, config: Gpt2Config) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.places = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def cache(self) -> Cache:
        """An empty one, for a whole context."""
        config = self.config
        return Cache(config.layers, config.heads, config.context, config.width // config.heads)

    def forward(self, ids: Tensor, cache: Cache) -> Tensor:
        """Scores of what follows new tokens (L,): (vocabulary,), for the last of them alone."""
        seen, new = cache.length, len(ids)
        x = self.tokens(ids) + self.places.weight[seen : seen + new]
        mask = causal(seen, new) if new > 1 else None
        for layer, block in enumerate(self.blocks):
            x = block(x, layer, cache, mask)
        cache.advance(new)
        return F.linear(self.norm(x[-1]), self.tokens.weight)


def causal(seen: int, new: int) -> Tensor:
    """What each of the new tokens sees: all before them, and of each other those up to itself, (new, all)."""
    return torch.ones(new, seen + new, dtype=torch.bool).tril(seen)
