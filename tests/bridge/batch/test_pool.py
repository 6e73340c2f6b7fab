from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bridge.batch.pool import perform_in_processes
from bridge.batch.work import Order, Result, perform
from bridge.errors import EngineError
from tests.bridge.batch.conftest import orders
from tests.bridge.batch.engines import Quick, open_deadly, open_slow

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes end otherwise on Windows")


def in_processes(asked: list[Order], workers: int = 2) -> dict[int, Result]:
    found: dict[int, Result] = {}
    for result in perform_in_processes(iter(asked), open_slow, workers):
        assert result.index not in found
        found[result.index] = result
    return found


def here(asked: list[Order]) -> dict[int, bytes]:
    waiting = iter(asked)
    events = perform(lambda: next(waiting, None), lambda name: Quick())
    return {event.index: event.takes[0].data for event in events if isinstance(event, Result)}


def test_processes_write_what_this_one_writes() -> None:
    asked = orders(*map(str, range(9)))
    found = in_processes(asked)
    assert {index: result.takes[0].data for index, result in found.items()} == here(asked)


def test_a_file_with_which_a_process_dies_is_tried_again(tmp_path: Path) -> None:
    asked = orders("a", f"once {tmp_path / 'marker'}", "b", "c", "d", "e")
    found = in_processes(asked)
    assert (tmp_path / "marker").exists()
    assert {index: result.takes[0].data for index, result in found.items()} == here(asked)


def test_a_file_with_which_processes_die_takes_no_other_with_it() -> None:
    found = in_processes(orders("a", "deadly", "b", "c", "deadly", "d", "e"))
    assert {index for index, result in found.items() if result.error} == {1, 4}
    assert all(len(found[index].takes) == 1 for index in (0, 2, 3, 5, 6))
    assert isinstance(found[1].error, EngineError)


def test_where_every_process_dies_there_is_an_end() -> None:
    asked = orders(*map(str, range(40)))
    with pytest.raises(EngineError, match="die before"):
        list(perform_in_processes(iter(asked), open_deadly, 2))


def test_closing_ends_all_processes_at_once() -> None:
    asked: Iterator[Order] = iter(orders(*map(str, range(40))))
    results = perform_in_processes(asked, open_slow, 2)
    next(results)
    workers = [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]
    assert len(workers) == 2
    results.close()
    assert not any(worker.is_running() for worker in workers)
    assert next(asked).index < 20
