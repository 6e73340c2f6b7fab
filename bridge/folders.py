"""Where Obbligato keeps what is the user's own, what they have set, and what can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """What can be made again: inside OBBLIGATO_HOME when that is set, else the user's cache folder."""
    return _folder("cache")


def data_folder() -> Path:
    """What must not be lost: inside OBBLIGATO_HOME when that is set, else the user's data folder."""
    return _folder("data")


def config_folder() -> Path:
    """Settings, and how to reach the bridge: inside OBBLIGATO_HOME when that is set, else the user's folder."""
    return _folder("config")


def make_private(folder: Path) -> None:
    """Make the folder, for its owner alone, where there is none; one that is there stays as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _folder(kind: str) -> Path:
    if home := os.environ.get("OBBLIGATO_HOME"):
        return Path(home) / kind
    import platformdirs

    folder: Path = getattr(platformdirs, f"user_{kind}_path")("obbligato", appauthor=False)
    return folder
