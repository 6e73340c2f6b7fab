from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bridge.batch.work import Order, Result, perform
from bridge.options import AccompanyOptions
from engine.interface import Engine, Outcome, Stream
from tests.bridge.batch.conftest import OPTIONS, orders
from tests.bridge.batch.engines import Quick, Slow

TOGETHER = 4  # takes at the same time on a processor


class Counting(Slow):
    """Knows how many streams were together."""

    def __init__(self) -> None:
        self.most = 0

    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        self.most = max(self.most, len(streams))
        return super().step(streams)


def results(orders: Sequence[Order], engine: Engine) -> list[Result]:
    waiting = iter(orders)
    events = perform(lambda: next(waiting, None), lambda name: engine)
    return [event for event in events if isinstance(event, Result)]


def files(results: Sequence[Result]) -> dict[int, list[bytes]]:
    return {result.index: [take.data for take in result.takes] for result in results}


@pytest.mark.parametrize(("takes", "most"), [(1, TOGETHER), (3, 6), (5, TOGETHER)])
def test_files_are_written_together_and_each_as_if_alone(takes: int, most: int) -> None:
    options = OPTIONS.model_copy(update={"takes": takes})
    asked, engine = orders(*"abcdef"[: max(2, 6 // takes)], options=options), Counting()
    together = files(results(asked, engine))
    assert engine.most == most
    alone = [files(results([order], Quick())) for order in asked]
    assert together == {index: data for one in alone for index, data in one.items()}
    assert {len(data) for data in together.values()} == {takes}


def test_what_cannot_be_read_or_asked_ends_alone() -> None:
    good, other, bad = orders("a", "b", "c")
    options: Any = AccompanyOptions.parse({"measures": "9"})
    asked = [
        Order(2, "bad.xml", b"prose", bad.suffix, bad.options),
        good,
        Order(1, "far.xml", other.data, other.suffix, options),
    ]
    found = {result.index: result for result in results(asked, Quick())}
    assert [bool(found[index].takes) for index in range(3)] == [True, False, False]
    assert "bad.xml" in str(found[2].error)
    assert 'no measure "9"' in str(found[1].error)


def test_an_order_is_asked_for_only_when_there_is_room() -> None:
    """So that files wait on the disk, not in memory."""
    asked = orders(*"abcdefgh")
    taken: list[int] = []

    def ask() -> Iterator[Order]:
        for order in asked:
            taken.append(order.index)
            yield order

    waiting, done = ask(), 0
    for event in perform(lambda: next(waiting, None), lambda name: Quick()):
        assert len(taken) <= done + TOGETHER
        done += isinstance(event, Result)
    assert done == 8


class Unpicklable(Exception):
    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} in {where}")


@pytest.mark.parametrize("error", [Unpicklable("a\nhole", "a bucket"), ZeroDivisionError("by zero")])
def test_every_error_can_be_sent_and_keeps_its_place(error: Exception) -> None:
    def fail(name: str) -> Engine:
        raise error

    asked = iter(orders("a"))
    (result,) = perform(lambda: next(asked, None), fail)
    assert isinstance(result, Result)
    sent = pickle.loads(pickle.dumps(result.portable()))
    assert " ".join(str(error).split()) in str(sent.error)
    if isinstance(error, ZeroDivisionError):
        assert "in fail" in "".join(sent.error.__notes__)
