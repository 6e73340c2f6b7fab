"""Whether a MuseScore runs: one that does may overwrite its list of plugins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bridge.autostart.plan import Run, run_command
from bridge.plugin.places import Machine, Profile

_LISTS = {"darwin": ("ps", "-axo", "comm="), "win32": ("tasklist",)}
_NAMES = re.compile(r"mscore|musescore", re.IGNORECASE)


def is_running(
    profile: Profile, machine: Machine, run: Run = run_command, processes: Path = Path("/proc")
) -> bool:
    """Whether that MuseScore runs, as far as the system tells."""
    if command := _LISTS.get(machine.system):
        program = rf"MuseScore ?{profile.version}(\.app/|\.exe)"
        return re.search(program, run(command).said, re.IGNORECASE) is not None
    return any(data.resolve() == profile.data.resolve() for data in _data_folders(profile, processes))


def _data_folders(profile: Profile, processes: Path) -> Iterator[Path]:
    """Where each MuseScore of this user that runs would keep what it knows, if it were of that version."""
    for process in processes.glob("[0-9]*"):
        try:
            if not _NAMES.match((process / "comm").read_text()):
                continue
            said = (process / "environ").read_bytes().decode(errors="surrogateescape")
        except OSError:  # it has ended, or is another user's
            continue
        environment = dict(word.partition("=")[::2] for word in said.split("\0"))
        home = environment.get("HOME", "/")
        data = environment.get("XDG_DATA_HOME") or f"{home}/.local/share"
        yield Path(data, "MuseScore", profile.data.name)
