import threading

import pytest

from bridge.errors import QueueFullError
from bridge.http import stream
from bridge.http.stream import STREAMS, EventStream
from bridge.jobs.job import Job
from bridge.jobs.messages import Order
from bridge.options import TASKS


@pytest.fixture(autouse=True)
def free_slots(monkeypatch):
    """Other tests may have left streams open, as no server does."""
    monkeypatch.setattr(stream, "_slots", threading.BoundedSemaphore(STREAMS))


@pytest.fixture
def job():
    lock = threading.RLock()
    with lock:
        return Job(Order("1", TASKS["accompany"].parse({}), b"", "the score"), 4, lock)


def test_so_many_streams_may_be_open_and_each_gives_its_place_back(job):
    streams = [EventStream(job, 0, lambda: True) for _ in range(STREAMS)]
    with pytest.raises(QueueFullError):
        EventStream(job, 0, lambda: True)
    for one in streams:
        one.close()
        one.close()  # the second time nothing happens
    EventStream(job, 0, lambda: True).close()


def test_a_stream_that_nothing_happens_on_beats(job, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.0)
    monkeypatch.setattr(stream, "_LOOK", 0.0)
    chunks = iter(EventStream(job, 1, lambda: False))
    assert [next(chunks) for _ in range(3)] == [b"retry: 1000\n\n", b": beat\n\n", b": beat\n\n"]
    with job.changed:
        job.become("cancelled")
    assert b"cancelled" in b"".join(chunks)


def test_a_stream_ends_when_its_client_is_gone(job):
    gone = iter([False, True])
    assert list(EventStream(job, 1, lambda: next(gone))) == [b"retry: 1000\n\n"]
