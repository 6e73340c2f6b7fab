from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.batch.work import Order, Result, perform
from bridge.errors import EngineError, RequestError
from tests.bridge.batch.conftest import orders
from tests.bridge.batch.engines import Quick, open_slow

pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")  # ray's own


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two machines of one core each, as far as Ray is concerned."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


def here(asked: list[Order]) -> dict[int, bytes]:
    waiting = iter(asked)
    events = perform(lambda: next(waiting, None), lambda name: Quick())
    return {event.index: event.takes[0].data for event in events if isinstance(event, Result)}


def test_a_node_is_killed_in_the_middle_and_everything_comes_once(cluster: Any, tmp_path: Path) -> None:
    from bridge.batch.cluster import perform_in_cluster

    asked = orders(*map(str, range(12)), "deadly", *map(str, range(12)))
    found: dict[int, Result] = {}
    for result in perform_in_cluster(iter(asked), len(asked), open_slow, cluster.address):
        assert result.index not in found
        found[result.index] = result
        if len(found) == 6:
            cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
    assert isinstance(found.pop(12).error, EngineError)
    assert {index: result.takes[0].data for index, result in found.items()} == here(asked[:12] + asked[13:])


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "ray://127.0.0.1:1", "ray://somewhere", "ray://host:port"]
)
def test_an_address_where_no_cluster_is_says_so(address: str) -> None:
    from bridge.batch.cluster import perform_in_cluster

    with pytest.raises(RequestError, match=address):
        next(perform_in_cluster(iter([]), 0, open_slow, address))
