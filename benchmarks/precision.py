"""What smaller numbers would cost and save: loss, quality and time with float32, bfloat16 and int8.

    python -m benchmarks.precision --data DIR [--works 20]

Loss: the validation windows of ``benchmarks.loss``, with the weights of all matrices rounded, or the arithmetic of
bfloat16. Quality: the songs of the evaluation (docs/evaluation.md), two excerpts of each work, written with the same
seeds; once more with others, for how much the figures vary anyway. Weights ship in bfloat16, which float32 holds
exactly, so what ships is what all else is held against.

Time: all products of one row with the decoder's matrices, which is what a note has to read, in numpy and in torch, and
in ONNX Runtime where `pip install onnx onnxruntime` was run. Writes benchmarks/results/precision.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.excerpts import composed, features, told, written
from benchmarks.report import write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.evaluation.context import in_common
from engine.evaluation.pieces import Piece
from engine.evaluation.report import columns
from engine.evaluation.scenarios import SCENARIOS, Excerpt, Scenario, draw_excerpts
from engine.training.examples import Batch
from engine.training.validation import evaluate, validation_batches
from engine.training.weights import load_weights
from engine.transformer import numpy_network
from engine.transformer.columns import TARGETS
from engine.transformer.engine import TransformerEngine
from engine.transformer.info import SMALL
from engine.transformer.network import Network
from engine.transformer.numpy_network import Floats, NumpyNetwork

HUMAN, OTHER_SEEDS = "human", "as shipped, other seeds"
STORED = "weights in bfloat16 (as shipped), arithmetic in float32"
COMPUTED = "arithmetic in bfloat16 too"
INTEGERS = "weights in int8, arithmetic in float32"
SHOWN = (
    "chord-tone share",
    "coverage",
    "onsets a quarter",
    "notes at once",
    "playability faults in 8 measures",
    "pitch-class entropy, bits",
)

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


def in_numpy(network: Network) -> NumpyNetwork:
    """The same weights as they write."""
    return NumpyNetwork(network.config, {name: t.numpy() for name, t in network.state_dict().items()})


def bfloat16(x: Floats) -> Floats:
    """Rounded to the nearest such number."""
    return torch.from_numpy(np.ascontiguousarray(x)).bfloat16().float().numpy()


class Bfloat16(Floats):
    """A matrix (in, out) of such numbers; what its products are given and what they give is rounded to them.

    Sums are float32, as on processors that have such products.
    """

    __array_priority__ = 1.0  # several of them put together are one too

    def __rmatmul__(self, rows: Floats) -> Floats:  # type: ignore[override]
        return bfloat16(bfloat16(rows) @ self.view(np.ndarray))


def in_bfloat16(network: Network) -> NumpyNetwork:
    """All products of rows with weights; norms, and what attention does between its matrices, stay float32."""
    transposed = numpy_network._transposed

    def matrix(weight: Floats, scale: Floats | float = 1.0) -> Floats:
        return bfloat16(transposed(weight, scale)).view(Bfloat16)

    with mock.patch.object(numpy_network, "_transposed", matrix):
        return in_numpy(network)


@torch.no_grad()
def loss_in_float32(network: Network, batches: list[Batch]) -> float:
    """As ``evaluate``, which counts in bfloat16 where the processor has it."""
    sums, notes = torch.zeros(len(TARGETS)), 0
    with torch.autocast("cpu", enabled=False):
        for batch in batches:
            hidden = network(batch.known, batch.known_at, batch.rows, batch.rows_at)
            sums += network.losses(hidden, batch.targets)
            notes += int((batch.targets[:, :, 0] > 0).sum())
    return float(sums.sum() / notes)


def takes(scenario: Scenario, excerpts: Sequence[Excerpt]) -> dict[str, list[Piece]]:
    """What composers and the engine wrote, by whom or with which numbers."""
    network, sampling = load_weights(SMALL.path), scenario.sampling
    engine = TransformerEngine.load()
    smaller = {COMPUTED: in_bfloat16(network), INTEGERS: in_numpy(in_int8(network))}
    return {
        HUMAN: composed(excerpts),
        STORED: written(engine, excerpts, sampling),
        **{
            name: written(TransformerEngine(rounded, SMALL.describe()), excerpts, sampling)
            for name, rounded in smaller.items()
        },
        OTHER_SEEDS: written(engine, excerpts, replace(sampling, seed=sampling.seed + len(excerpts))),
    }


def quality(excerpts: Sequence[Excerpt], found: Mapping[str, Sequence[Piece]]) -> Iterator[str]:
    """A table, a row for each of ``takes``; notes are held against those that are written as it ships."""
    judgements = "told from human by the forest, AUC | same notes as shipped | notes in common"
    yield f"| numbers | {' | '.join(SHOWN)} | {judgements} |"
    yield "|---" * (len(SHOWN) + 4) + "|"
    human = features(found[HUMAN])
    for name, pieces in found.items():
        counted = columns(excerpts, pieces, found[HUMAN])
        means = " | ".join(f"{statistics.fmean(counted[measure]):.3f}" for measure in SHOWN)
        judged = "– | – | –"
        if name != HUMAN:
            auc = told(excerpts, human, features(pieces))
            both = zip(pieces, found[STORED], strict=True)
            shares = [in_common(own.written, shipped.written) for own, shipped in both]
            same, common = statistics.fmean(share == 1 for share in shares), statistics.fmean(shares)
            judged = f"{auc.value:.2f} [{auc.low:.2f}, {auc.high:.2f}] | {same:.0%} | {common:.0%}"
        yield f"| {name} | {means} | {judged} |"


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
    parser.add_argument("--works", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = load_weights(SMALL.path)
    works = load_corpus(arguments.data, "valid", cache_folder())
    batches = validation_batches(works, network.config, arguments.windows)
    plain = loss_in_float32(network, batches)
    cpu = torch.device("cpu")
    losses = {
        STORED: plain,
        COMPUTED: evaluate(network, batches, cpu)["validation"],
        INTEGERS: loss_in_float32(in_int8(load_weights(SMALL.path)), batches),
    }
    lines = ["| numbers | loss, nats a note | against float32 |", "|---|---|---|"]
    lines += [f"| {name} | {loss:.4f} | {loss / plain - 1:+.2%} |" for name, loss in losses.items()]
    [songs] = [scenario for scenario in SCENARIOS if scenario.name == "songs"]
    excerpts = draw_excerpts(works, songs, arguments.works, 0)
    amount = f"{len(excerpts)} excerpts of {len({e.work.id for e in excerpts})} works"
    lines += ["", f"{songs.title}; {amount}.", "", *quality(excerpts, takes(songs, excerpts))]
    lines += ["", "| products of one row | ms | read, MB | GB/s |", "|---|---|---|---|"]
    with torch.inference_mode():
        others = in_onnx_runtime(network) if find_spec("onnx") and find_spec("onnxruntime") else ()
        for name, each, size in chain(timings(network), others):
            lines.append(f"| {name} | {each:.3f} | {size:.1f} | {size / each:.1f} |")
    command = (
        f"python -m benchmarks.precision --data DIR --windows {arguments.windows} --works {arguments.works}"
    )
    write_report("precision", "Smaller numbers", lines, command)


if __name__ == "__main__":
    main()
