"""``obbligato continue``."""

from __future__ import annotations

from typing import Any

import click

from bridge.cli.writing import LIKE, LISTEN, run, writing_options

EXAMPLES = """\b
Examples:
  obbligato continue sketch.musicxml -n 8
  obbligato continue quartet.mxl -n 16 --takes 3 --seed 7
  obbligato continue sketch.musicxml -n 8 --like 1-4

Exit status: 0 all written, 1 some input failed (the others are written), 2 wrong usage.
"""


@click.command("continue", epilog=EXAMPLES, short_help="Append measures in every part.")
@writing_options(
    click.option("-n", "--count", metavar="N", type=int, required=True, help="How many measures to append."),
    LISTEN,
    LIKE,
)
def continue_(**options: Any) -> None:
    """Append measures to every part of each INPUT, in the manner of what stands before.

    The final bar line moves to the new end; a repeat stays where it is. Where the last measure is short because
    the piece begins with a pickup, the beats that it lacks come first.
    """
    run("continue", **options)
