"""Linux: a systemd unit of the user."""

from __future__ import annotations

import re

from bridge.autostart.plan import Launch, Plan, Step

NAME = "obbligato.service"
_SYSTEMCTL = ("systemctl", "--user")
# Refusals (a bridge runs already, the port is taken) end with status 1 and would only be repeated; what was killed
# is started again. ``mixed``: our main process is told to stop, and ends its worker itself. ``env`` starts programs
# whose paths have quotes in them, which systemd itself refuses to.
_UNIT = """\
[Unit]
Description=Obbligato bridge (writes accompaniments for MuseScore)

[Service]
ExecStart={command}
Restart=on-abnormal
RestartSec=2
KillMode=mixed
TimeoutStopSec=15
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


def plan(launch: Launch) -> Plan:
    """The unit, enabled and started."""
    folder = launch.settings / "systemd" / "user"
    return Plan(
        path=folder / NAME,
        content=unit(launch).encode(),
        made=(folder / "default.target.wants" / NAME,),
        install=(
            Step((*_SYSTEMCTL, "daemon-reload")),
            Step((*_SYSTEMCTL, "enable", NAME)),
            Step((*_SYSTEMCTL, "restart", NAME)),  # starts it, and with what has changed
        ),
        start=launch.with_environment,
        uninstall=(Step((*_SYSTEMCTL, "stop", NAME)), Step((*_SYSTEMCTL, "daemon-reload"))),
    )


def unit(launch: Launch) -> str:
    """The text of the unit."""
    return _UNIT.format(command=" ".join(map(quoted, launch.with_environment)))


def quoted(word: str) -> str:
    """As one word of a command line in a unit file, where neither % nor $ stands for anything else."""
    escaped = re.sub(r'[\\"]', r"\\\g<0>", word).replace("%", "%%").replace("$", "$$")
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", escaped) + '"'
