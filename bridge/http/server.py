"""The server: a socket of this machine only, waitress on it, and an orderly beginning and end."""

from __future__ import annotations

import errno
import json
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import waitress.server
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask
from waitress.utilities import Error

from bridge.errors import PortBusyError
from bridge.http.announcement import announce, is_bridge, new_token, require_no_other, withdraw
from bridge.http.answers import PROBLEM
from bridge.http.app import create_app
from bridge.http.guard import Guard
from bridge.http.recorder import HistoryRecorder
from bridge.http.settings import CONNECTIONS, MAX_BODY, MAX_HEADER, REQUEST_SECONDS, THREADS, Settings
from bridge.http.stream import STREAMS
from bridge.jobs.desk import Desk
from bridge.jobs.link import ProcessLink
from bridge.problems import describe
from bridge.takes import History, history_path

HOST = "127.0.0.1"
_NO_HTTP = "Send it as HTTP/1.1 wants it, as curl and the HTTP libraries of programming languages do."
_HINTS = {
    413: f"A request holds at most {MAX_BODY // 2**20} MB: send the score as .mxl, or fewer measures of it.",
    431: f"The header of a request holds at most {MAX_HEADER // 2**10} KB: leave out what is not of this request.",
    501: "Send the body with a Content-Length, or with no other Transfer-Encoding than chunked.",
}


def bound(port: int) -> socket.socket:
    """A socket on that port of this machine, or on any free one for 0. Raises ``PortBusyError``."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform == "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # also just after a bridge that was killed
    try:
        sock.bind((HOST, port))
    except OSError as error:
        sock.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        who = "the bridge of another user or OBBLIGATO_HOME" if is_bridge(port) else "another program"
        hint = "Take any free port: obbligato serve --port 0."
        raise PortBusyError(f"port {port} is taken by {who}", hint) from None
    return sock


def refusal(error: Error) -> dict[str, Any]:
    """What waitress refuses by itself, as a problem."""
    hint = _HINTS.get(error.code, _NO_HTTP)
    return describe("bad-http", error.code, f"{error.reason}: {error.body}", hint)


class _ProblemTask(ErrorTask):
    """What is no HTTP request, or too large a one, is answered with a problem too."""

    def execute(self) -> None:
        error = self.request.error
        body = json.dumps(refusal(error)).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", PROBLEM), ("Cache-Control", "no-store")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    """A connection on which a request must arrive whole in time, however steadily it drips."""

    error_task_class = _ProblemTask
    _since: float | None = None  # when the request that is arriving began

    def received(self, data: bytes) -> bool:
        going_on: bool = super().received(data)
        if self.request is None:
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > REQUEST_SECONDS:
            self.will_close = True
        return going_on


class Server(waitress.server.TcpWSGIServer):
    """Waitress with our channels, and an end of its own."""

    channel_class = _Channel

    def loop(self) -> None:
        """Answer until an exception, such as KeyboardInterrupt, ends it."""
        self.asyncore.loop(
            timeout=self.adj.asyncore_loop_timeout, map=self._map, use_poll=self.adj.asyncore_use_poll
        )

    def end(self) -> None:
        """Let the threads finish what they answer, and close every connection."""
        self.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)


def make_server(app: Any, sock: socket.socket) -> Server:
    """Waitress on that socket. Event streams have their own number of threads, so that they never block a request."""
    adjustments = waitress.server.Adjustments(
        sockets=[sock],
        threads=THREADS + STREAMS,
        connection_limit=CONNECTIONS,
        max_request_body_size=MAX_BODY,
        max_request_header_size=MAX_HEADER,
        channel_timeout=REQUEST_SECONDS,
        cleanup_interval=5,
        channel_request_lookahead=1,  # notices clients that leave an event stream
        send_bytes=1,  # an event leaves at once
        asyncore_use_poll=hasattr(select, "poll"),
        ident=None,
    )
    where = (sock.family, sock.type, sock.proto, sock.getsockname())
    return Server(app, _sock=sock, adj=adjustments, sockinfo=where, bind_socket=False)


def serve(settings: Settings, started: Callable[[str], None]) -> None:
    """Run the bridge until SIGTERM or SIGINT; ``started`` is told its address once it answers.

    Raises ``AlreadyRunningError`` and ``PortBusyError``.
    """
    require_no_other()
    sock = bound(settings.port)
    port, token = sock.getsockname()[1], new_token()
    with History(history_path()) if settings.history else History.none() as history:
        desk = Desk(ProcessLink, HistoryRecorder(history))
        server = make_server(create_app(desk, history, Guard.of(token, port)), sock)
        announcement = announce(f"http://{HOST}:{port}", token)
        try:
            for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):  # those that this system knows
                if hasattr(signal, name):
                    signal.signal(getattr(signal, name), _stop)
            started(announcement.url)
            server.loop()
        except KeyboardInterrupt:
            pass
        finally:
            withdraw(announcement)
            desk.close()  # also ends the event streams
            server.end()


def _stop(*_: Any) -> None:
    raise KeyboardInterrupt
