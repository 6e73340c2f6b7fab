"""An engine whose weights have no sense: what holds with it holds for any."""

from __future__ import annotations

import torch

from engine.interface import EngineInfo
from engine.transformer.columns import T_
from engine.transformer.config import ModelConfig
from engine.transformer.engine import TransformerEngine
from engine.transformer.network import Network
from engine.transformer.numpy_network import NumpyNetwork
from engine.vocabulary import END, ONSET


def engine_of(network: Network) -> TransformerEngine:
    """An engine that writes with the weights of a network."""
    weights = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    return TransformerEngine(NumpyNetwork(network.config, weights), EngineInfo("test", "random weights"))


def untrained(ending: float) -> TransformerEngine:
    """An engine that writes with ``network_of`` weights."""
    return engine_of(network_of(ending))


def network_of(ending: float) -> Network:
    """``ending``: by how much a cell's end is likelier; without it cells end when they are full."""
    torch.manual_seed(0)
    config = ModelConfig(width=64, heads=1, encoder_layers=1, decoder_layers=1, feedforward=32, measures=8)
    network = Network(config)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    with torch.no_grad():
        network.heads.outputs[T_["next onset"]].bias[ONSET.id(END)] += ending
    return network
