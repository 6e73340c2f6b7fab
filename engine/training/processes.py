"""Training in several processes, one to a GPU, as ``torchrun`` starts them.

Each takes its share of the windows of a batch; gradients are added up over all, so that all do the same step.
Without ``torchrun`` there is one process: it takes everything, and nothing is sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

T = TypeVar("T")

_PATIENCE = timedelta(hours=2)  # the first process may read scores for minutes while the others wait


def join(windows: int) -> None:
    """Meet the other processes that ``torchrun`` has started, each on a GPU of its own if there are any.

    Raises ValueError where a process would get none of the ``windows`` of a batch, or no GPU.
    """
    if not dist.is_torchelastic_launched():
        return
    processes, here = int(os.environ["WORLD_SIZE"]), int(os.environ["LOCAL_WORLD_SIZE"])
    if processes > windows:
        raise ValueError(f"a batch of {windows} windows cannot be shared by {processes} processes")
    if torch.cuda.is_available():
        if here > torch.cuda.device_count():
            raise ValueError(f"{torch.cuda.device_count()} GPUs cannot be shared by {here} processes")
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=_PATIENCE)


def leave() -> None:
    """Part from the others at the end; after an error ``torchrun`` ends them."""
    if dist.is_initialized():
        dist.destroy_process_group()


def rank() -> int:
    """The number of this process; the first, 0, is the one that writes files and reports."""
    return dist.get_rank() if dist.is_initialized() else 0


def share() -> slice:
    """What this process takes of things in a row: the shares differ by one at most, in number and place."""
    return slice(rank(), None, dist.get_world_size() if dist.is_initialized() else 1)


def from_first(read: Callable[[], T]) -> T:
    """What ``read`` gives in the first process, where alone it is called, in all of them.

    An error is raised in the first; the others raise SystemExit.
    """
    if not dist.is_initialized():
        return read()
    found: list[tuple[T] | None] = [None]
    try:
        if rank() == 0:
            found = [(read(),)]
    finally:
        dist.broadcast_object_list(found)
    if found[0] is None:
        raise SystemExit(1)  # the first says what went wrong
    return found[0][0]


def add_up(tensors: Sequence[Tensor]) -> None:
    """Make each tensor its sum over the processes, in one message; all of one type, the same shapes everywhere."""
    if dist.is_initialized():
        sums = parameters_to_vector(tensors)
        dist.all_reduce(sums)
        vector_to_parameters(sums, tensors)
