"""The Transformer as an engine: the rows of several streams take each step together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch

from engine.interface import Controls, EngineInfo, Outcome, Passage, Sampling, Stream
from engine.transformer.info import SHIPPED, describe
from engine.transformer.network import Network
from engine.transformer.stream import TransformerStream
from engine.transformer.weights import load_weights


class TransformerEngine:
    """Weights are loaded once; any number of streams, one ``step`` at a time."""

    def __init__(self, network: Network, info: EngineInfo) -> None:
        self.network, self.info = network, info

    @classmethod
    def load(cls, path: Path = SHIPPED) -> TransformerEngine:
        """From ``path``.safetensors and ``path``.json; raises OSError when they are missing."""
        # A step's sums are too small to share: two threads are slower than one where other programs run.
        torch.set_num_threads(1)
        return cls(load_weights(path), describe(path))

    def begin(self, passage: Passage, controls: Controls, sampling: Sampling) -> Stream:
        """See ``Engine.begin``."""
        return TransformerStream(self.network, passage, controls, sampling)

    @torch.inference_mode()
    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        """See ``Engine.step``."""
        ours = cast(Sequence[TransformerStream], streams)
        waiting = [(stream, row) for stream in ours if (row := stream.row())]
        if waiting:
            ids, at, caches = zip(*(row for _, row in waiting), strict=True)
            states = self.network.step(torch.stack(ids), torch.stack(at), caches)
            for (stream, _), state in zip(waiting, states, strict=True):
                stream.answer(state)
        return [stream.outcome() for stream in ours]
