"""Training in several processes under torchrun, on processors. As a script: what each of those processes does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from click.testing import CliRunner
from works import two_part_works

from bridge.cli import main
from engine.training.config import load_config
from engine.training.examples import Examples
from engine.training.processes import from_first, join, leave, rank
from engine.training.run import train
from engine.transformer.config import ModelConfig
from engine.transformer.network import Network

BATCH = 5  # of which two processes take 3 and 2


class Stop(Exception):
    pass


def run(out, stop=0):
    """Four steps, or to the middle of step ``stop``.

    Leaves its weights, and in ``reported`` a line a step: process, step, loss, notes and the gradient's norm.
    """
    model, tiny = load_config("tiny")
    works = two_part_works(4)
    norms = []
    true_clip = torch.nn.utils.clip_grad_norm_

    def clip(*given):
        norms.append(float(true_clip(*given)))
        if len(norms) == stop:
            raise Stop

    def report(step, numbers):
        with (out / "reported").open("a") as file:
            file.write(json.dumps([rank(), step, numbers["loss"], numbers["notes"], norms[-1]]) + "\n")

    with (
        # bfloat16 would round off what is compared
        patch.object(torch, "autocast", lambda *_, **__: nullcontext()),
        patch.object(torch.nn.utils, "clip_grad_norm_", clip),
    ):
        network = train(model, replace(tiny, batch=BATCH), works[:3], works[3:], out, report)
    torch.save(network.state_dict(), out / f"weights{rank()}.pt")


def worker(out):
    """One run alone; then together one as a whole, one that is stopped in step 3 and goes on, and a failure."""
    if os.environ["RANK"] == "0":
        run(out / "alone")
    join(BATCH)
    run(out / "together")
    with suppress(Stop):
        run(out / "stopped", 3)
    run(out / "stopped")
    try:
        from_first(lambda: 1 // 0)
    except (ZeroDivisionError, SystemExit) as error:
        (out / f"failed{rank()}").write_text(type(error).__name__)
    leave()


def weights(out, process=0):
    return flat(torch.load(out / f"weights{process}.pt"))


def flat(state):
    return torch.cat([tensor.flatten() for tensor in state.values()])


def reported(out):
    return [json.loads(line) for line in (out / "reported").read_text().splitlines()]


def validated(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line["validation"] for line in lines]


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """What two processes leave."""
    out = tmp_path_factory.mktemp("several")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    paths = os.pathsep.join(str(Path(__file__).parents[up]) for up in (3, 1))
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([*command, __file__, str(out)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_two_processes_learn_what_one_learns(several):
    alone, together = several / "alone", several / "together"
    assert len(reported(together)) == 4
    # Muon works in bfloat16: after its first step the last bit of its sums makes 2e-5 on some processors.
    pairs = list(zip(reported(alone), reported(together), strict=True))  # step, loss, notes, gradient
    assert pairs[0][1] == pytest.approx(pairs[0][0], rel=1e-5)
    assert all(two == pytest.approx(one, rel=1e-4) for one, two in pairs)
    assert validated(together) == pytest.approx(validated(alone), rel=1e-5)
    torch.manual_seed(1)
    start = flat(Network(ModelConfig.from_dict({**load_config("tiny")[0], "composers": ()})).state_dict())
    one, two = weights(alone), weights(together)
    # Muon works in bfloat16, which makes more of a difference in the last bit.
    assert (two - one).norm() < 0.01 * (one - start).norm()


def test_all_processes_end_with_the_same_weights(several):
    for name in ("together", "stopped"):
        assert torch.equal(weights(several / name, 0), weights(several / name, 1))


def test_processes_that_were_stopped_end_like_those_that_were_not(several):
    assert [line[1] for line in reported(several / "stopped")] == [1, 2, 3, 4]
    assert torch.equal(weights(several / "stopped"), weights(several / "together"))


def test_only_the_first_process_writes_and_reports(several):
    for name in ("together", "stopped"):
        assert {line[0] for line in reported(several / name)} == {0}
        assert len(validated(several / name)) == 2


def test_what_fails_in_the_first_process_ends_the_others_without_a_word(several):
    assert [(several / f"failed{i}").read_text() for i in range(2)] == ["ZeroDivisionError", "SystemExit"]


def test_shares_are_the_batch():
    examples = Examples(two_part_works(3), (), 4, {"song": 1.0}, seed=1)
    batch = examples.batch(3, 16)
    for i in range(3):
        mine = slice(i, None, 3)
        share = examples.batch(3, 16, mine)
        assert torch.equal(share.targets, batch.targets[mine, : share.targets.shape[1]])
        assert torch.equal(share.known, batch.known[mine, : share.known.shape[1]])


@pytest.fixture
def launched(monkeypatch):
    """As torchrun starts the first of three."""
    names = ("TORCHELASTIC_RUN_ID", "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
    for name, value in zip(names, ("x", "0", "0", "3", "3"), strict=True):
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("config", "gpus", "message"),
    [
        ("tiny", 0, "error: a batch of 2 windows cannot be shared by 3 processes"),
        ("small", 2, "error: 2 GPUs cannot be shared by 3 processes"),
        ("notator", 0, "error: notator: trained by one process"),
    ],
)
def test_too_many_processes(launched, monkeypatch, tmp_path, config, gpus, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    result = CliRunner().invoke(main, ["train", config, "--data", str(tmp_path), "-o", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == message
    assert not (tmp_path / "run").exists()


if __name__ == "__main__":
    worker(Path(sys.argv[1]))
