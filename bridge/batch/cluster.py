"""The processes of a Ray cluster: inputs go there as bytes, results come back, and only this machine's disk is used.

Every node needs Obbligato in the same version.
"""

from __future__ import annotations

import logging
import math
import socket
import warnings
from collections import deque
from collections.abc import Generator, Iterator
from functools import cache
from itertools import islice
from typing import Any

from bridge.batch.pool import given_up
from bridge.batch.work import OpenEngine, Order, Result, perform
from bridge.errors import EngineError, RequestError
from bridge.version import version
from engine.device import together

_RETRIES = 3  # of a task whose node or process dies
_WAITING = 2  # tasks for each core, so that none waits for this machine
_PATIENCE = 10.0  # seconds for a cluster to answer at all


def perform_in_cluster(
    orders: Iterator[Order], count: int, open_engine: OpenEngine, address: str
) -> Generator[Result, None, None]:
    """The results as they come, of ``count`` orders at most.

    A task is a few orders. Ray tries it again when its node or process dies; when processes die of it again and
    again, each of its orders is tried alone, and given up if it is that one. Raises ``RequestError`` without Ray,
    or where no cluster answers at ``address``.
    """
    ray = _connected(address)
    try:
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_perform)
        size = min(together(), math.ceil(count / cores))
        suspects: deque[Order] = deque()
        under_way: dict[Any, list[Order]] = {}
        while True:
            while len(under_way) < _WAITING * cores:
                some = [suspects.popleft()] if suspects else list(islice(orders, size))
                if not some:
                    break
                under_way[task.remote(some, open_engine, version())] = some
            if not under_way:
                return
            (done, *_), _ = ray.wait(list(under_way))
            tried = under_way.pop(done)
            try:
                yield from ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RayError:
                if len(tried) == 1:
                    yield given_up(tried[0].index)
                else:
                    suspects.extend(tried)
    finally:
        ray.shutdown()


def _connected(address: str) -> Any:
    """Ray, joined to the cluster."""
    try:
        import ray
    except ImportError:
        raise RequestError("--cluster needs Ray", "pip install 'obbligato[cluster]'") from None
    try:
        _require_listener(address)
        with warnings.catch_warnings():  # which say what the error says
            warnings.simplefilter("ignore")
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        hint = "Give ray://HOST:PORT; where Ray wants its token, set RAY_AUTH_MODE=token."
        raise RequestError(f"no cluster answers at {address}: {reason}", hint) from error
    return ray


def _require_listener(address: str) -> None:
    """Raise OSError where nobody listens, or ValueError for no address at all: Ray itself takes minutes to see it."""
    if address not in ("auto", "local"):
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), _PATIENCE).close()


def _perform(orders: list[Order], open_engine: OpenEngine, expected: str) -> list[Result]:
    """One task, anywhere."""
    if version() != expected:
        hint = "Install the same version on every machine."
        raise EngineError(f"a machine of the cluster has Obbligato {version()}, this one {expected}", hint)
    waiting = deque(orders)
    events = perform(lambda: waiting.popleft() if waiting else None, _kept(open_engine))
    return [event.portable() for event in events if isinstance(event, Result)]


@cache
def _kept(open_engine: OpenEngine) -> OpenEngine:
    """Loads every engine once in a process, which does many tasks."""
    return cache(open_engine)
