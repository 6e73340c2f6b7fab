"""The command ``obbligato``: a thin skin over the service.

Nothing heavy is imported at the top of these modules (torch, music21, lxml, numpy, pydantic, rich): help
must answer at once, so each command imports what it uses when it runs.
"""

from __future__ import annotations

import errno
import io
import sys
from typing import Any

import click

from bridge.cli import (
    accompany,
    check,
    continue_,
    doctor,
    engines,
    evaluate,
    fill,
    harmonize,
    plugin,
    serve,
    takes,
    train,
)
from bridge.cli.messages import show_error
from bridge.errors import INTERRUPTED
from bridge.version import version


class Commands(click.Group):
    """A group whose commands never end in a traceback, unless OBBLIGATO_DEBUG=1 asks for it."""

    def invoke(self, ctx: click.Context) -> Any:
        if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
            # Names of files need not be text; standard error escapes them already.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            click.echo("\ninterrupted: no file was left half-written", err=True)
            ctx.exit(INTERRUPTED)
        except Exception as error:
            # A closed pipe (`obbligato engines | head`) is for click to handle.
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            show_error(error)
            ctx.exit(1)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"obbligato {version()}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def main() -> None:
    """Write accompaniments into scores.

    \b
    obbligato accompany song.musicxml
        writes a piano part under the song, into song.obbligato.musicxml
    obbligato fill song.musicxml --measures 9-12 --into Piano
        rewrites four measures of the piano part
    obbligato harmonize hymn.musicxml
        writes alto, tenor and bass for the first voice
    obbligato continue sketch.musicxml -n 8
        appends eight measures
    obbligato COMMAND --help
        explains a command
    """


for _command in (
    accompany.accompany,
    fill.fill,
    harmonize.harmonize,
    continue_.continue_,
    takes.takes,
    serve.serve,
    plugin.plugin,
    check.check,
    engines.engines,
    train.train,
    evaluate.evaluate,
    doctor.doctor,
):
    main.add_command(_command)
