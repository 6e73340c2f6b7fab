"""The engines of single lines with weights that have no sense: what holds with them holds for any."""

from __future__ import annotations

from functools import cache

import torch

from engine.crnngan import config as crnngan
from engine.crnngan.network import Generator
from engine.crnngan.writing import Writer as ToneWriter
from engine.instruments import SINGERS
from engine.interface import EngineInfo
from engine.lstm import config as lstm
from engine.lstm.network import Network
from engine.lstm.writing import Writer as EventWriter
from engine.melody.engine import LineEngine

ENGINES = ("lstm", "c-rnn-gan")


@cache
def untrained(name: str) -> LineEngine:
    torch.manual_seed(0)
    info = EngineInfo(name, tasks=("continue", "fill"), instruments=SINGERS, parts=1, refuses=("like",))
    if name == "lstm":
        return LineEngine(EventWriter(Network(lstm.Shape(8, 4, 16)).eval()), info)
    generator = Generator(crnngan.Shape(16, 2, 8)).eval()
    for weight in generator.parameters():
        torch.nn.init.normal_(weight, std=0.5)  # tones of all kinds, after which it matters what came before
    return LineEngine(ToneWriter(generator), info)
