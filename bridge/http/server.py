"""The server: a socket of this machine only, what answers on it, and an orderly beginning and end."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from bridge.errors import PortBusyError
from bridge.http.announcement import announce, is_bridge, new_token, require_no_other, withdraw
from bridge.http.recorder import HistoryRecorder
from bridge.http.settings import Settings
from bridge.jobs.desk import Desk
from bridge.jobs.link import ProcessLink
from bridge.takes import History, history_path

HOST = "127.0.0.1"


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


def serve(settings: Settings, started: Callable[[str], None]) -> None:
    """Run the bridge until SIGTERM or SIGINT; ``started`` is told its address once it answers.

    Raises ``AlreadyRunningError`` and ``PortBusyError``.
    """
    require_no_other()
    sock = bound(settings.port)
    port, token = sock.getsockname()[1], new_token()
    with History(history_path()) if settings.history else History.none() as history:
        desk = Desk(ProcessLink, HistoryRecorder(history))
        # Imported while the desk's worker starts: Flask takes about as long as that.
        from bridge.http.app import create_app
        from bridge.http.channels import make_server
        from bridge.http.guard import Guard

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
