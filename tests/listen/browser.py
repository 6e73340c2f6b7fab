"""Chromium without a window, over its debugging pipe (the Chrome DevTools Protocol)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
_SIZE = {"width": 1400, "height": 1230, "deviceScaleFactor": 1, "mobile": False}


class Browser:
    """One page at a time; ``complaints`` are what it threw."""

    def __init__(self, profile: Path) -> None:
        options = "--headless --no-sandbox --disable-gpu --hide-scrollbars --remote-debugging-pipe"
        (their_in, self._out), (self._in, their_out) = os.pipe(), os.pipe()
        command = f"exec {CHROMIUM} {options} --user-data-dir={profile} 3<&{their_in} 4>&{their_out}"
        self._process = subprocess.Popen(
            ["bash", "-c", command],
            pass_fds=(their_in, their_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(their_in)
        os.close(their_out)
        self._read, self._count, self._session = b"", 0, ""
        self.complaints: list[str] = []

    def open(self, path: Path) -> None:
        """A new page with that file."""
        self._session = ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Runtime.enable")
        self._call("Emulation.setDeviceMetricsOverride", **_SIZE)
        self._call("Page.navigate", url=path.resolve().as_uri())
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")

    def run(self, code: str) -> Any:
        """The value of an expression, evaluated as if the user had just clicked."""
        found = self._call("Runtime.evaluate", expression=code, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, condition: str, seconds: float = 30) -> None:
        """Until it holds; TimeoutError when it does not."""
        end = time.monotonic() + seconds
        while not self.run(condition):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.05)

    def picture(self, path: Path) -> None:
        """What is seen, as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def _call(self, method: str, **parameters: object) -> Any:
        self._count += 1
        message: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            if answer.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(str(answer["params"]))
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            found = os.read(self._in, 1 << 16)
            assert found, "the browser has ended"
            self._read += found
        line, _, self._read = self._read.partition(b"\0")
        answer: dict[str, Any] = json.loads(line)
        return answer
