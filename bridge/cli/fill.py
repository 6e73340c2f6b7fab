"""``obbligato fill``."""

from __future__ import annotations

from typing import Any

import click

from bridge.cli.writing import LISTEN, REWRITING, run, writing_options

EXAMPLES = """\b
Examples:
  obbligato fill song.musicxml --measures 9-12 --into Piano
  obbligato fill quartet.mxl --measures 17 --into 2 --into 3 --seed 7
  obbligato fill sonata.mxl --measures 5-8 --into Piano:2
  obbligato fill song.musicxml --measures 9-12 --into Piano --rhythm keep
  obbligato fill song.musicxml --measures 9-12 --into Piano --vary 0.3
  obbligato fill song.musicxml --measures 21-24 --into Piano --like 1-4

Exit status: 0 all written, 1 some input failed (the others are written), 2 wrong usage.
"""


@click.command(epilog=EXAMPLES, short_help="Rewrite chosen measures of existing parts.")
@writing_options(
    click.option(
        "--measures", metavar="9-16", required=True, help="Measures to rewrite, by their printed numbers."
    ),
    LISTEN,
    click.option(
        "--into",
        metavar="PART",
        multiple=True,
        help="Part to rewrite, repeatable; PART:2 is its second staff. Default: those of --part, else all.",
    ),
    *REWRITING,
)
def fill(**options: Any) -> None:
    """Write chosen measures of each INPUT anew, so that they fit what stands before and after.

    Everything but the notes of these measures and parts is kept as it is. Words go to the new notes.
    """
    run("fill", **options)
