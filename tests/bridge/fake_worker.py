"""A worker that says what a test says, and what goes with it."""

from __future__ import annotations

import threading
import time
import zlib

from bridge.jobs.messages import Ended, Made, Order, Wrote


class FakeLink:
    """A worker that says what the test says."""

    def __init__(self, links, answered, lost):
        links.append(self)
        self.answered, self.lost, self.sent, self.closed = answered, lost, [], False

    def send(self, item):
        self.sent.append(item)

    def kill(self):
        if self.sent[-1] != "killed":
            self.sent.append("killed")
            threading.Thread(target=self.lost).start()

    def close(self):
        self.closed = True

    @property
    def orders(self):
        return [item.job for item in self.sent if isinstance(item, Order)]

    def write(self, job, done, measures=b"", events=b""):
        packed = (zlib.compress(measures), zlib.compress(events))
        self.answered(Wrote(job, 1, done, str(done + 1), done, *packed))

    def make(self, job, take=1):
        files = dict.fromkeys(("score", "midi", "measures", "events"), zlib.compress(b"x" * 4000, 0))
        self.answered(Made(job, take, 7, "transformer", "", ("Piano",), "1-4", (), ".musicxml", files))

    def end(self, job, problem=None):
        self.answered(Ended(job, problem))


class Memory:
    def __init__(self):
        self.takes = []

    def record(self, job, made):
        self.takes.append((job.id, made.take))
        return f"take{len(self.takes)}"


def eventually(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
