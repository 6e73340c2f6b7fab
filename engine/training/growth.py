"""A network that begins as a smaller one: wider and deeper, and at first with the same answers.

Function-preserving growth (Chen, Goodfellow and Shlens 2016, "Net2Net", sections 2.2 and 2.3). What is added does not
copy what is there: it begins as in a network of that size, except that nothing of it is heard. The new numbers of a
row's state are zero, whoever makes them, and nobody listens to new heads and new hidden units yet. So each learns
something of its own from the first step on, and no noise has to tell copies apart.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.training.weights import load_weights
from engine.transformer.layers import Norm
from engine.transformer.network import Network
from engine.weight_files import WEIGHTS


class GrowthError(ValueError):
    """The network to begin as is not there, or is no part of the larger one."""


def grow_from(network: Network, name: str) -> None:
    """Begin as the shipped weights of that name. Raises GrowthError."""
    try:
        start = load_weights(WEIGHTS / name)
    except (OSError, TypeError):
        raise GrowthError(f"no weights of a Transformer are shipped as {name}") from None
    try:
        grow(network, start)
    except GrowthError as error:
        raise GrowthError(f"cannot begin as {name}: {error}") from None


@torch.no_grad()
def grow(network: Network, start: Network) -> None:
    """Fill a new ``network`` so that it answers as ``start``, of at most its width, heads and layers.

    Raises GrowthError where a shape is larger in ``start``, or where the two know other composers.
    """
    if network.config.composers != start.config.composers:
        raise GrowthError("it knows other composers")
    modules = dict(network.named_modules())
    for name, old in start.named_parameters():
        owner, _, kind = name.rpartition(".")
        if (module := modules.get(owner)) is None:
            raise GrowthError(f"it has a {owner} more")
        new: Tensor = getattr(module, kind)
        if isinstance(module, Norm):
            # Of more numbers, of which the new ones are zero, the mean square is less.
            less = (len(old) / len(new)) ** 0.5
            new.mul_(less)
            old = old * less
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            new.zero_()
        _fill(new, old, owner, halves=name.endswith(("key_value.weight", "up.weight")))


def _fill(new: Tensor, old: Tensor, owner: str, halves: bool) -> None:
    """The first rows and columns of ``new``; of matrices of two ``halves``, one below the other, those of each."""
    if halves:
        for part, of in zip(new.chunk(2), old.chunk(2), strict=True):
            _fill(part, of, owner, halves=False)
        return
    if any(a > b for a, b in zip(old.shape, new.shape, strict=True)):
        raise GrowthError(f"its {owner} is larger, {tuple(old.shape)}, not {tuple(new.shape)}")
    new[tuple(map(slice, old.shape))] = old
