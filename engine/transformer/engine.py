"""The Transformer as an engine: one row of each stream a step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from threadpoolctl import threadpool_limits

from engine.device import CPU
from engine.interface import Controls, EngineInfo, Outcome, Passage, Sampling, Stream
from engine.transformer.info import MANNER, SMALL, Size
from engine.transformer.manner import Manner, usual_from
from engine.transformer.stream import TransformerStream
from engine.transformer.weights import load_network
from engine.transformer.writing_network import WritingNetwork
from engine.weight_files import read_meta


class TransformerEngine:
    """Weights are loaded once; any number of streams. ``path`` is where they came from.

    ``manner`` guides the network to a style or composer that is asked for; without it neither is of much effect.
    """

    def __init__(
        self,
        network: WritingNetwork,
        info: EngineInfo,
        path: Path = SMALL.path,
        manner: Manner | None = None,
    ) -> None:
        self.network, self.info, self.path, self.manner = network, info, path, manner

    @classmethod
    def load(cls, size: Size = SMALL, device: str = CPU) -> TransformerEngine:
        """From the files of that size and those of ``MANNER``; raises OSError when one is missing."""
        # The products are too small to share: two threads are slower than one where other programs run.
        threadpool_limits(1, "blas")
        manner = Manner(_network(MANNER, device), usual_from(read_meta(MANNER)))
        return cls(_network(size.path, device), size.describe(), size.path, manner)

    def begin(self, passage: Passage, controls: Controls, sampling: Sampling) -> Stream:
        """See ``Engine.begin``."""
        manner = self.manner if controls.style or controls.composer else None
        return TransformerStream(self.network, passage, controls, sampling, manner)

    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        """See ``Engine.step``."""
        ours = cast(Sequence[TransformerStream], streams)
        asking = [(stream, row) for stream in ours if (row := stream.row())]
        for network in {id(row.network): row.network for _, row in asking}.values():
            own = [(stream, row) for stream, row in asking if row.network is network]
            states = network.steps([(row.ids, row.at, row.memory) for _, row in own])
            for (stream, _), state in zip(own, states, strict=True):
                stream.answer(state)
        return [stream.outcome() for stream in ours]


def _network(path: Path, device: str) -> WritingNetwork:
    if device == CPU:
        return load_network(path)
    from engine.training.weights import load_weights
    from engine.transformer.batched_network import BatchedNetwork

    return BatchedNetwork(load_weights(path), device)
