"""The bridge started at login: on Linux by systemd, on macOS by launchd, on Windows by the Run key."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bridge.autostart import launchd, systemd, windows
from bridge.autostart.plan import Launch, Plan, Undone, install, state, uninstall
from bridge.folders import config_folder

__all__ = ["Plan", "Undone", "install", "plan_for", "state", "this_launch", "uninstall"]

_PLANS = {"darwin": launchd.plan, "win32": windows.plan}


def plan_for(launch: Launch, system: str = sys.platform) -> Plan:
    """The plan for a system by the name that Python has for it."""
    return _PLANS.get(system, systemd.plan)(launch)


def this_launch(options: Sequence[str] = ()) -> Launch:
    """``obbligato serve`` with these options, by the interpreter and for the user that run this."""
    home = os.environ.get("OBBLIGATO_HOME")
    return Launch(
        python=sys.executable,
        options=tuple(options),
        home=Path.home(),
        settings=Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"),
        config=config_folder().absolute(),
        obbligato_home=str(Path(home).absolute()) if home else "",
        user=os.getuid() if sys.platform != "win32" else 0,
    )
