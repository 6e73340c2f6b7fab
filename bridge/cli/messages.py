"""Errors as people and machines read them."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import click

from bridge.errors import RequestError
from bridge.problems import told


def explain(error: Exception) -> dict[str, str]:
    """Code, one-line message and hint of any exception, whether raised on purpose or not."""
    error = told(error)
    return {"code": error.code, "message": error.message, "hint": error.hint}


def show_error(error: Exception, file: Path | None = None) -> None:
    """``error: FILE: message`` and ``hint: ...`` on standard error; OBBLIGATO_DEBUG=1 adds the traceback."""
    said = explain(error)
    message = said["message"]
    if file is not None:
        message = f"{file}: {message.removeprefix(f'{file}: ')}"
    click.echo(f"error: {message}", err=True)
    if said["hint"]:
        click.echo(f"hint: {said['hint']}", err=True)
    if os.environ.get("OBBLIGATO_DEBUG") == "1":
        click.echo("".join(traceback.format_exception(error)), err=True)


def usage_error(error: RequestError) -> click.UsageError:
    """Wrong whatever the files hold: exit status 2. Options have the names of the command's."""
    names = {
        option.name: option.opts[0]
        for option in click.get_current_context().command.params
        if isinstance(option, click.Option)
    }
    sentences = (sentence.partition(" ") for sentence in error.message.split("; "))
    message = "; ".join(f"{names.get(word, word)}{space}{rest}" for word, space, rest in sentences)
    return click.UsageError(f"{message}\nhint: {error.hint}" if error.hint else message)
