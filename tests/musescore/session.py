"""A real MuseScore 3 in a window of its own: private screen (Xvfb), home and settings, driven by keys and clicks.

A small plugin of the tests' own (agent.qml) asks for JavaScript over HTTP and runs it inside, so that tests can look
at the open score; the plugin under test is not touched by that.
"""

from __future__ import annotations

import http.server
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from musescore.headless import executable
from Xlib.display import Display
from Xlib.protocol.event import ClientMessage

# No wizard, no start center, no tours: nothing that waits for a person.
_SETTINGS = """[General]
[application]
startup\\firstStart=false
autosave\\useAutosave=false
[ui]
application\\language=en_US
application\\startup\\checkUpdate=false
application\\startup\\checkExtensionsUpdate=false
application\\startup\\showNavigator=false
application\\startup\\showPlayPanel=false
application\\startup\\showSplashScreen=false
application\\startup\\showStartCenter=false
application\\startup\\showTours=false
application\\useNativeDialogs=false
[score]
note\\playOnClick=false
"""
_AGENT = Path(__file__).with_name("agent.qml")
_AGENT_KEY = ("Ctrl+Alt+Shift+F11", "ctrl+alt+shift+F11")  # as MuseScore and as xdotool name it
PLUGIN_KEY = ("Ctrl+Alt+Shift+F12", "ctrl+alt+shift+F12")
_STARTING = 120.0  # seconds


class Agent:
    """The HTTP side of agent.qml: it polls for something to run, and posts the result."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[dict[str, Any]] = queue.Queue()
        self.results: queue.Queue[dict[str, Any]] = queue.Queue()
        self.there = threading.Event()
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                agent.there.set()
                try:
                    self._answer(agent.jobs.get(timeout=2))
                except queue.Empty:
                    self._answer({"id": 0})

            def do_POST(self) -> None:
                agent.results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._answer({})

            def _answer(self, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(data)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that goes is normal
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def eval(self, script: str, seconds: float = 60.0) -> Any:
        """The value of JavaScript inside MuseScore; one call at a time. Raises RuntimeError and TimeoutError."""
        self.jobs.put({"id": 1, "js": script})
        try:
            result = self.results.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"no answer from MuseScore to {script[:200]}") from None
        if "error" in result:
            raise RuntimeError(f"in MuseScore: {result['error']}")
        return result.get("value")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Session:
    """MuseScore with a score open and plugins installed: (file or folder, key or None). Use it in a with statement."""

    def __init__(self, score: str, plugins: list[tuple[str, str | None]]) -> None:
        with ExitStack() as stack:
            self.root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="musescore-")))
            self._agent = Agent()
            stack.callback(self._agent.close)
            self.env = _private(self.root)
            self._install(plugins)
            self._start(stack, score)
            self._closing = stack.pop_all()

    def _install(self, plugins: list[tuple[str, str | None]]) -> None:
        config = self.root / "config" / "MuseScore"
        data = self.root / "data" / "MuseScore" / "MuseScore3"
        (data / "plugins").mkdir(parents=True)
        config.mkdir(parents=True)
        (config / "MuseScore3.ini").write_text(_SETTINGS)
        agent = data / "plugins" / "agent.qml"
        agent.write_text(_AGENT.read_text(encoding="utf-8").replace("@PORT@", str(self._agent.port)))
        entries = [(agent, _AGENT_KEY[0])]
        for source, key in plugins:
            target = data / "plugins" / Path(source).name
            shutil.copytree(source, target)
            entries.append((target / f"{target.name}.qml", key or ""))
        lines = [
            f"<Plugin><path>{path}</path><load>1</load><version>1</version><description></description>"
            f"<SC><key>{path.stem}</key><seq>{key}</seq></SC></Plugin>"
            for path, key in entries
        ]
        text = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', '<museScore version="3.01">', *lines])
        (data / "plugins.xml").write_text(f"{text}\n</museScore>\n")

    def _start(self, stack: ExitStack, score: str) -> None:
        self._log = self.root / "musescore.log"
        log = stack.enter_context(self._log.open("wb"))
        reading, writing = os.pipe()
        screen = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
        screen.append("-noreset")  # it would begin anew, deaf to MuseScore, when a first look at it has ended
        self._spawn(stack, screen, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as displays:
            self.env["DISPLAY"] = f":{displays.readline().strip()}"
        command = [str(executable()), "-m", "-w", score]
        self._process = self._spawn(stack, command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.window = self.wait_window("MuseScore", _STARTING)
        end = time.monotonic() + _STARTING
        while not self._agent.there.wait(1.0):
            self._require_alive()
            if time.monotonic() > end:
                raise TimeoutError(f"the agent does not report; windows: {self.windows()}")
            self.focus()
            self.key(_AGENT_KEY[1])

    def _spawn(self, stack: ExitStack, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, env=self.env, start_new_session=True, **options)
        stack.callback(_end, process)
        return process

    def _require_alive(self) -> None:
        if self._process.poll() is not None:
            raise RuntimeError(f"MuseScore ended with {self._process.returncode}: {self.logtext()[-2000:]}")

    def logtext(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _run(self, *command: str) -> str:
        found = subprocess.run(command, env=self.env, capture_output=True, timeout=30, check=False)
        return found.stdout.decode("utf-8", "replace")

    def windows(self) -> list[tuple[str, str]]:
        """Id and title of every window of some size that can be seen."""
        pattern = r'^\s+(0x[0-9a-f]+) "(.*?)": \(.*?\)\s+(\d{3,})x(\d{3,})'
        found = re.findall(pattern, self._run("xwininfo", "-root", "-tree"), re.MULTILINE)
        seen = [(id, title) for id, title, _, _ in found]
        return [(id, title) for id, title in seen if "IsViewable" in self._run("xwininfo", "-id", id)]

    def wait_window(self, title: str, seconds: float = 60.0) -> str:
        """The id of a window whose title is like that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._require_alive()
            for id, found in self.windows():
                if re.search(title, found):
                    return id
            time.sleep(0.1)
        raise TimeoutError(f"no window {title}; there are {self.windows()}")

    def focus(self) -> None:
        """Keys go to the score from now on."""
        self._run("xdotool", "windowfocus", "--sync", self.window)

    def key(self, *keys: str) -> None:
        self._run("xdotool", "key", "--clearmodifiers", "--delay", "40", *keys)

    def type(self, text: str) -> None:
        self._run("xdotool", "type", "--delay", "30", text)

    def click(self, x: int, y: int) -> None:
        self._run("xdotool", "mousemove", str(x), str(y), "click", "1")

    def close_window(self, title: str) -> None:
        """Ask a window to close, as the button of its frame does."""
        display = Display(self.env["DISPLAY"])
        window = display.create_resource_object("window", int(self.wait_window(title), 16))
        protocols, delete = map(display.intern_atom, ("WM_PROTOCOLS", "WM_DELETE_WINDOW"))
        window.send_event(
            ClientMessage(window=window, client_type=protocols, data=(32, [delete, 0, 0, 0, 0]))
        )
        display.sync()  # a server that first learns that its client has gone drops what that one asked for
        display.close()

    def screenshot(self, path: Path) -> None:
        """The whole screen as a PNG; needs ImageMagick."""
        self._run("import", "-window", "root", str(path))

    def eval(self, script: str) -> Any:
        """The value of JavaScript inside MuseScore."""
        return self._agent.eval(script)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closing.close()


def _private(root: Path) -> dict[str, str]:
    """An environment in which nothing of the user's is found, nor another MuseScore that runs."""
    foreign = ("XDG_", "QT_", "DBUS_", "WAYLAND", "DISPLAY", "SESSION_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    folders = {"HOME": "home", "TMPDIR": "tmp"}
    folders |= {f"XDG_{kind}_HOME": kind.lower() for kind in ("CONFIG", "DATA", "CACHE")} | {
        "XDG_RUNTIME_DIR": "run"
    }
    for name, folder in folders.items():
        (root / folder).mkdir(mode=0o700)
        env[name] = str(root / folder)
    fixed = "LANG=C.UTF-8 LC_ALL=C.UTF-8 QT_LOGGING_TO_CONSOLE=1 QT_ACCESSIBILITY=0 NO_AT_BRIDGE=1"
    fixed += " LIBGL_ALWAYS_SOFTWARE=1 QT_QUICK_BACKEND=software no_proxy=127.0.0.1"
    return env | dict(setting.split("=", 1) for setting in fixed.split())


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, sign)
            process.wait(4)
            return
    process.wait()
