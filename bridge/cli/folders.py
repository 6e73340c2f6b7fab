"""Where Obbligato keeps what it may make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Inside OBBLIGATO_HOME when that is set, else the user's cache folder."""
    if home := os.environ.get("OBBLIGATO_HOME"):
        return Path(home) / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("obbligato")
