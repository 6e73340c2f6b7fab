"""``obbligato takes``: the history, from which every take can be had again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bridge.takes import History, TakeRecord

_HEADS = ("ID", "WHEN", "TASK", "MEASURES", "PARTS", "SEED", "TITLE")
_WIDEST = 32  # columns that one column takes at most
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print it for machines.")

EXAMPLES = """\b
Examples:
  obbligato takes list
  obbligato takes show k3m9
  obbligato takes export k3m9 -o song.mxl
"""


@click.group(epilog=EXAMPLES, short_help="List takes of the past, and get them back.")
def takes() -> None:
    """List the takes that the bridge has written, and get them back.

    The history keeps every take with its request until the file is too large; then the oldest leave it.
    ID is the id of a take, or a beginning of it that no other has.
    """


@takes.command(name="list", short_help="The newest takes.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 10**9),
    default=20,
    show_default=True,
    help="How many to show.",
)
@_AS_JSON
def list_(limit: int, as_json: bool) -> None:
    """List the newest takes, the newest first."""
    with _history() as history:
        found = history.newest(limit)
    if as_json:
        click.echo(json.dumps([asdict(record) for record in found], ensure_ascii=False))
        return
    click.echo("\n".join(table(found)) if found else "there are no takes yet")


@takes.command(short_help="All about one take.")
@click.argument("id", metavar="ID")
@_AS_JSON
def show(id: str, as_json: bool) -> None:
    """Show when a take was written, what was asked for, and the command that gives it again."""
    with _history() as history:
        record = history.get(id)
    again = command(record)
    if as_json:
        click.echo(json.dumps(asdict(record) | {"command": again}, ensure_ascii=False))
        return
    facts = {
        "title": _plain(record.title),
        "written": f"{_local(record.created)} by {record.engine}, Obbligato {record.version}",
        "task": record.task,
        "measures": record.measures,
        "parts": _plain(", ".join(record.parts)),
        "seed": str(record.seed),
        "document": f"{record.suffix}, {max(1, round(record.size / 1000)):,} kB",
        "again": again,
        "export": f"obbligato takes export {record.id} -o PATH",
    }
    click.echo(f"take {record.id}")
    click.echo("\n".join(f"  {name + ':':10}{fact}" for name, fact in facts.items() if fact))


@takes.command(short_help="Write a take into a file.")
@click.argument("id", metavar="ID")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="File to write, or folder (ending in /). Its suffix picks the format: .musicxml, .xml, .mxl or .mid. "
    "Default: here, as ID.obbligato.EXT.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there already.")
def export(id: str, output: str | None, force: bool) -> None:
    """Write the score of a take, as it was written then, into a file."""
    from bridge.cli.messages import usage_error
    from bridge.errors import RequestError
    from bridge.output import output_paths, write_whole

    with _history() as history:
        record = history.get(id)
        data = history.document(record.id)
    try:
        (path,) = output_paths(Path(record.id + record.suffix), output, 1)
    except RequestError as error:
        raise usage_error(error) from None
    write_whole(path, converted(data, path.suffix.lower()), force)
    click.echo(f"wrote {path}")


def table(records: Sequence[TakeRecord]) -> Iterator[str]:
    """A line of heads and one for each take, in columns."""
    from rich.cells import cell_len, set_cell_size  # which know how wide a character is shown

    rows = [_HEADS, *map(_row, records)]
    widths = [min(_WIDEST, max(map(cell_len, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            set_cell_size(cell if cell_len(cell) <= width else set_cell_size(cell, width - 1) + "…", width)
            for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def command(record: TakeRecord) -> str:
    """What gives the take again when SCORE is the score that it was written for; of another version, what did."""
    from bridge.options import TASKS, WritingOptions

    known = TASKS.get(record.task, WritingOptions).model_fields
    defaults = {name: field.get_default() for name, field in known.items()}
    words = ["obbligato", record.task, "SCORE"]
    for name, value in (record.options | {"seed": record.seed, "takes": 1}).items():
        given = tuple(value) if isinstance(value, list) else value
        if given is not False and given not in (None, "", (), defaults.get(name)):
            words += _option(name, given)
    return shlex.join(words)


def _option(name: str, value: Any) -> list[str]:
    """An option as it is typed, once for each of several values."""
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        return [flag]
    return [word for one in (value if isinstance(value, tuple) else (value,)) for word in (flag, str(one))]


def converted(data: bytes, suffix: str) -> bytes:
    """A recorded document as a file of that format; as it is where it has this format already."""
    from bridge.documents.document import open_bytes
    from bridge.documents.midi_writer import write_midi
    from bridge.output import MIDI_SUFFIXES, packed

    document = open_bytes(data, "the recorded take")
    if suffix in MIDI_SUFFIXES:
        return write_midi(document.score)
    if suffix == ".mxl":
        return data if document.source.container else packed(data)
    return document.source.data


def _history() -> History:
    from bridge.takes import History, history_path

    return History(history_path())


def _row(record: TakeRecord) -> tuple[str, ...]:
    parts, title = _plain(", ".join(record.parts)), _plain(record.title)
    return record.id, _local(record.created), record.task, record.measures, parts, str(record.seed), title


def _local(created: str) -> str:
    return f"{datetime.fromisoformat(created).astimezone():%Y-%m-%d %H:%M}"


def _plain(text: str) -> str:
    """Text from a score, without what would make a terminal do something."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
