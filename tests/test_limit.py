from __future__ import annotations

import cProfile
import time
from fractions import Fraction

import pytest
import torch

from benchmarks.limit import Reading, bandwidth, own_time, part_of, report, touched
from benchmarks.rivals.passages import Written, passages
from engine.score import NoteValue
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network


def test_a_step_reads_the_decoder_the_heads_and_a_few_rows() -> None:
    shapes = {
        "read.table.weight": (1000, 8),
        "write.table.weight": (900, 8),
        "encoder.0.attention.query.weight": (8, 8),
        "decoder.0.attention.key_value.weight": (16, 8),
        "decoder.0.listening.query.weight": (8, 8),
        "decoder.0.listening.key_value.weight": (16, 8),
        "decoder.0.listening.key_norm.weight": (4,),
        "heads.choices.0.weight": (70, 8),
        "heads.outputs.0.weight": (70, 8),
        "heads.outputs.0.bias": (70,),
        "memory_norm.weight": (8,),
    }
    assert touched(shapes, fields=6, columns=5) == 16 * 8 + 8 * 8 + 70 * 8 + 70 + 11 * 8


def test_the_names_are_those_of_the_network() -> None:
    network = Network(ModelConfig(width=64, heads=1, encoder_layers=2, decoder_layers=2, feedforward=64))
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    listened = 2 * (2 * 64 * 64 + 64)  # keys and values of what is listened to, and their norm
    choices = sum(p.numel() for p in network.heads.choices.parameters())
    whole = sum(p.numel() for part in (network.decoder, network.heads) for p in part.parameters())
    assert touched(shapes, fields=0, columns=0) == whole - listened - choices


def test_time_in_libraries_counts_for_the_module_that_calls_them() -> None:
    profile = cProfile.Profile()
    start = time.perf_counter()
    with profile:
        for i in range(1, 3000):
            NoteValue.from_duration(Fraction(i, 16))
    took = time.perf_counter() - start
    found = own_time(profile)
    assert max(found, key=lambda module: found[module]) == "engine/score.py"
    assert 0.5 * took < sum(found.values()) <= took
    assert found["engine/score.py"] > 0.5 * sum(
        found.values()
    )  # most of which is the arithmetic of fractions


def test_parts() -> None:
    assert part_of("engine/transformer/sampling.py") == "drawing"
    assert part_of("engine/transformer/anything_new.py") == part_of("engine/transformer/network.py")
    assert part_of("engine/score.py") == part_of("engine/transformer/rules.py")
    assert part_of("bridge/service.py") == "notation, graft, check"
    assert part_of("elsewhere") == "elsewhere"


def test_bandwidth_is_that_of_a_machine_of_our_time() -> None:
    threads = torch.get_num_threads()
    assert 1e8 < bandwidth(4_000_000, 1) < 1e13
    assert torch.get_num_threads() == threads


def test_the_report() -> None:
    passage = passages(None, 1)[0]
    note = passage.document.score.parts[0].cells[passage.first][0]
    own = [Written(((note,) * 92,), 0.1, 1.0, 0.92)]
    times = {
        "engine/transformer/network.py": 3.0,
        "engine/transformer/layers.py": 3.0,
        "bridge/service.py": 2.0,
    }
    lines = list(report(Reading(16_000_000, 400_000), {"memory": 20e9}, own, times))
    step = 100 / 92
    assert f"| for a note, {step:.2f} steps | {16.4 * step:.2f} |" in lines
    least = 16.4 * step / 20
    assert f"| memory | 20.0 | {least:.2f} | 10.00 | {least / 10:.1%} |" in lines
    [network] = [line for line in lines if line.startswith("| network")]
    assert "| 75.0% | 8.15 |" in network and "network 38%" in network
    assert sum("%" in line for line in lines) == pytest.approx(3)
