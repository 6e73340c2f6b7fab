"""``obbligato plugin``: the plugin put into MuseScore, looked at, taken away."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.messages import show_error

if TYPE_CHECKING:
    from bridge.plugin import Finding, Place

_BY_HAND = """\
by hand:
  MuseScore 3: Plugins > Plugin Manager, tick Obbligato, OK; then it is Plugins > Obbligato
  MuseScore 4: Home > Plugins, Obbligato, Enable; then it is Plugins > Composing/arranging tools > Obbligato"""
_ENABLING = {
    "enabled": "enabled",
    "disabled": "not enabled",
    "running": "it runs, so its list of plugins was left alone: close it and do this again",
    "unclear": "its list of plugins was left as it is: enable it by hand",
    "unknown": "it was never started here: enable it by hand",
}

_NONE = "no MuseScore 3 or 4 was found here"
_STATES = {
    "absent": "not installed",
    "current": "installed",
    "changed": "installed, but its files are not those of this version",
    "other version": "installed, of another version",
    "foreign": "something else goes by this name; it is left alone",
}

EXAMPLES = """\b
Examples:
  obbligato plugin install
  obbligato plugin install --folder ~/MuseScore/Plugins
  obbligato plugin status
"""
_FOLDER = click.option(
    "--folder",
    metavar="PATH",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for plugins, as in MuseScore's preferences; default: those of every MuseScore here.",
)
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print it for machines.")


@click.group(epilog=EXAMPLES, short_help="Put the plugin into MuseScore 3 and 4.")
def plugin() -> None:
    """Put the plugin into MuseScore 3 and 4, so that measures are written where they are selected."""


@plugin.command(short_help="Install the plugin, or bring it up to date.")
@_FOLDER
@_AS_JSON
@click.pass_context
def install(ctx: click.Context, folder: Path | None, as_json: bool) -> None:
    """Install the plugin for every MuseScore of this user, or bring it up to date.

    Where MuseScore does not run, it is enabled too.
    """
    from bridge.errors import RequestError
    from bridge.plugin import install as put
    from bridge.plugin import places, this_contents
    from bridge.version import version

    found = places(folder)
    if not found:
        raise RequestError(_NONE, "Start MuseScore once, or name its folder for plugins with --folder PATH.")
    wanted = this_contents()
    findings, failed = _each(found, lambda place: put(place, wanted))
    if as_json:
        click.echo(json.dumps([as_data(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(f"installed {finding.version}: {finding.folder}")
            _tell_enabled(finding)
        click.echo(_BY_HAND)
        click.echo("a MuseScore that runs finds it after a restart")
    if version() == "unknown":
        click.echo(
            "hint: Install Obbligato itself (pip install FOLDER), or the plugin cannot start it.", err=True
        )
    ctx.exit(1 if failed else 0)


@plugin.command(short_help="Remove the plugin.")
@_FOLDER
@_AS_JSON
@click.pass_context
def uninstall(ctx: click.Context, folder: Path | None, as_json: bool) -> None:
    """Remove from MuseScore what was installed, and nothing else."""
    from bridge.plugin import places, this_contents
    from bridge.plugin import uninstall as take_away

    wanted = this_contents()
    findings, failed = _each(places(folder), lambda place: take_away(place, wanted))
    if as_json:
        click.echo(json.dumps([as_data(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(f"removed: {finding.folder}")
            _tell_enabled(finding, disabled="taken off its list of plugins")
        if not findings and not failed:
            click.echo("it was not installed")
    ctx.exit(1 if failed else 0)


@plugin.command(short_help="Where it is installed, and whether the bridge runs.")
@_FOLDER
@_AS_JSON
def status(folder: Path | None, as_json: bool) -> None:
    """Tell where the plugin is installed, whether it is enabled there, and whether the bridge runs."""
    from bridge.http.announcement import running_bridge
    from bridge.plugin import look, places, this_contents

    wanted = this_contents()
    findings = [look(place, wanted) for place in places(folder)]
    bridge = running_bridge()
    if as_json:
        about = {"url": bridge.url, "pid": bridge.pid, "version": bridge.version} if bridge else None
        click.echo(json.dumps({"plugins": [as_data(finding) for finding in findings], "bridge": about}))
        return
    for finding in findings:
        of_version = f" ({finding.version})" if finding.version else ""
        click.echo(f"{finding.folder}: {_STATES[finding.state]}{of_version}")
        if finding.version:
            _tell_enabled(finding)
    if not findings:
        click.echo(_NONE)
    click.echo(
        f"bridge: runs at {bridge.url}, version {bridge.version}"
        if bridge
        else "bridge: does not run (obbligato serve starts it)"
    )


def _each(found: Sequence[Place], act: Callable[[Place], Finding | None]) -> tuple[list[Finding], bool]:
    """What came of each place where anything was to do; whether any failed, which is shown."""
    from bridge.errors import ObbligatoError

    findings, failed = [], False
    for place in found:
        try:
            if finding := act(place):
                findings.append(finding)
        except ObbligatoError as error:
            show_error(error)
            failed = True
    return findings, failed


def _tell_enabled(finding: Finding, **words: str) -> None:
    for name, enabled in finding.enabled.items():
        click.echo(f"  {name}: {words.get(enabled, _ENABLING[enabled])}")


def as_data(finding: Finding) -> dict[str, Any]:
    """A finding for machines."""
    return {
        "folder": str(finding.folder),
        "musescore": finding.musescore or None,
        "state": finding.state,
        "version": finding.version or None,
        "enabled": finding.enabled,
    }
