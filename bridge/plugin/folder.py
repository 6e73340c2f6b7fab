"""The plugin's own folder among the plugins: what belongs into it, put there whole, recognised, taken away."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal

from bridge.autostart.plan import Launch
from bridge.errors import OutputError
from bridge.output import write_whole

NAME = "Obbligato"  # of the folder
QML = "Obbligato.qml"
MARKER = "obbligato-plugin.json"
BRIDGE_PATH = "bridge-path.json"

# current: as this version would put it there; changed: this version, but not its files; foreign: not ours.
State = Literal["absent", "current", "changed", "other version", "foreign"]
Contents = Mapping[str, bytes]  # path below the folder, with /: file


@dataclass(frozen=True, slots=True)
class Marker:
    """What was put there."""

    version: str
    files: frozenset[str]

    @property
    def data(self) -> bytes:
        """As it is written."""
        return _json({"version": self.version, "files": sorted(self.files)})


def contents(launch: Launch, announcement: Path, system: str) -> dict[str, bytes]:
    """What belongs into the folder: the plugin's files, and what only this installation knows."""
    root = resources.files("plugin_musescore") / NAME.lower()
    return {**dict(_files(root)), BRIDGE_PATH: bridge_path(launch, announcement, system)}


def _files(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for file in folder.iterdir():
        if file.is_dir():
            yield from _files(file, f"{above}{file.name}/")
        else:
            yield above + file.name, file.read_bytes()


def bridge_path(launch: Launch, announcement: Path, system: str) -> bytes:
    """Tells the plugin where the bridge announces itself and what starts it; ``typed``: the same for a person."""
    command = start_command(launch, system)
    typed = subprocess.list2cmdline(command) if system == "win32" else shlex.join(command)
    return _json({"announcement": announcement.as_posix(), "command": command, "typed": typed})


def start_command(launch: Launch, system: str) -> tuple[str, ...]:
    """Starts the bridge that announces itself where the plugin looks, whatever stands in the environment."""
    if not launch.obbligato_home:
        return launch.command
    if system != "win32":
        return launch.with_environment
    lines = (
        f"import os; os.environ['OBBLIGATO_HOME'] = {launch.obbligato_home!r}",
        f"from bridge.cli import main; main({['serve', *launch.options]!r}, prog_name='obbligato')",
    )
    return (launch.python, "-P", "-c", "; ".join(lines))


def _json(value: Any) -> bytes:
    """ASCII: MuseScore reads files in the encoding of the system."""
    return json.dumps(value, indent=2).encode() + b"\n"


def read_marker(folder: Path) -> Marker | None:
    """What was put there; None if nothing of ours is."""
    try:
        said = json.loads((folder / MARKER).read_bytes())
        marker = Marker(said["version"], frozenset(said["files"]))
        known = isinstance(marker.version, str) and all(map(_is_inside, marker.files))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return marker if known else None


def _is_inside(name: str) -> bool:
    """Only what lies below the folder is ever removed."""
    windows = PureWindowsPath(name)
    return bool(name) and not windows.anchor and "\\" not in name and ".." not in PurePosixPath(name).parts


def state(folder: Path, wanted: Contents, version: str) -> State:
    """What is there, held against what this version would put there."""
    marker = read_marker(folder)
    if marker is None:
        return "foreign" if _is_taken(folder) else "absent"
    if marker.version != version:
        return "other version"
    same = all(_read(folder / name) == data for name, data in wanted.items())
    return "current" if same and marker.files == set(wanted) else "changed"


def _is_taken(folder: Path) -> bool:
    """An empty folder is nobody's; a link leads into somebody's."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return True
    return folder.is_dir() and any(folder.iterdir())


def require_ours(folder: Path) -> None:
    """Raise ``OutputError`` if something else goes by that name."""
    if folder.is_symlink() or (read_marker(folder) is None and _is_taken(folder)):
        raise OutputError(
            f"{folder} was not made by `obbligato plugin install`",
            "Move it away or rename it, then try again.",
        )


def put(folder: Path, wanted: Contents, version: str) -> None:
    """Make the folder hold these files; of what was put there before, nothing else stays. Raises ``OutputError``.

    The marker is written first and last, so that the folder is known as ours at any moment, with all that is in it.
    """
    require_ours(folder)
    before = read_marker(folder)
    new = Marker(version, frozenset(wanted))
    old = before.files if before else frozenset()
    _write(folder / MARKER, Marker(before.version if before else version, old | new.files).data)
    for name, data in wanted.items():
        _write(folder / name, data)
    _remove(folder, old - new.files)
    _write(folder / MARKER, new.data)


def take_away(folder: Path) -> bool:
    """Remove what was put there; whether there was anything. Raises ``OutputError``."""
    require_ours(folder)
    marker = read_marker(folder)
    if marker is None:
        return False
    _remove(folder, marker.files)
    _remove(folder, {MARKER})
    with suppress(OSError):  # the user has put something there
        folder.rmdir()
    return True


def _remove(folder: Path, names: Set[str]) -> None:
    """The files, and the folders that are empty without them."""
    for name in sorted(names):
        path = folder / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_change(path, error) from error
        for above in path.relative_to(folder).parents[:-1]:
            with suppress(OSError):
                (folder / above).rmdir()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, data: bytes) -> None:
    if _read(path) != data:
        replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Write the file whole or not at all, over what is there. Raises ``OutputError``."""
    try:
        write_whole(path, data, force=True)
    except OutputError as error:
        raise OutputError(error.message, _HINT) from error


def cannot_change(path: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot change {path}: {(error.strerror or str(error)).lower()}", _HINT)


_HINT = "Close MuseScore, and make the file and its folder writable."
