"""A bar on standard error; nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int, str], None]  # done, total, remark


@contextmanager
def progress_bar(title: str) -> Iterator[Advance]:
    """A function to call with every step that is done; the bar goes away at the end, finished or not."""
    if not sys.stderr.isatty():
        yield lambda done, total, remark: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    texts = TextColumn("{task.description}"), TextColumn("{task.fields[remark]}")
    columns = (texts[0], BarColumn(), MofNCompleteColumn(), texts[1], TimeRemainingColumn())
    # Lines for a terminal go above the bar; standard output that goes elsewhere must go on going there.
    console, above = Console(stderr=True), sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, redirect_stdout=above) as bar:
        task = bar.add_task(escape(title), total=None, remark="")
        yield lambda done, total, remark: bar.update(task, completed=done, total=total, remark=escape(remark))
