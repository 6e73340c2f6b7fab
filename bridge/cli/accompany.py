"""``obbligato accompany``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

EXAMPLES = """\b
Examples:
  obbligato accompany song.musicxml
  obbligato accompany song.mxl --measures 9-16 --add violin --add cello
  obbligato accompany *.musicxml --add piano --seed 7 -o out/
  obbligato accompany hymn.musicxml --add organ --low C2 --high C6 --shortest eighth
  obbligato accompany tune.mid --takes 3 --temperature 1.2 -o tune.musicxml

Exit status: 0 all written, 1 some input failed (the others are written), 2 wrong usage.
"""


@click.command(epilog=EXAMPLES, short_help="Write new parts under a score.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="File to write, or folder (ending in /, or when there are several inputs). "
    "Its suffix picks the format: .musicxml, .xml, .mxl or .mid. "
    "Default: beside the input, as NAME.obbligato.EXT.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there already.")
@click.option("--measures", metavar="9-16", help="Measures to write, by their printed numbers. Default: all.")
@click.option(
    "--part", metavar="NAME", multiple=True, help="Part to listen to most: id, name or number from 1."
)
@click.option(
    "--add",
    metavar="INSTRUMENT",
    multiple=True,
    help="Instrument to write for, repeatable: piano, guitar, organ, harp, violin, viola, cello, bass, alto, "
    "tenor and more (see `obbligato engines`), or a set: string-quartet, satb, band. Default: piano.",
)
@click.option("--engine", metavar="NAME", help="Which engine writes. Default: transformer.")
@click.option("--style", metavar="NAME", help="Style to write in; `obbligato engines` lists them.")
@click.option("--composer", metavar="NAME", help="Composer to write like; `obbligato engines` lists them.")
@click.option("--density", metavar="N", type=float, help="At most N onsets per quarter note in each part.")
@click.option("--polyphony", metavar="N", type=int, help="At most N notes at once in each part.")
@click.option("--low", metavar="PITCH", help="Lowest sounding note: C3 or a MIDI key number (C4 is 60).")
@click.option("--high", metavar="PITCH", help="Highest sounding note.")
@click.option("--shortest", metavar="VALUE", help="Shortest note value: quarter, eighth, 16th, 1/16, ...")
@click.option(
    "--chords",
    type=click.Choice(["follow", "ignore"]),
    help="What to do with the score's chord symbols. Default: follow.",
)
@click.option(
    "--temperature", metavar="T", type=float, help="Above 0: low is cautious, high is bold. Default: 0.9."
)
@click.option(
    "--top-p",
    metavar="P",
    type=float,
    help="Draw from the likeliest notes that make up P of 1. Default: 0.95.",
)
@click.option(
    "--seed",
    metavar="N",
    type=int,
    help="The same seed gives the same notes. Default: a random one, reported.",
)
@click.option(
    "--takes", metavar="N", type=int, help="Write N answers, with seeds from --seed upwards. Default: 1."
)
@click.option("--json", "as_json", is_flag=True, help="Print a report for machines on standard output.")
def accompany(
    inputs: tuple[Path, ...],
    output: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Write new parts under each INPUT (.musicxml, .xml, .mxl or .mid).

    The new parts listen to the whole score. The document itself is kept as it is, with the new parts in it,
    and goes into a file of its own.
    """
    start = time.perf_counter()
    from bridge.cli.batch import Batch

    given = {name: value for name, value in options.items() if value not in (None, ())}
    batch = Batch.prepare(inputs, output, force, as_json, given)
    batch.timings.add("import", time.perf_counter() - start)
    if not batch.run():
        sys.exit(1)
