"""The plugin put into MuseScore's folders, enabled where a file decides that, and taken away again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import RequestError
from bridge.plugin import folder as own
from bridge.plugin.enabling import Enabling, Registry, registry
from bridge.plugin.folder import NAME, Contents, State
from bridge.plugin.places import Machine, Place, Profile, find_places, place_of, this_machine
from bridge.plugin.running import is_running
from bridge.version import version

__all__ = ["Finding", "Place", "install", "look", "places", "this_contents", "uninstall"]

IsRunning = Callable[[Profile], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """How it stands with one folder of plugins; ``enabled`` by the name of each MuseScore that looks into it."""

    folder: Path  # the plugin's own
    musescore: int  # version, 0: not known
    state: State
    version: str  # of what is installed, "" if nothing is
    enabled: dict[str, Enabling]


def this_contents() -> dict[str, bytes]:
    """What this installation would put there."""
    from bridge.autostart import this_launch
    from bridge.http.announcement import announcement_path

    return own.contents(this_launch(), announcement_path().absolute(), sys.platform)


def places(folder: Path | None = None, machine: Machine | None = None) -> list[Place]:
    """The one that is named, or those of every MuseScore here. Raises ``RequestError``."""
    machine = machine or this_machine()
    if folder is None:
        return find_places(machine)
    folder = folder.absolute()
    if not folder.parent.is_dir():
        raise RequestError(
            f"there is no folder {folder.parent}", "Give the folder named in MuseScore's preferences."
        )
    return [place_of(machine, folder)]


def runs_here(profile: Profile) -> bool:
    """Whether that MuseScore of this machine runs."""
    return is_running(profile, this_machine())


def install(place: Place, wanted: Contents, runs: IsRunning = runs_here) -> Finding:
    """Put the plugin there, or bring it up to date, and enable it. Raises ``OutputError``."""
    own.put(place.folder / NAME, wanted, version())
    enabled: dict[str, Enabling] = {}
    for listed in _registries(place):
        left_alone = listed.state() == "disabled" and runs(listed.profile)
        enabled[listed.profile.name] = "running" if left_alone else listed.enable()
    return _finding(place, wanted, enabled)


def uninstall(place: Place, wanted: Contents, runs: IsRunning = runs_here) -> Finding | None:
    """Take the plugin away; None if there was nothing of it. Raises ``OutputError``."""
    found = own.take_away(place.folder / NAME)
    enabled: dict[str, Enabling] = {}
    for listed in _registries(place):
        if listed.is_listed():
            found = True
            enabled[listed.profile.name] = "running" if runs(listed.profile) else listed.forget()
    return _finding(place, wanted, enabled) if found else None


def look(place: Place, wanted: Contents) -> Finding:
    """How it stands there."""
    return _finding(place, wanted, {listed.profile.name: listed.state() for listed in _registries(place)})


def _finding(place: Place, wanted: Contents, enabled: dict[str, Enabling]) -> Finding:
    folder = place.folder / NAME
    marker = own.read_marker(folder)
    state = own.state(folder, wanted, version())
    return Finding(folder, place.version, state, marker.version if marker else "", enabled)


def _registries(place: Place) -> list[Registry]:
    return [registry(profile, place.folder) for profile in place.profiles]
