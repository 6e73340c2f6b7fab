"""The network as it writes: the same arithmetic as ``network`` in numpy, without torch, one row at a time.

A row's products are too small to gain from company or from threads, and what one row gives must not depend on others:
so each is computed alone, and the same weights give the same notes to the last bit whoever else is written.
Weights are put in the form that costs least: the scales of norms go into the products behind them, projections of one
input are one matrix, and the pairs that turn lie side by side, so that turning is one complex product.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.encoding import Array
from engine.transformer.cache import Cache, KeyValue
from engine.transformer.columns import DECODER, ENCODER, T_, TARGETS, Blocks, pitch_parts
from engine.transformer.config import HEAD, ModelConfig, periods

Floats = npt.NDArray[np.float32]
Turn = npt.NDArray[np.complex64]
Weights = Mapping[str, Floats]

_EPS = 1e-6
_AXIS, _PERIOD = periods()
_SPEED = (2 * math.pi / np.array(_PERIOD)).astype(np.float32)
# Where the numbers of a head go: those of a pair, 32 places apart in the weights, become neighbours.
_PAIRS = np.arange(HEAD).reshape(2, -1).T.reshape(-1)


def turn_of(positions: Floats) -> Turn:
    """The turns at positions (..., 3): (..., 32)."""
    angles = positions[..., _AXIS] * _SPEED
    turn: Turn = np.cos(angles) + np.complex64(1j) * np.sin(angles)
    return turn


def _normed(x: Floats) -> Floats:
    """RMS norm of the last axis, without its scale."""
    if x.ndim == 1:
        row: Floats = x * np.float32(1 / math.sqrt(float(x @ x) / len(x) + _EPS))
        return row
    squares = np.vecdot(x, x)
    squares /= x.shape[-1]
    squares += _EPS
    out: Floats = x / np.sqrt(squares)[..., None]
    return out


def _transposed(weight: Floats, scale: Floats | float = 1.0) -> Floats:
    """A weight (out, in) of torch as x @ w has it, with the scale (in,) of the norm before it."""
    return np.ascontiguousarray((weight * scale).T)


class _Heads(NamedTuple):
    """Projections to heads whose pairs turn; shapes (..., heads * 64) -> (..., heads, 64)."""

    scale: Floats  # (64,) of the norm of each head, or (heads, 64)

    def turned(self, x: Floats, turn: Turn) -> Floats:
        heads = x.reshape(*x.shape[:-1], -1, HEAD)
        normed = np.ascontiguousarray(_normed(heads) * self.scale)
        return (normed.view(np.complex64) * turn[..., None, :]).view(np.float32)


def _paired(weight: Floats) -> Floats:
    """Rows of a projection (heads * 64, in) with the pairs of each head side by side."""
    return weight.reshape(-1, HEAD, weight.shape[1])[:, _PAIRS].reshape(weight.shape)


class _Attention:
    """Queries, keys and values of one attention; ``scale`` (width,) is that of the norm before it."""

    def __init__(self, weights: Weights, name: str, scale: Floats | float, memory: Floats | float) -> None:
        """``memory`` is the scale of the norm before keys and values."""
        query = _paired(weights[f"{name}.query.weight"])
        key, value = np.split(weights[f"{name}.key_value.weight"], 2)
        self.query = _transposed(query, scale)
        self.key_value = _transposed(np.concatenate([_paired(key), value]), memory)
        self.out = _transposed(weights[f"{name}.out.weight"])
        # The scale of the scores goes into that of the queries.
        self._query = _Heads(weights[f"{name}.query_norm.weight"][_PAIRS] / np.float32(HEAD**0.5))
        self._key = _Heads(weights[f"{name}.key_norm.weight"][_PAIRS])

    @property
    def queries_and_keys(self) -> _Heads:
        """For both side by side."""
        heads = len(self.out) // HEAD
        return _Heads(np.repeat([self._query.scale, self._key.scale], heads, axis=0))

    def queries(self, x: Floats, turn: Turn) -> Floats:
        """Of projected rows (..., W): (..., heads, 64)."""
        return self._query.turned(x, turn)

    def keys(self, x: Floats, turn: Turn) -> tuple[Floats, Floats]:
        """Keys and values of projected rows (..., 2 W): (..., heads, 64) each."""
        width = x.shape[-1] // 2
        return self._key.turned(x[..., :width], turn), x[..., width:].reshape(*x.shape[:-1], -1, HEAD)

    def remembered(self, normed: Floats, turn: Turn) -> KeyValue:
        """Keys and values of rows (L, W) that later rows attend to."""
        key, value = self.keys(normed @ self.key_value, turn)
        return KeyValue(*(np.ascontiguousarray(x.swapaxes(0, 1)) for x in (key, value)))


class _FeedForward:
    """SwiGLU; ``scale`` is that of the norm before it."""

    def __init__(self, weights: Weights, name: str, scale: Floats) -> None:
        self.up = _transposed(weights[f"{name}.up.weight"], scale)
        self.down = _transposed(weights[f"{name}.down.weight"])
        self.hidden = self.down.shape[0]

    def __call__(self, normed: Floats) -> Floats:
        x = normed @ self.up
        gate, value = x[..., : self.hidden], x[..., self.hidden :]
        out: Floats = (value * gate / (1 + np.exp(-gate))) @ self.down
        return out


class _EncoderLayer:
    def __init__(self, weights: Weights, name: str) -> None:
        scale = weights[f"{name}.norms.0.weight"]
        self.attention = _Attention(weights, f"{name}.attention", scale, scale)
        self.feedforward = _FeedForward(weights, f"{name}.feedforward", weights[f"{name}.norms.1.weight"])

    def __call__(self, x: Floats, turn: Turn) -> Floats:
        """(L, W) -> (L, W), in place."""
        attention, normed = self.attention, _normed(x)
        queries = attention.queries(normed @ attention.query, turn).swapaxes(0, 1)
        found = attention.remembered(normed, turn).look_all(queries)
        x += found.swapaxes(0, 1).reshape(x.shape) @ attention.out
        x += self.feedforward(_normed(x))
        return x


class _DecoderLayer:
    """Its three parts, each of which changes a row (W,) in place."""

    def __init__(self, weights: Weights, name: str, memory: Floats) -> None:
        first, second, third = (weights[f"{name}.norms.{i}.weight"] for i in range(3))
        own = _Attention(weights, f"{name}.attention", first, first)
        self._projected = np.concatenate([own.query, own.key_value], axis=1)
        self._turning = own.queries_and_keys
        self._out = own.out
        self.listening = _Attention(weights, f"{name}.listening", second, memory)
        self._feedforward = _FeedForward(weights, f"{name}.feedforward", third)

    def attend(self, x: Floats, turn: Turn, past: KeyValue) -> None:
        """To the rows of ``past``, whose last place is for this one."""
        width, heads = len(x), len(past.key)
        projected = _normed(x) @ self._projected
        turned = self._turning.turned(projected[: 2 * width], turn)
        past.key[:, -1], past.value[:, -1] = turned[heads:], projected[2 * width :].reshape(heads, HEAD)
        x += past.look(turned[:heads]) @ self._out

    def listen(self, x: Floats, turn: Turn, memory: KeyValue) -> None:
        """To what is known."""
        listening = self.listening
        x += memory.look(listening.queries(_normed(x) @ listening.query, turn)) @ listening.out

    def think(self, x: Floats) -> None:
        """By itself."""
        x += self._feedforward(_normed(x))


class _Embedding:
    """The sum of one vector per column of ids."""

    def __init__(self, table: Floats, columns: tuple[str, ...]) -> None:
        self.table, self.offsets = table.copy(), Blocks(columns).offsets
        self.table[0] = 0

    def __call__(self, ids: Array) -> Floats:
        """(..., C) -> (..., W)."""
        out: Floats = self.table[np.where(ids > 0, ids + self.offsets, 0)].sum(axis=-2)
        return out


class _Mixer:
    def __init__(self, weights: Weights, name: str) -> None:
        self.feedforward = _FeedForward(weights, f"{name}.feedforward", weights[f"{name}.norm.weight"])

    def __call__(self, x: Floats) -> Floats:
        out: Floats = x + self.feedforward(_normed(x))
        return out


class Heads:
    """The fields of a note, one after the other; see ``network.Heads``."""

    def __init__(self, weights: Weights) -> None:
        self._choices = [weights[f"heads.choices.{i}.weight"] for i in range(len(TARGETS))]
        outputs = [weights[f"heads.outputs.{i}.weight"] for i in range(len(TARGETS))]
        self._biases = [weights[f"heads.outputs.{i}.bias"].copy() for i in range(len(TARGETS))]
        pitch = T_["pitch"]
        for part, ids in zip(("chroma", "height"), pitch_parts(), strict=True):
            outputs[pitch] = outputs[pitch] + weights[f"heads.{part}_output.weight"][ids]
            self._biases[pitch] += weights[f"heads.{part}_output.bias"][ids]
        scales = [weights[f"heads.norms.{i}.weight"] for i in range(len(TARGETS))]
        self._outputs = [_transposed(w, scale) for w, scale in zip(outputs, scales, strict=True)]
        found = (name for name in TARGETS if f"heads.mixers.{name}.norm.weight" in weights)
        self._mixers = {T_[name]: _Mixer(weights, f"heads.mixers.{name}") for name in found}

    def logits(self, h: Floats, name: str) -> Floats:
        """Scores of the ids of one field; h (W,) -> (ids,)."""
        i = T_[name]
        out: Floats = _normed(h) @ self._outputs[i] + self._biases[i]
        return out

    def chosen(self, h: Floats, name: str, id: int) -> Floats:
        """The state after a choice; h (W,) -> (W,)."""
        i = T_[name]
        x: Floats = h + self._choices[i][id]
        mixer = self._mixers.get((i + 1) % len(TARGETS))
        return mixer(x) if mixer else x


class NumpyNetwork:
    """``weights`` are those of ``network.Network``, by name, in float32."""

    def __init__(self, config: ModelConfig, weights: Weights) -> None:
        self.config = config
        self._read = _Embedding(weights["read.table.weight"], ENCODER)
        self._write = _Embedding(weights["write.table.weight"], DECODER)
        self._encoder = [_EncoderLayer(weights, f"encoder.{i}") for i in range(config.encoder_layers)]
        memory = weights["memory_norm.weight"]
        self._decoder = [_DecoderLayer(weights, f"decoder.{i}", memory) for i in range(config.decoder_layers)]
        self.heads = Heads(weights)

    def encode(self, ids: Array, positions: Floats) -> Cache:
        """What rows look at that are written where rows (L, C) are known, at (L, 3)."""
        turn, x = turn_of(positions), self._read(ids)
        for layer in self._encoder:
            x = layer(x, turn)
        normed = _normed(x)
        return Cache([layer.listening.remembered(normed, turn) for layer in self._decoder])

    def steps(self, rows: Sequence[tuple[Array, Floats, Cache]]) -> list[Floats]:
        """The states (W,) after the next row (C,) of each of some windows, at (3,); the caches have them from then on.

        Each is computed alone. They go through a part of a layer one after the other, while its weights are at hand.
        """
        states = [self._write(row) for row, _, _ in rows]
        turns = [turn_of(at) for _, at, _ in rows]
        pasts = zip(*(cache.next_row() for _, _, cache in rows), strict=True)  # by layer
        memories = zip(*(cache.memory for _, _, cache in rows), strict=True)
        for layer, past, memory in zip(self._decoder, pasts, memories, strict=True):
            for x, turn, own in zip(states, turns, past, strict=True):
                layer.attend(x, turn, own)
            for x, turn, known in zip(states, turns, memory, strict=True):
                layer.listen(x, turn, known)
            for x in states:
                layer.think(x)
        return states
