"""Windows: an entry under the user's Run key.

The entry may have 260 characters and no environment, so it names a small script that has both. ``pythonw`` runs it
without a console window.
"""

from __future__ import annotations

import subprocess
from pathlib import PureWindowsPath

from bridge.autostart.plan import Launch, Plan, Step

KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
NAME = "Obbligato"
# The worker process imports its parent's script too, and must not become a second bridge.
_SCRIPT = """\
# Starts the Obbligato bridge at login; made by `obbligato serve --install`.
if __name__ == "__main__":
{environment}    from bridge.cli import main

    main({arguments!r}, prog_name="obbligato")
"""


def plan(launch: Launch) -> Plan:
    """The script and its entry; now it is started by ourselves."""
    path = launch.config / "autostart.pyw"
    pythonw = str(PureWindowsPath(launch.python).with_name("pythonw.exe"))
    start = (pythonw, "-P", str(path))
    entry = subprocess.list2cmdline(start)
    return Plan(
        path=path,
        content=script(launch).encode(),
        install=(
            Step(("reg", "add", KEY, "/v", NAME, "/t", "REG_SZ", "/d", entry, "/f")),
            Step(start, wait=False),
        ),
        uninstall=(Step(("reg", "delete", KEY, "/v", NAME, "/f")),),
        start=start,
        typed=subprocess.list2cmdline,
    )


def script(launch: Launch) -> str:
    """The text of the script."""
    home = launch.obbligato_home
    environment = f'    import os\n\n    os.environ["OBBLIGATO_HOME"] = {home!r}\n' if home else ""
    return _SCRIPT.format(environment=environment, arguments=["serve", *launch.options])
