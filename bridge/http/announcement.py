"""``bridge.json``: where the running bridge listens, and the token that only its user can read."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bridge.errors import AlreadyRunningError, OutputError
from bridge.folders import config_folder, make_private
from bridge.version import version

API = 1
_PATIENCE = 1.0  # seconds for a bridge of this machine to say that it is there
_MOST = 64 * 2**10  # bytes of an announcement, or of what /health says
_URL = re.compile(r"http://127\.0\.0\.1:([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a client needs to talk to the bridge."""

    url: str  # http://127.0.0.1:PORT
    token: str
    pid: int
    version: str

    @property
    def port(self) -> int:
        """Of the address."""
        return int(self.url.rpartition(":")[2])


def announcement_path() -> Path:
    """Where the plugin looks."""
    return config_folder() / "bridge.json"


def new_token() -> str:
    """256 random bits, fit for a header."""
    return secrets.token_urlsafe(32)


def announce(url: str, token: str) -> Announcement:
    """Say where this process listens, whole or not at all. Raises ``OutputError``."""
    announcement = Announcement(url, token, os.getpid(), version())
    path = announcement_path()
    try:
        make_private(path.parent)
        _replace(path, json.dumps(asdict(announcement), indent=2).encode() + b"\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "Make that folder writable, or set OBBLIGATO_HOME to another."
        raise OutputError(f"cannot write {path}: {reason}", hint) from error
    return announcement


def _replace(path: Path, data: bytes) -> None:
    """Nobody else may read the file at any moment, so it is made private, not made so afterwards.

    Windows knows no such modes; there the user's profile is closed to others by its access list.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)  # of a process that had our number and was killed
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def read_announcement() -> Announcement | None:
    """What is announced, by a bridge that may have ended since; None if there is nothing that we would write."""
    try:
        with announcement_path().open("rb") as file:
            said = json.loads(file.read(_MOST))
    except (OSError, ValueError, RecursionError):
        return None
    return _understood(said)


def _understood(said: Any) -> Announcement | None:
    """Only addresses of this machine: nobody is to be asked, and told the token, anywhere else."""
    try:
        found = Announcement(said["url"], said["token"], said["pid"], said["version"])
        types = [type(value) for value in asdict(found).values()]
        known = types == [str, str, int, str] and _URL.fullmatch(found.url)
        return found if known and found.port < 2**16 else None
    except (TypeError, KeyError):
        return None


def withdraw(announcement: Announcement) -> None:
    """Take it back, unless another bridge has announced itself since."""
    if read_announcement() == announcement:
        with suppress(OSError):
            announcement_path().unlink()


def running_bridge() -> Announcement | None:
    """The announcement of a bridge that answers."""
    announcement = read_announcement()
    return announcement if announcement and is_bridge(announcement.port) else None


def is_bridge(port: int) -> bool:
    """Whether an Obbligato bridge, of any user, answers on that port of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/health")
        said = json.loads(connection.getresponse().read(_MOST))
        return isinstance(said, dict) and said.get("api") == API
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return False
    finally:
        connection.close()


def require_no_other() -> None:
    """Raise ``AlreadyRunningError`` if a bridge of this user answers."""
    if other := running_bridge():
        raise AlreadyRunningError(
            f"a bridge runs already: {other.url} (process {other.pid})",
            "The plugin finds it by itself; to start anew, stop it first. Under another OBBLIGATO_HOME a second "
            "one can run.",
        )
