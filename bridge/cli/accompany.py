"""``obbligato accompany``."""

from __future__ import annotations

from typing import Any

import click

from bridge.cli.writing import LISTEN, MEASURES, RETURNS, REWRITING, run, writing_options

EXAMPLES = """\b
Examples:
  obbligato accompany song.musicxml
  obbligato accompany song.mxl --measures 9-16 --add violin --add cello
  obbligato accompany *.musicxml --add piano --seed 7 -o out/
  obbligato accompany sonata.mxl --into Piano --measures 5-8
  obbligato accompany sonata.mxl --into Piano:2 --measures 5-8 --replace
  obbligato accompany sonata.mxl --into Piano --measures 5-8 --replace --rhythm keep
  obbligato accompany sonata.mxl --into Piano --measures 17-24 --like 1-4
  obbligato accompany song.mxl --returns alike
  obbligato accompany hymn.musicxml --add organ --low C2 --high C6 --shortest eighth
  obbligato accompany tune.mid --takes 3 --temperature 1.2 -o tune.musicxml

Exit status: 0 all written, 1 some input failed (the others are written), 2 wrong usage.
"""


@click.command(epilog=EXAMPLES, short_help="Write new parts under a score, or into existing ones.")
@writing_options(
    MEASURES,
    LISTEN,
    click.option(
        "--add",
        metavar="INSTRUMENT",
        multiple=True,
        help="Instrument to write for, repeatable: piano, guitar, organ, harp, violin, viola, cello, bass, alto, "
        "tenor and more (see `obbligato engines`), or a set: string-quartet, satb, band. Default: piano.",
    ),
    click.option(
        "--into",
        metavar="PART",
        multiple=True,
        help="Existing part to write into, repeatable; PART:2 is its second staff. "
        "Measures that hold notes or cue notes there are refused.",
    ),
    click.option("--replace", is_flag=True, help="Let --into replace the notes that are there."),
    RETURNS,
    *REWRITING,
)
def accompany(**options: Any) -> None:
    """Write new parts under each INPUT (.musicxml, .xml, .mxl or .mid).

    The new parts listen to the whole score. The document itself is kept as it is, with the new parts in it,
    and goes into a file of its own.
    """
    run("accompany", **options)
