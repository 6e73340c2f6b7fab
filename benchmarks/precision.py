"""What smaller numbers would cost and save: loss and time with float32, bfloat16 and int8.

    python -m benchmarks.precision --data DIR

Loss: the validation windows of ``benchmarks.loss``, with the weights of all matrices rounded, or the arithmetic of
bfloat16. Time: all products of one row with the decoder's matrices, which is what a note has to read, in numpy and in
torch, and in ONNX Runtime where `pip install onnx onnxruntime` was run. Writes benchmarks/results/precision.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.training.examples import Batch
from engine.training.run import evaluate, validation_batches
from engine.training.weights import load_weights
from engine.transformer.columns import TARGETS
from engine.transformer.info import SHIPPED
from engine.transformer.network import Network

_REPEATS = 200


def rounded(tensor: Tensor) -> Tensor:
    """To 8 bits with a scale for each row of a matrix."""
    scale = tensor.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
    return (tensor / scale).round().clamp(-127, 127) * scale


def in_int8(network: Network) -> Network:
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 2:
                parameter.copy_(rounded(parameter))
    return network


@torch.no_grad()
def loss_in_float32(network: Network, batches: list[Batch]) -> float:
    """As ``evaluate``, which counts in bfloat16."""
    sums, notes = torch.zeros(len(TARGETS)), 0
    with torch.autocast("cpu", enabled=False):
        for batch in batches:
            hidden = network(batch.known, batch.known_at, batch.rows, batch.rows_at)
            sums += network.losses(hidden, batch.targets)
            notes += int((batch.targets[:, :, 0] > 0).sum())
    return float(sums.sum() / notes)


def matrices(network: Network) -> list[Tensor]:
    """Those that one row is multiplied with: of the decoder's layers, but for keys and values of what is heard."""
    named = network.decoder.named_parameters()
    return [p.detach() for name, p in named if p.ndim == 2 and "listening.key_value" not in name]


def seconds(work: Callable[[], object]) -> float:
    """Median of many; the first ones warm up."""
    taken = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[_REPEATS // 4 :])


def timings(network: Network) -> Iterator[tuple[str, float, float]]:
    """Kind of number, milliseconds of one row's products, megabytes that are read for them."""
    weights = matrices(network)
    count = sum(w.numel() for w in weights) / 1e6
    arrays = [np.ascontiguousarray(w.numpy().T) for w in weights]
    rows = [np.ones(len(a), np.float32) for a in arrays]
    yield (
        "float32, numpy",
        1e3 * seconds(lambda: [r @ a for r, a in zip(rows, arrays, strict=True)]),
        4 * count,
    )
    linear = torch.nn.functional.linear
    for kind, size in ((torch.float32, 4), (torch.bfloat16, 2)):
        cast = [w.to(kind) for w in weights]
        ones = [torch.ones(1, w.shape[1], dtype=kind) for w in cast]
        each = 1e3 * seconds(lambda c=cast, o=ones: [linear(x, w) for x, w in zip(o, c, strict=True)])  # type: ignore[misc]
        yield f"{str(kind).removeprefix('torch.')}, torch", each, size * count
    layers = nn.ModuleList(nn.Linear(w.shape[1], w.shape[0], bias=False) for w in weights)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # torch moves this elsewhere; there is nothing else in it for processors
        small = torch.ao.quantization.quantize_dynamic(layers, {nn.Linear})
        ones = [torch.ones(1, w.shape[1]) for w in weights]
        yield "int8, torch", 1e3 * seconds(lambda: [m(x) for m, x in zip(small, ones, strict=True)]), count


def in_onnx_runtime(network: Network) -> Iterator[tuple[str, float, float]]:
    """The same rows by ONNX Runtime: one graph of all products, on one thread."""
    onnx, runtime = (import_module(name) for name in ("onnx", "onnxruntime"))
    make, array = import_module("onnx.helper"), import_module("onnx.numpy_helper")
    arrays = [np.ascontiguousarray(w.numpy().T) for w in matrices(network)]
    ends = {
        side: [make.make_tensor_value_info(f"{side}{i}", 1, [1, a.shape[axis]]) for i, a in enumerate(arrays)]
        for axis, side in enumerate("xy")
    }
    nodes = [make.make_node("MatMul", [f"x{i}", f"w{i}"], [f"y{i}"]) for i in range(len(arrays))]
    stored = [array.from_array(a, f"w{i}") for i, a in enumerate(arrays)]
    graph = make.make_graph(nodes, "row", ends["x"], ends["y"], stored)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    rows = {f"x{i}": np.ones((1, len(a)), np.float32) for i, a in enumerate(arrays)}
    count = sum(a.size for a in arrays) / 1e6
    with TemporaryDirectory() as folder:
        plain, small = Path(folder, "float32.onnx"), Path(folder, "int8.onnx")
        onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=9), plain)
        import_module("onnxruntime.quantization").quantize_dynamic(plain, small)
        for name, path, size in (("float32", plain, 4), ("int8", small, 1)):
            session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            yield f"{name}, ONNX Runtime", 1e3 * seconds(lambda s=session: s.run(None, rows)), size * count  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=96)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = load_weights(SHIPPED)
    works = load_corpus(arguments.data, "valid", cache_folder())
    batches = validation_batches(works, network.config, arguments.windows)
    plain = loss_in_float32(network, batches)
    cpu = torch.device("cpu")
    losses = {
        "weights in bfloat16 (as shipped), arithmetic in float32": plain,
        "arithmetic in bfloat16 too": evaluate(network, batches, cpu)["validation"],
        "weights in int8, arithmetic in float32": loss_in_float32(in_int8(load_weights(SHIPPED)), batches),
    }
    lines = ["| numbers | loss, nats a note | against float32 |", "|---|---|---|"]
    lines += [f"| {name} | {loss:.4f} | {loss / plain - 1:+.2%} |" for name, loss in losses.items()]
    lines += ["", "| products of one row | ms | read, MB | GB/s |", "|---|---|---|---|"]
    with torch.inference_mode():
        others = in_onnx_runtime(network) if find_spec("onnx") and find_spec("onnxruntime") else ()
        for name, each, size in chain(timings(network), others):
            lines.append(f"| {name} | {each:.3f} | {size:.1f} | {size / each:.1f} |")
    write_report("precision", "Smaller numbers", lines, "python -m benchmarks.precision --data DIR")


if __name__ == "__main__":
    main()
