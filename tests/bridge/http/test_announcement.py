from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bridge.errors import AlreadyRunningError, OutputError
from bridge.http import announcement as module
from bridge.http.announcement import (
    announce,
    announcement_path,
    is_bridge,
    new_token,
    read_announcement,
    require_no_other,
    running_bridge,
    withdraw,
)

URL = "http://127.0.0.1:8917"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path))
    return tmp_path


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A server of this machine that says that to everything; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_what_is_announced_can_be_read() -> None:
    announced = announce(URL, "secret")
    assert read_announcement() == announced
    said = json.loads(announcement_path().read_text())
    assert said == {"url": URL, "token": "secret", "pid": os.getpid(), "version": announced.version}


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_nobody_else_can_read_it_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even while it is written: the mode is seen before the file has its name."""
    modes = []
    real = os.replace

    def seen(source: Path, target: Path) -> None:
        modes.append(stat.S_IMODE(source.stat().st_mode))
        real(source, target)

    monkeypatch.setattr(module.os, "replace", seen)
    monkeypatch.setattr(module.os, "fsync", lambda file: modes.append(stat.S_IMODE(os.fstat(file).st_mode)))
    old = os.umask(0)
    try:
        announce(URL, "secret")
    finally:
        os.umask(old)
    assert modes == [0o600, 0o600]
    assert stat.S_IMODE(announcement_path().parent.stat().st_mode) == 0o700


def test_a_file_left_by_a_killed_process_is_in_nobodys_way() -> None:
    announce(URL, "old")
    left = announcement_path().with_name(f"bridge.json.{os.getpid()}.part")
    left.write_text("half of it")
    announce(URL, "new")
    assert [path.name for path in announcement_path().parent.iterdir()] == ["bridge.json"]


def test_an_announcement_that_cannot_be_written_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"bridge\.json"):
        announce(URL, "secret")


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 43


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "null", "[]", "{}", "\x00\xff", "[" * 60000, '"http://127.0.0.1:1"'),
        '{"url": "http://127.0.0.1:8917", "token": "t", "pid": 1}',
        '{"url": "http://127.0.0.1:8917", "token": "t", "pid": "1", "version": "1"}',
        '{"url": "http://127.0.0.1:8917", "token": "t", "pid": true, "version": "1"}',
        '{"url": "http://127.0.0.1:65536", "token": "t", "pid": 1, "version": "1"}',
        '{"url": "http://example.org:8917", "token": "t", "pid": 1, "version": "1"}',
        '{"url": "http://127.0.0.1:80@example.org", "token": "t", "pid": 1, "version": "1"}',
    ],
)
def test_what_we_would_not_write_announces_nothing(text: str) -> None:
    announce(URL, "t")
    announcement_path().write_text(text, encoding="latin-1")
    assert read_announcement() is None
    assert running_bridge() is None


def test_no_file_announces_nothing() -> None:
    assert read_announcement() is None
    require_no_other()


def test_only_its_own_announcement_is_withdrawn() -> None:
    ours = announce(URL, "ours")
    withdraw(replace(ours, token="theirs"))
    withdraw(replace(ours, pid=ours.pid + 1))
    assert read_announcement() == ours
    withdraw(ours)
    assert not announcement_path().exists()
    withdraw(ours)


def test_a_bridge_that_answers_stands_in_the_way_of_another() -> None:
    with answering(b'{"status": "ok", "api": 1}') as port:
        announced = announce(f"http://127.0.0.1:{port}", "t")
        assert running_bridge() == announced
        with pytest.raises(AlreadyRunningError, match=f"{port} .process {os.getpid()}"):
            require_no_other()
    assert running_bridge() is None
    require_no_other()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"api": 2}', b'{"status": "ok"}'])
def test_another_program_on_the_port_is_no_bridge(body: bytes) -> None:
    with answering(body) as port:
        assert not is_bridge(port)


def test_a_program_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert not is_bridge(mute.getsockname()[1])
