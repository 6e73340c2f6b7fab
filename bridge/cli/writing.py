"""What the writing commands share: their options, and the way from them to files."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from engine.device import DEVICES

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


_INPUTS = click.argument(
    "inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
_FILES: tuple[Option, ...] = (
    _INPUTS,
    click.option(
        "-o",
        "--output",
        metavar="PATH",
        help="File to write, or folder (ending in /, or when there are several inputs or a folder of them). "
        "Its suffix picks the format: .musicxml, .xml, .mxl or .mid. "
        "Default: beside the input, as NAME.obbligato.EXT.",
    ),
    click.option(
        "--force",
        is_flag=True,
        help="Overwrite files that are there already, and begin anew what was interrupted.",
    ),
)
_MUSIC: tuple[Option, ...] = (
    click.option("--engine", metavar="NAME", help="Which engine writes. Default: transformer."),
    click.option("--style", metavar="NAME", help="Style to write in; `obbligato engines` lists them."),
    click.option(
        "--composer", metavar="NAME", help="Composer to write like; `obbligato engines` lists them."
    ),
    click.option(
        "--density",
        metavar="N",
        type=float,
        help="At most N onsets per quarter note in each part, counted measure by measure.",
    ),
    click.option("--polyphony", metavar="N", type=int, help="At most N notes at once in each part."),
    click.option("--low", metavar="PITCH", help="Lowest sounding note: C3 or a MIDI key number (C4 is 60)."),
    click.option("--high", metavar="PITCH", help="Highest sounding note."),
    click.option("--shortest", metavar="VALUE", help="Shortest note value: quarter, eighth, 16th, 1/16, ..."),
    click.option(
        "--chords",
        type=click.Choice(["follow", "suggest", "ignore"]),
        help="Follow the score's chord symbols, also write them where they are missing, or ignore them. "
        "Default: follow.",
    ),
    click.option(
        "--temperature",
        metavar="T",
        type=float,
        help="Above 0: low is cautious, high is bold. Default: 1.0, in harmonize 0.9.",
    ),
    click.option(
        "--top-p",
        metavar="P",
        type=float,
        help="Draw pitches from the likeliest that make up P of 1, rhythms from more. Default: 0.95.",
    ),
    click.option(
        "--seed",
        metavar="N",
        type=int,
        help="The same seed gives the same notes. Default: a random one, reported.",
    ),
    click.option(
        "--takes",
        metavar="N",
        type=int,
        help="Write N answers, the best first, with seeds from --seed upwards. Default: 1.",
    ),
    click.option(
        "--workers",
        metavar="N",
        type=click.IntRange(min=1),
        help="Processes that write at the same time. Default: one for each core when there are several inputs.",
    ),
    click.option(
        "--device",
        type=click.Choice(DEVICES),
        help="Where the Transformer computes: on the processor, or on a GPU, many takes at once. The same seed gives "
        "the same notes on a processor only. Default: cpu, or what OBBLIGATO_DEVICE says.",
    ),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Write on a Ray cluster instead: ray://HOST:PORT, auto or local. Needs obbligato[cluster].",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print a report for machines on standard output."),
)
LISTEN = click.option(
    "--part", metavar="NAME", multiple=True, help="Part to listen to most: id, name or number from 1."
)
MEASURES = click.option(
    "--measures", metavar="9-16", help="Measures to write, by their printed numbers. Default: all."
)
LIKE = click.option(
    "--like",
    metavar="1-4",
    help="Write in the manner of these measures of the same part: its figures, how dense, full and high it is. "
    "The first eight of them count.",
)
RETURNS = click.option(
    "--returns",
    type=click.Choice(["free", "alike"]),
    help="alike: where the given parts have what they had before, in four measures or more, with the same chord "
    "symbols, what was written there is written again. free: mostly so from two measures on, as composers do, but "
    "only what is written now. Default: free.",
)
REWRITING: tuple[Option, ...] = (
    click.option(
        "--rhythm",
        type=click.Choice(["new", "keep"]),
        help="keep: every note stays where it is and as long as it is, in its voice and on its staff, and gets a "
        "new pitch. Default: new.",
    ),
    click.option(
        "--vary",
        metavar="0..1",
        type=float,
        help="Write only that share of the passage anew, in stretches from beat to beat that no note reaches over, "
        "and keep every other note. With --rhythm keep only their pitches change. Measures that break a limit are "
        "always written anew. Default: write all.",
    ),
    LIKE,
)


def writing_options(*own: Option) -> Option:
    """All options of a writing command: files first, then its ``own``, then what is common to all."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed((*_FILES, *own, *_MUSIC)):
            command = option(command)
        return command

    return decorate


def run(task: str, **options: Any) -> None:
    """Do the task for every input; ends the process with status 1 when one of them failed."""
    start = time.perf_counter()
    from bridge.cli.batch import Batch
    from bridge.options import TASKS

    batch = Batch.prepare(TASKS[task], **options)
    batch.timings.add("import", time.perf_counter() - start)
    if not batch.run():
        sys.exit(1)
