"""The Transformer as an engine: one row of each stream a step, each computed alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from threadpoolctl import threadpool_limits

from engine.interface import Controls, EngineInfo, Outcome, Passage, Sampling, Stream
from engine.transformer.info import SHIPPED, describe
from engine.transformer.numpy_network import NumpyNetwork
from engine.transformer.stream import TransformerStream
from engine.transformer.weights import load_network


class TransformerEngine:
    """Weights are loaded once, from ``path``; any number of streams."""

    def __init__(self, network: NumpyNetwork, info: EngineInfo, path: Path = SHIPPED) -> None:
        self.network, self.info, self.path = network, info, path

    @classmethod
    def load(cls, path: Path = SHIPPED) -> TransformerEngine:
        """From ``path``.safetensors and ``path``.json; raises OSError when they are missing."""
        # The products are too small to share: two threads are slower than one where other programs run.
        threadpool_limits(1, "blas")
        return cls(load_network(path), describe(path), path)

    def begin(self, passage: Passage, controls: Controls, sampling: Sampling) -> Stream:
        """See ``Engine.begin``."""
        return TransformerStream(self.network, passage, controls, sampling)

    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        """See ``Engine.step``."""
        ours = cast(Sequence[TransformerStream], streams)
        for stream in ours:
            if row := stream.row():
                stream.answer(self.network.step(*row))
        return [stream.outcome() for stream in ours]
