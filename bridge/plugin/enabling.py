"""The plugin in the list that one MuseScore keeps of those that are enabled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bridge.plugin.folder import NAME, QML, cannot_change, replace
from bridge.plugin.lists import ConfigJson, PluginList, PluginsXml, UnclearError
from bridge.plugin.places import Profile

# running: left alone, since MuseScore runs; unclear: not as MuseScore writes it; unknown: MuseScore never ran.
Enabling = Literal["enabled", "disabled", "running", "unclear", "unknown"]
_URI = "musescore://extensions/v1"


@dataclass(frozen=True, slots=True)
class Registry:
    """The list of one MuseScore, and the key that the plugin in that folder has there."""

    profile: Profile
    path: Path
    key: str
    format: PluginList

    def state(self) -> Enabling:
        try:
            text = self._text()
            return "enabled" if text and self.format.is_enabled(text, self.key) else "disabled"
        except UnclearError:
            return "unclear"

    def is_listed(self) -> bool:
        """Whether the list names the plugin, enabled or not."""
        try:
            text = self._text()
            return bool(text) and self.format.without(text, self.key) != text
        except UnclearError:
            return False

    def enable(self) -> Enabling:
        """What it is afterwards; a list that is not understood is left alone. Raises ``OutputError``."""
        if not self.profile.data.is_dir():
            return "unknown"
        try:
            text = self._text()
            if not text and self._has_older_list():
                return "unclear"
            new = self.format.enabled(text or self.format.empty, self.key)
            if not self.format.is_enabled(new, self.key):
                return "unclear"
        except UnclearError:
            return "unclear"
        self._write(text, new)
        return "enabled"

    def forget(self) -> Enabling:
        """Cut the plugin out of a list that names it; one made for it goes with it. Raises ``OutputError``."""
        text = self._text()
        new = self.format.without(text, self.key)
        if new == self.format.empty:
            self._unlink()
        else:
            self._write(text, new)
        return "disabled"

    def _text(self) -> str:
        """What the list says; where there is none, nothing."""
        try:
            return self.path.read_bytes().decode()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise UnclearError(str(error)) from error

    def _write(self, old: str, new: str) -> None:
        if new != old:
            replace(self.path.resolve(), new.encode())

    def _unlink(self) -> None:
        try:
            self.path.unlink()
        except OSError as error:
            raise cannot_change(self.path, error) from error

    def _has_older_list(self) -> bool:
        """MuseScore 4.4 takes over the list of 4.0 to 4.3 as long as it has none of its own."""
        return self.profile.version > 3 and (self.profile.data / "plugins" / "plugins.json").exists()


def registry(profile: Profile, folder: Path) -> Registry:
    """Where that MuseScore keeps whether the plugin in that folder of plugins is enabled."""
    if profile.version == 3:
        key = (folder.absolute() / NAME / QML).as_posix()
        return Registry(profile, profile.data / "plugins.xml", key, PluginsXml())
    path = profile.data / "extensions" / "config.json"
    return Registry(profile, path, f"{_URI}/{NAME}/{QML}".lower(), ConfigJson())
