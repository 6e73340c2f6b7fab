"""macOS: a launchd agent of the user."""

from __future__ import annotations

import plistlib

from bridge.autostart.plan import Launch, Plan, Step

LABEL = "obbligato.bridge"


def plan(launch: Launch) -> Plan:
    """The agent, loaded anew: launchd does not notice that a file has changed."""
    path = launch.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    domain = f"gui/{launch.user}"
    unload = Step(("launchctl", "bootout", f"{domain}/{LABEL}"), optional=True)
    return Plan(
        path=path,
        content=agent(launch),
        install=(
            unload,
            Step(("launchctl", "enable", f"{domain}/{LABEL}"), optional=True),
            # It refuses while the old one is still on its way out.
            Step(("launchctl", "bootstrap", domain, str(path)), tries=20),
        ),
        uninstall=(unload,),
        start=launch.with_environment,
    )


def agent(launch: Launch) -> bytes:
    """The property list."""
    entries = {
        "Label": LABEL,
        "ProgramArguments": list(launch.command),
        "RunAtLoad": True,
        "KeepAlive": {"Crashed": True},
        "ProcessType": "Interactive",  # somebody waits for what it writes: no less of the processor than others
    }
    if launch.obbligato_home:
        entries["EnvironmentVariables"] = {"OBBLIGATO_HOME": launch.obbligato_home}
    return plistlib.dumps(entries)
