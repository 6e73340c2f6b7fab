"""A bridge without sockets: the application over a desk whose worker says what the test says."""

from __future__ import annotations

import pytest

from bridge.http.app import create_app
from bridge.http.guard import Guard
from bridge.http.recorder import HistoryRecorder
from bridge.jobs.desk import Desk, Limits
from bridge.jobs.messages import Ready
from bridge.takes import History
from tests.bridge.fake_worker import FakeLink, eventually

PORT = 8917
TOKEN = "the-token"


class Client:
    """Asks as a program of this machine does."""

    def __init__(self, app, desk, links):
        self.desk, self.links = desk, links
        self._client = app.test_client()

    @property
    def worker(self):
        return self.links[-1]

    def ask(self, method, path, *, token=TOKEN, host=f"127.0.0.1:{PORT}", headers=(), **body):
        sent = {"Host": host, **({"Authorization": f"Bearer {token}"} if token else {}), **dict(headers)}
        return self._client.open(path, method=method, headers=sent, **body)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def submit(self, musicxml, task="accompany", **options):
        return self.ask("POST", "/api/v1/jobs", json={"task": task, "musicxml": musicxml, "options": options})


@pytest.fixture
def history(tmp_path):
    with History(tmp_path / "takes.sqlite") as history:
        yield history


@pytest.fixture
def client(history):
    links = []
    desk = Desk(
        lambda *calls: FakeLink(links, *calls), HistoryRecorder(history), Limits(together=2, waiting=2)
    )
    eventually(lambda: links)
    links[0].answered(Ready(1.0))
    yield Client(create_app(desk, history, Guard.of(TOKEN, PORT)), desk, links)
    desk.close()
