"""MuseGAN whose weights have no sense: what holds with it holds for any."""

from __future__ import annotations

from functools import cache
from typing import cast

import torch
from torch import nn

from engine.interface import EngineInfo
from engine.musegan.config import METRES, Shape
from engine.musegan.engine import MuseGanEngine
from engine.musegan.ensembles import ENSEMBLES
from engine.musegan.network import Generator

INFO = EngineInfo("musegan", "random weights", ensembles=tuple(ENSEMBLES), metres=METRES)


def generator(ensemble: str, kind: str = "hybrid", conditional: bool = True, loud: float = 2.0) -> Generator:
    """``loud``: the log odds of a key (of a piano, which plays chords, far less), and how far the weights lie apart."""
    torch.manual_seed(0)
    network = Generator(Shape(ensemble, kind, conditional))  # type: ignore[arg-type]
    for measure in network.measures:
        last = cast(nn.Linear, measure.steps)
        nn.init.normal_(last.weight, std=loud / 2)
        nn.init.constant_(last.bias, -3 * loud if ensemble == "piano" else loud)
    return _normalised(network).eval()


def _normalised(network: Generator) -> Generator:
    """With the running means of its layers, without which random vectors would fade away on their way through."""
    shape, random = network.shape, torch.Generator().manual_seed(0)
    rolls = torch.rand((8, shape.measures, shape.tracks, 96, 84), generator=random) < 0.01
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.momentum = None  # a plain mean
    with torch.no_grad():
        metres = torch.zeros(8, shape.measures, dtype=torch.long)
        network.train()(network.noise(8, random), metres, rolls.float(), torch.ones(8, shape.tracks))
    return network


@cache
def untrained() -> MuseGanEngine:
    return MuseGanEngine({name: generator(name) for name in ENSEMBLES}, INFO)
