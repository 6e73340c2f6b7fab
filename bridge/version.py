"""The version of the installed distribution."""

from __future__ import annotations


def version() -> str:
    """As in the package's metadata; "unknown" in a checkout that was never installed."""
    from importlib import metadata

    try:
        return metadata.version("obbligato")
    except metadata.PackageNotFoundError:
        return "unknown"
