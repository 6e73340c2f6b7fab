"""``obbligato harmonize``."""

from __future__ import annotations

from typing import Any

import click

from bridge.cli.writing import MEASURES, RETURNS, run, writing_options

EXAMPLES = """\b
Examples:
  obbligato harmonize hymn.musicxml
  obbligato harmonize hymn.musicxml --staves 2 --seed 7
  obbligato harmonize song.mxl --part Soprano --add alto --measures 1-8

Exit status: 0 all written, 1 some input failed (the others are written), 2 wrong usage.
"""


@click.command(epilog=EXAMPLES, short_help="Write the other voices of a choir for a given one.")
@writing_options(
    MEASURES,
    click.option(
        "--part",
        metavar="NAME",
        multiple=True,
        help="The given voice: id, name or number from 1. Default: the first part with notes.",
    ),
    click.option(
        "--add",
        metavar="VOICE",
        multiple=True,
        help="Voice to write, repeatable: soprano, alto, tenor, bass. "
        "Default: those that the given one lacks, a soprano unless its name or instrument says otherwise.",
    ),
    click.option(
        "--staves",
        metavar="N",
        type=int,
        help="A staff for each voice (4, the default), or two voices on a staff (2).",
    ),
    RETURNS,
)
def harmonize(**options: Any) -> None:
    """Write voices of a choir for a given one in each INPUT.

    Each stands above or below it as in a choir. On two staves soprano and alto share one, and tenor and bass the other.
    """
    run("harmonize", **options)
