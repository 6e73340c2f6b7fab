"""``obbligato doctor``: what an installation needs, what is wrong with this one, and what to do."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from bridge.folders import cache_folder, config_folder, data_folder
from bridge.version import version

PYTHONS = ((3, 11), (3, 14))
# Distribution -> module, for what the commands import.
PACKAGES = {
    "music21": "music21",
    "torch": "torch",
    "lxml": "lxml",
    "mido": "mido",
    "rich": "rich",
    "flask": "flask",
    "flask-openapi3": "flask_openapi3",
    "waitress": "waitress",
    "pydantic": "pydantic",
    "safetensors": "safetensors",
    "platformdirs": "platformdirs",
    "numpy": "numpy",
    "filelock": "filelock",
    "threadpoolctl": "threadpoolctl",
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``remedy`` is empty when it is well."""

    subject: str
    state: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{'FAULT' if self.remedy else 'ok':6}{self.subject}: {self.state}"
        return f"{line}\n      do: {self.remedy}" if self.remedy else line


@click.command(short_help="Check the installation and say what to do.")
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check the installation and say what to do about each fault.

    Exit status: 0 all is well, 1 there are faults.
    """
    click.echo(f"obbligato {version()}")
    faults = 0
    for finding in examine():
        click.echo(str(finding))
        faults += bool(finding.remedy)
    click.echo("all is well" if not faults else f"{faults} fault{'s' if faults > 1 else ''}")
    ctx.exit(1 if faults else 0)


def examine() -> Iterator[Finding]:
    """Every finding, cheapest first."""
    yield look_at_python()
    for distribution, module in PACKAGES.items():
        yield look_at_package(distribution, module)
    yield from look_at_engines()
    yield look_at_notator()
    yield look_at_folder("folder for results (this one)", Path.cwd())
    yield look_at_folder("folder for settings and bridge.json", config_folder())
    yield look_at_folder("folder for data", data_folder())
    yield look_at_folder("folder for caches", cache_folder())
    yield look_at_bridge()
    yield look_at_autostart()


def look_at_python() -> Finding:
    found = sys.version_info[:2]
    state = ".".join(map(str, sys.version_info[:3]))
    first, last = (".".join(map(str, version)) for version in PYTHONS)
    remedy = f"install Python {first} to {last}" if not PYTHONS[0] <= found <= PYTHONS[1] else ""
    return Finding("Python", state, remedy)


def look_at_package(distribution: str, module: str) -> Finding:
    import importlib
    from importlib import metadata

    try:
        importlib.import_module(module)
        return Finding(distribution, metadata.version(distribution))
    except Exception as error:  # a broken binary raises anything at all
        reason = " ".join(str(error).split())
        return Finding(
            distribution, f"cannot be imported: {reason}", f"pip install --force-reinstall {distribution}"
        )


def look_at_engines() -> Iterator[Finding]:
    """Each engine, loaded with its weights."""
    from bridge.engines import engine_infos, open_engine
    from bridge.errors import ObbligatoError

    for info in engine_infos():
        subject = f"engine {info.name}"
        try:
            open_engine(info.name)
        except ObbligatoError as error:
            yield Finding(subject, error.message, error.hint)
            continue
        size = f", {info.parameters / 1e6:.1f} million parameters" if info.parameters else ""
        yield Finding(subject, f"loaded{size}")


def look_at_notator() -> Finding:
    """The network that MIDI input goes through."""
    from engine.notator import weights

    try:
        count = weights.load_notator(weights.SHIPPED).parameter_count
        return Finding("notator", f"loaded, {count / 1e6:.1f} million parameters")
    except Exception as error:
        reason = " ".join(str(error).split())
        return Finding("notator", reason, "pip install --force-reinstall obbligato")


def look_at_folder(subject: str, folder: Path) -> Finding:
    """Whether a file can be made there, or, when it does not exist yet, in the nearest folder above it."""
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return Finding(subject, f"{folder} can be written")
    except OSError as error:
        return Finding(
            subject, f"{folder}: {error.strerror}", f"make {nearest} writable, or set OBBLIGATO_HOME"
        )


def look_at_bridge() -> Finding:
    """Whether it runs, and this version of it; that it does not run is no fault."""
    from bridge.http.announcement import announcement_path, read_announcement, running_bridge

    path = announcement_path()
    if bridge := running_bridge():
        stale = bridge.version != version()
        state = f"runs at {bridge.url}, process {bridge.pid}, version {bridge.version}"
        return Finding(
            "bridge", state, "stop it and start it again: it is of another version" if stale else ""
        )
    if not path.exists():
        return Finding("bridge", "does not run (obbligato serve starts it)")
    said = read_announcement()
    state = (
        f"{path} says {said.url}, but no bridge answers there" if said else f"{path} says nothing sensible"
    )
    return Finding("bridge", state, f"start it with obbligato serve, or delete {path}")


def look_at_autostart() -> Finding:
    """Whether the bridge starts at login."""
    from bridge.autostart import plan_for, state, this_launch

    plan = plan_for(this_launch())
    found = state(plan)
    if found == "half":
        return Finding(
            "bridge at login", f"{plan.path}: half installed", "obbligato serve --install, or --uninstall"
        )
    return Finding("bridge at login", f"starts ({plan.path})" if found == "installed" else "does not start")
