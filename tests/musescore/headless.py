"""MuseScore 3 without a screen: does it load this file, and without a word?

Its exit status says little (0 for nearly everything), so what it prints counts. A score is loaded twice: the
import, saved in MuseScore's own format, is opened again and given to MuseScore's own check of every measure.
Each run has folders of its own, because MuseScore hands its file over to another one that shares them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDERS = {
    "HOME": "home",
    "TMPDIR": "tmp",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_RUNTIME_DIR": "run",
}
DESKTOP = ("XDG_", "QT_", "DBUS_", "WAYLAND", "DISPLAY", "SESSION_")
TIMEOUT = 60.0  # seconds; a score takes a fifth of one

CHATTER = re.compile(
    r"$|convert <|to <|\.\.\. success!|QStandardPaths|QIODevice|libGL|cannot open"
    r"|.*(no instrument found for part|device not open$)"
)


@dataclass(frozen=True)
class Loaded:
    """What MuseScore made of a file. ``irregular`` maps measures, counted from 1, to lengths unlike their metre's."""

    measures: int
    staves: int
    irregular: dict[int, str]
    problems: tuple[str, ...]


class LoadError(Exception):
    """MuseScore wrote nothing."""


def executable() -> str | None:
    """The MuseScore 3 on this machine, or the one that the environment variable MSCORE names."""
    names = (os.environ.get("MSCORE"), "mscore3", "musescore3")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def load(score: Path) -> Loaded:
    """Import ``score`` and check it. Raises ``LoadError``."""
    with tempfile.TemporaryDirectory(prefix="musescore-") as folder:
        imported, log = Path(folder, "score.mscx"), Path(folder, "score.mlog")
        complaints = [f"import: {line}" for line in convert(score, imported)]
        complaints += [f"reload: {line}" for line in convert(imported, log)]
        verdict = json.loads(log.read_text(encoding="utf-8"))
        if verdict["result"] != 0:
            complaints.append(f"check: {verdict.get('error', '').strip()}")
        return _loaded(imported.read_text(encoding="utf-8"), complaints)


def convert(source: Path, target: Path) -> list[str]:
    """Write ``source`` as ``target``, in the format of its suffix, and return MuseScore's complaints.

    Pictures are numbered: ``x.png`` gives ``x-1.png`` and so on. Raises ``LoadError`` when nothing was written.
    """
    status, lines = run("-o", str(target.resolve()), str(source.resolve()))
    complaints = [line for line in dict.fromkeys(lines) if not CHATTER.match(line)]
    if status:
        complaints.append(f"exit status {status}")
    if not any(target.parent.glob(f"{target.stem}*{target.suffix}")):
        raise LoadError(f"{source.name}: no {target.suffix} was written: {'; '.join(complaints)}")
    return complaints


def run(*arguments: str, timeout: float = TIMEOUT) -> tuple[int, list[str]]:
    """Start MuseScore with these arguments: its exit status, and the lines that it printed."""
    program = executable()
    if program is None:
        raise LoadError("no MuseScore 3 here")
    with tempfile.TemporaryDirectory(prefix="musescore-") as home:
        done = subprocess.run(
            [program, *arguments],
            env=_environment(Path(home)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    return done.returncode, [line.strip() for line in done.stdout.splitlines()]


def _environment(root: Path) -> dict[str, str]:
    """Ours, less what ties a program to this desktop, with private folders."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(DESKTOP)}
    private = {name: root / folder for name, folder in FOLDERS.items()}
    for path in private.values():
        path.mkdir(mode=0o700)
    return {
        **kept,
        **{name: str(path) for name, path in private.items()},
        "LC_ALL": "C.UTF-8",
        "QT_QPA_PLATFORM": "offscreen",
        "QT_LOGGING_TO_CONSOLE": "1",
    }


def _loaded(mscx: str, complaints: list[str]) -> Loaded:
    staves = re.findall(r'<Staff id="\d+">.*?</Staff>', mscx.rpartition("</Part>")[2], re.DOTALL)
    measures = re.findall(r"<Measure\b[^>]*>", staves[0]) if staves else []
    lengths = {n: re.search(r'len="([^"]+)"', tag) for n, tag in enumerate(measures, 1)}
    irregular = {n: found[1] for n, found in lengths.items() if found}
    return Loaded(len(measures), len(staves), irregular, tuple(complaints))
