"""The network as it writes on a GPU: in torch, one row of every window that is under way in each step.

Windows come and go between two steps (continuous batching: Yu et al., "Orca", 2022, section 3.2): each has a slot of
caches that stay where they are, and a step is one CUDA graph over all slots, whoever is in them. So the weights are
read once for all. On a processor the same code runs without a graph; there ``numpy_network`` is quicker, and gives a
window the same notes whoever else is written, which no batch does to the last bit.

Shapes: S slots, W the width. The last row that a slot has room for is where the keys of those go that rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.encoding import Array
from engine.transformer.columns import DECODER
from engine.transformer.layers import KeyValue, rotation
from engine.transformer.network import Network
from engine.transformer.numpy_network import Floats, Heads

_SLOTS, _ROOM = 64, 512  # at first; they double


class Slot:
    """One window's place: how many rows it has written and how many it knows. It is free again when nobody holds it."""

    def __init__(self, index: int, known: int, free: list[int]) -> None:
        self.index, self.known, self.rows = index, known, 0
        self._free = free

    def __del__(self) -> None:
        self._free.append(self.index)


class BatchedNetwork:
    """The weights of ``network``, which it takes, on a device: in bfloat16 on a GPU, else as ``dtype`` says."""

    def __init__(self, network: Network, device: str, dtype: torch.dtype | None = None) -> None:
        self.config, self.device = network.config, torch.device(device)
        self.dtype = dtype or (torch.bfloat16 if self.device.type == "cuda" else torch.float32)
        # A few thousand products a note are done where it is drawn, in the same arithmetic as without a GPU.
        self.heads = Heads({name: t.detach().float().numpy() for name, t in network.state_dict().items()})
        self._network = network.eval().to(self.device)
        for layers in (self._network.encoder, self._network.decoder):
            layers.to(self.dtype)
        self._free: list[int] = []
        self._past = self._memory = self._caches(0, 0)
        self._replay: Callable[[], Tensor] | None = None
        self._resize(_SLOTS, _ROOM, _ROOM)

    def encode(self, ids: Array, positions: Floats) -> Slot:
        """What rows look at that are written where rows (L, C) are known, at (L, 3)."""
        with torch.inference_mode(), self._arithmetic():
            found, _ = self._network.encode(
                torch.from_numpy(ids).long()[None].to(self.device),
                torch.from_numpy(positions)[None].to(self.device),
            )
            slots, room = self._size
            self._resize(slots if self._free else 2 * slots, room, _doubled(self._known_room, len(ids)))
            slot = Slot(self._free.pop(), len(ids), self._free)
            for memory, kv in zip(self._memory, found, strict=True):
                for cache, new in zip(memory, kv, strict=True):
                    cache[slot.index, :, : len(ids)] = new[0]
        return slot

    def steps(self, rows: Sequence[tuple[Array, Floats, Slot]]) -> list[Floats]:
        """The states (W,) after the next row (C,) of each of these windows, which stands at (3,)."""
        slots, room = self._size
        longest = max(slot.rows for _, _, slot in rows) + 2
        with torch.inference_mode(), self._arithmetic():
            self._resize(slots, _doubled(room, longest), self._known_room)
            for name, values in self._inputs(rows).items():
                self._given[name].copy_(torch.from_numpy(values))
            if self._replay is None:
                self._replay = _graph(self._step) if self.device.type == "cuda" else self._step
            states = self._replay().cpu().numpy()
        for _, _, slot in rows:
            slot.rows += 1
        return [states[slot.index] for _, _, slot in rows]

    def _arithmetic(self) -> torch.autocast:
        reduced = self.dtype is not torch.float32
        return torch.autocast(self.device.type, self.dtype if reduced else None, reduced, cache_enabled=False)

    def _inputs(self, rows: Sequence[tuple[Array, Floats, Slot]]) -> dict[str, npt.NDArray[Any]]:
        """What a step is given, for all slots; those that rest are given nothing."""
        slots, room = self._size
        given: dict[str, npt.NDArray[Any]] = {
            "ids": np.zeros((slots, len(DECODER)), np.int64),
            "at": np.zeros((slots, 3), np.float32),
            "written": np.full(slots, room - 1),
            "known": np.ones(slots, np.int64),  # of nothing at all no odds can be made
        }
        for ids, at, slot in rows:
            i = slot.index
            given["ids"][i], given["at"][i] = ids, at
            given["written"][i], given["known"][i] = slot.rows, max(slot.known, 1)
        return given

    def _step(self) -> Tensor:
        """(S, W): the states after the rows that were given."""
        given, (slots, room) = self._given, self._size
        places = torch.arange(max(room, self._known_room), device=self.device)
        before = (places[:room] <= given["written"][:, None])[:, None, None]
        known = (places[: self._known_room] < given["known"][:, None])[:, None, None]
        turn, x = rotation(given["at"][:, None]), self._network.write(given["ids"][:, None])
        at = torch.arange(slots, device=self.device), slice(None), given["written"]
        for layer, past, memory in zip(self._network.layers, self._past, self._memory, strict=True):
            for cache, new in zip(past, layer.past(x, turn), strict=True):
                cache[at] = new[:, :, 0].to(cache.dtype)
            x = layer(x, turn, partial(past.look, mask=before), partial(memory.look, mask=known))
        states: Tensor = x[:, 0].float()
        return states

    @property
    def _size(self) -> tuple[int, int]:
        """Slots, and the rows that each has room for."""
        slots, _, room, _ = self._past[0].key.shape
        return slots, room

    @property
    def _known_room(self) -> int:
        return self._memory[0].key.shape[2]

    def _caches(self, slots: int, room: int) -> list[KeyValue]:
        heads, width = self.config.heads, self.config.width // self.config.heads
        shape = (slots, heads, room, width)
        return [
            KeyValue(*(torch.zeros(shape, dtype=self.dtype, device=self.device) for _ in range(2)))
            for _ in range(self.config.decoder_layers)
        ]

    def _resize(self, slots: int, room: int, known: int) -> None:
        """Make room where there is less; what is there stays."""
        had, _ = self._size
        if (slots, room, known) == (*self._size, self._known_room):
            return
        self._past = _moved(self._past, self._caches(slots, room))
        self._memory = _moved(self._memory, self._caches(slots, known))
        self._free += range(had, slots)
        self._given = {n: torch.from_numpy(v).to(self.device) for n, v in self._inputs([]).items()}
        self._replay = None


def _moved(small: list[KeyValue], large: list[KeyValue]) -> list[KeyValue]:
    for kv, room in zip(small, large, strict=True):
        for a, b in zip(kv, room, strict=True):
            b[: len(a), :, : a.shape[2]] = a
    return large


def _doubled(room: int, wanted: int) -> int:
    while room < wanted:
        room *= 2
    return room


def _graph(step: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """The step as one CUDA graph, which is run again on what then stands in the same places."""
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # kernels choose their ways before they are recorded
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        states = step()

    def replay() -> Tensor:
        graph.replay()
        return states

    return replay
