"""Where MuseScore 3 and 4 look for plugins and keep what they know of them, on every system.

``profiles`` is pure: system, environment and home in, paths out. The others look at the disk too, since a user may have
moved the folders.
"""

from __future__ import annotations

import os
import plistlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

VERSIONS = (3, 4)
_MY_PLUGINS = "myPlugins"
_DOCUMENTS = re.compile(r'^\s*XDG_DOCUMENTS_DIR\s*=\s*"(.*)"', re.MULTILINE)
_ESCAPED = re.compile(r"\\(?:x([0-9A-Fa-f]{1,4})|(.))")


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides where things are; ``documents`` where the system itself tells."""

    system: str  # as ``sys.platform``
    environment: Mapping[str, str]
    home: Path
    documents: Path | None = None

    def folder(self, variable: str, *default: str) -> Path:
        """What the variable names; without it, that folder of the user's home."""
        return Path(self.environment.get(variable) or self.home.joinpath(*default))


@dataclass(frozen=True, slots=True)
class Profile:
    """Where one MuseScore of the user keeps its own."""

    name: str  # "MuseScore 4 (Flatpak)"
    version: int
    data: Path
    settings: Path

    def is_there(self) -> bool:
        """Whether it has ever been started."""
        return self.data.is_dir() or self.settings.is_file()


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of plugins, and the MuseScores that look into it; ``version`` 0: nobody is known to."""

    version: int
    folder: Path
    profiles: tuple[Profile, ...] = field(default=())


def this_machine() -> Machine:
    """The one that this runs on."""
    documents = None
    if sys.platform == "win32":
        import platformdirs  # Windows alone knows where its Documents were moved to

        documents = platformdirs.user_documents_path()
    return Machine(sys.platform, os.environ, Path.home(), documents)


def profiles(machine: Machine, version: int) -> tuple[Profile, ...]:
    """Every MuseScore of that version that there may be, installed in whichever way; the usual one first."""
    name = f"MuseScore{version}"
    if machine.system == "darwin":
        library = machine.home / "Library"
        data, settings = library / "Application Support", library / "Preferences"
        return (_profile(version, "", data, settings / f"org.musescore.{name}.plist"),)
    if machine.system == "win32":
        data = machine.folder("LOCALAPPDATA", "AppData", "Local")
        settings = machine.folder("APPDATA", "AppData", "Roaming")
        return (_profile(version, "", data, settings / "MuseScore" / f"{name}.ini"),)
    flatpak = machine.home / ".var" / "app" / "org.musescore.MuseScore"
    snap = machine.home / "snap" / "musescore" / "current"
    folders = {
        "": (
            machine.folder("XDG_DATA_HOME", ".local", "share"),
            machine.folder("XDG_CONFIG_HOME", ".config"),
        ),
        " (Flatpak)": (flatpak / "data", flatpak / "config"),
        " (Snap)": (snap / ".local" / "share", snap / ".config"),
    }
    return tuple(
        _profile(version, kind, data, settings / "MuseScore" / f"{name}.ini")
        for kind, (data, settings) in folders.items()
    )


def _profile(version: int, kind: str, data: Path, settings: Path) -> Profile:
    name = f"MuseScore {version}{kind}"
    return Profile(name, version, data / "MuseScore" / f"MuseScore{version}", settings)


def find_places(machine: Machine) -> list[Place]:
    """The folders of every MuseScore that is there."""
    places: list[Place] = []
    for version in VERSIONS:
        known = profiles(machine, version)
        there = [profile for profile in known if profile.is_there()]
        if not there and _own_documents(machine, version).is_dir():
            there = [known[0]]  # nothing is left of it but the folder for the user's files
        places += _gathered(machine, there)
    return places


def place_of(machine: Machine, folder: Path) -> Place:
    """A folder that the user names, with the MuseScores that are known to look into it."""
    for version in VERSIONS:
        for place in _gathered(machine, list(profiles(machine, version))):
            if _same(place.folder, folder):
                return place
    for profile in profiles(machine, 3):
        if _same(profile.data / "plugins", folder):
            return Place(3, folder, (profile,))
    return Place(0, folder)


def _gathered(machine: Machine, there: list[Profile]) -> Iterator[Place]:
    """One place for all that share a folder."""
    folders = {profile: plugin_folder(machine, profile) for profile in there}
    for folder in dict.fromkeys(folders.values()):
        sharing = tuple(profile for profile in there if folders[profile] == folder)
        yield Place(sharing[0].version, folder, sharing)


def plugin_folder(machine: Machine, profile: Profile) -> Path:
    """As set in its preferences, else the one that it begins with."""
    chosen = _chosen_folder(profile.settings)
    return machine.home / chosen if chosen else _own_documents(machine, profile.version) / "Plugins"


def _own_documents(machine: Machine, version: int) -> Path:
    """MuseScore's folder in the user's Documents, whatever those are called."""
    name = f"MuseScore{version}"
    if machine.documents:
        return machine.documents / name
    candidates = [machine.home / "Documents"]
    if machine.system == "win32":
        profile = machine.folder("USERPROFILE")
        clouds = (
            machine.environment.get(key) for key in ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")
        )
        synchronised = [Path(cloud) for cloud in clouds if cloud] + [profile / "OneDrive"]
        candidates = [cloud / "Documents" for cloud in synchronised] + [profile / "Documents"]
    elif machine.system != "darwin":
        said = _DOCUMENTS.search(_text(machine.folder("XDG_CONFIG_HOME", ".config") / "user-dirs.dirs"))
        candidates = [_user_folder(said[1], machine.home)] if said else candidates
    there = (candidate / name for candidate in candidates if (candidate / name).is_dir())
    return next(there, candidates[-1] / name)


def _user_folder(said: str, home: Path) -> Path:
    """``$HOME/...`` or an absolute path, as user-dirs.dirs has them."""
    plain = re.sub(r"\\(.)", r"\1", said)
    return home / plain.removeprefix("$HOME").lstrip("/") if plain.startswith("$HOME") else home / plain


def _chosen_folder(settings: Path) -> str:
    """What the settings of MuseScore name as the folder for plugins; "" where they do not."""
    if settings.suffix == ".plist":
        try:
            with settings.open("rb") as file:
                found = plistlib.load(file).get(f"application.paths.{_MY_PLUGINS}", "")
        except Exception:  # one that is broken raises anything at all
            return ""
        return found if isinstance(found, str) else ""
    section = ""
    for line in map(str.strip, _text(settings).splitlines()):
        key, _, value = line.partition("=")
        if line.startswith("["):
            section = line
        elif section == "[application]" and key.strip() == rf"paths\{_MY_PLUGINS}":
            return _unescaped(value.strip())
    return ""


def _unescaped(value: str) -> str:
    r"""A string as Qt writes it into .ini files: ``\xe4`` for a letter beyond ASCII, two of them for a rare one."""
    bare = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], bare)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(path: Path) -> str:
    """What the file says, "" if there is none."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()
