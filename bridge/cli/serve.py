"""``obbligato serve``: the bridge, now or at every login."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from bridge.http.settings import DEFAULT_PORT

if TYPE_CHECKING:
    from bridge.autostart import Undone
    from bridge.http.announcement import Announcement

_PATIENCE = 15.0  # seconds for a bridge that the system starts


@click.command(short_help="Run the bridge that the MuseScore plugin talks to.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port of this machine; 0 takes any free one.",
)
@click.option("--no-history", is_flag=True, help="Do not keep the takes.")
@click.option("--install", is_flag=True, help="Start it now and at every login, with these options.")
@click.option("--uninstall", is_flag=True, help="Stop it, and start it no more at login.")
@click.pass_context
def serve(ctx: click.Context, port: int, no_history: bool, install: bool, uninstall: bool) -> None:
    """Run the bridge that the MuseScore plugin and other programs of this machine talk to.

    It answers at 127.0.0.1 only, to those who hold its token, until Ctrl-C.
    """
    if install and uninstall:
        raise click.UsageError("--install and --uninstall exclude each other")
    if uninstall:
        remove()
    elif install:
        options = (f"--port={port}",) * (port != DEFAULT_PORT) + ("--no-history",) * no_history
        ctx.exit(0 if add(options) else 1)
    else:
        run(port, not no_history)


def run(port: int, history: bool) -> None:
    """Run it here until it is told to stop."""
    from bridge.http.logs import configure_logging
    from bridge.http.server import serve
    from bridge.http.settings import Settings

    configure_logging()
    serve(Settings(port, history), tell_start)
    click.echo(
        "\rstopped" if sys.stdout and sys.stdout.isatty() else "stopped"
    )  # over the ^C of the terminal


def tell_start(url: str) -> None:
    """Where it is, where its token is, and how it ends."""
    from bridge.http.announcement import announcement_path
    from bridge.http.logs import log_path

    click.echo(f"Obbligato answers at {url}, to programs of this machine only")
    click.echo(f"token: in {announcement_path()}, where the plugin finds it")
    click.echo(f"log: {log_path()}")
    click.echo("stop: Ctrl-C")


def add(options: tuple[str, ...]) -> bool:
    """Install it with these options; whether the system took it."""
    from bridge.autostart import install, plan_for, this_launch
    from bridge.http.announcement import running_bridge

    _require_installed()
    plan = plan_for(this_launch(options))
    before = running_bridge()
    undone = install(plan)
    click.echo(f"starts at login: {plan.path}")
    if undone:
        _tell_undone(undone, plan.typed(plan.start))
    else:
        _tell_running(before)
    return undone is None


def _require_installed() -> None:
    """What runs from a folder of source files is not found at login."""
    from bridge.errors import RequestError
    from bridge.version import version

    if version() == "unknown":
        raise RequestError(
            "Obbligato itself is not installed here", f"{sys.executable} -m pip install FOLDER"
        )


def _tell_undone(undone: Undone, command: str) -> None:
    click.echo(f"error: it could not be set going: {undone.reason}", err=True)
    click.echo(f"hint: Run this yourself in your own session: {' && '.join(undone.commands)}", err=True)
    click.echo(f"hint: Or have your session start this at login: {command}", err=True)


def _tell_running(before: Announcement | None) -> None:
    from bridge.http.logs import log_path

    now = _awaited()
    if now is None:
        click.echo(f"it does not answer yet; {log_path()} and `obbligato doctor` tell more")
    elif now == before:
        click.echo(
            f"the bridge that runs already goes on ({now.url}, process {now.pid}); stop it to start this one"
        )
    else:
        click.echo(f"runs: {now.url}")


def _awaited() -> Announcement | None:
    """The bridge, as soon as it answers."""
    from bridge.http.announcement import running_bridge

    until = time.monotonic() + _PATIENCE
    while (found := running_bridge()) is None and time.monotonic() < until:
        time.sleep(0.2)
    return found


def remove() -> None:
    """Uninstall it, also when only half of it is there."""
    from bridge.autostart import plan_for, this_launch, uninstall
    from bridge.http.announcement import running_bridge

    plan = plan_for(this_launch())
    found = uninstall(plan)
    click.echo(f"starts no more at login: removed {plan.path}" if found else "it was not installed")
    if bridge := running_bridge():
        click.echo(f"a bridge still runs: {bridge.url}; to stop it, end process {bridge.pid}")
