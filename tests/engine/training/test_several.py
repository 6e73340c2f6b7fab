"""Training in several processes under torchrun, on processors; as a script, what each of them does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from works import two_part_works

from bridge.cli import main
from engine.training.config import TrainingConfig, load_config
from engine.training.processes import join, leave, rank, share
from engine.training.run import train

PROCESSES = 2
BATCH = 5  # shared as 3 and 2


class Stop(Exception):
    pass


def run(out, stop=0):
    model, tiny = load_config("tiny")
    recipe = TrainingConfig(**{name: getattr(tiny, name) for name in tiny.__slots__} | {"batch": BATCH})
    works = two_part_works(4)

    def report(step, numbers):
        (out / "reported").open("a").write(f"{os.getpid()} {step} {numbers['loss']} {numbers['notes']}\n")
        if step == stop:
            raise Stop

    return train(model, recipe, works[:3], works[3:], out, report)


def worker(out, stop):
    """Go on with run ``stopped``, and if it ends, do another as a whole; leaves the weights of every process."""
    join(BATCH)
    for name in ("stopped", "whole"):
        torch.save(run(out / name, stop).state_dict(), out / name / f"weights{rank()}.pt")
    leave()


def torchrun(out, stop=0):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(PROCESSES), __file__, str(out), str(stop)]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[3])])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


if __name__ == "__main__":
    worker(Path(sys.argv[1]), int(sys.argv[2]))
