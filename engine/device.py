"""Where the networks that write compute: on the processor, or on a GPU for many scores at once."""

from __future__ import annotations

import os

VARIABLE = "OBBLIGATO_DEVICE"  # of the environment, so that the processes that are started know it too
CPU, CUDA = "cpu", "cuda"
DEVICES = (CPU, CUDA)

_TOGETHER = {CPU: 4, CUDA: 64}


def chosen() -> str:
    """The device's name, by default ``CPU``. Raises ValueError for one that there is not."""
    name = os.environ.get(VARIABLE) or CPU
    if name not in DEVICES:
        raise ValueError(f"{VARIABLE} is {name}; there are {', '.join(DEVICES)}")
    return name


def require(name: str) -> None:
    """Raises ValueError where this machine has no such device, or no torch that can use it."""
    if name == CPU:
        return
    try:
        from torch import cuda
    except ImportError:
        raise ValueError("no torch is installed, which a GPU needs") from None
    if not cuda.is_available():
        raise ValueError("there is no GPU here that the installed torch can use")


def choose(name: str) -> None:
    """For this process and those that it starts from now on."""
    os.environ[VARIABLE] = name


def together() -> int:
    """How many takes a process writes at the same time: a GPU gains from many, a processor does not."""
    return _TOGETHER[chosen()]
