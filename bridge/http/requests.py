"""The body of ``POST /api/v1/jobs``: JSON, or a form with the score as a file."""

from __future__ import annotations

import json
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from flask import Request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from bridge.errors import RequestError
from bridge.http.models import FormRequest, JobRequest, PassageOf
from bridge.options import TASKS, WritingOptions

_NAME = "the score"
_HINT = "GET /api/v1/openapi.json says what a request holds."
_LONGEST_NAME = 80


def read_request(request: Request) -> tuple[WritingOptions, bytes, str]:
    """The options, the score and what messages call it. Raises ``RequestError`` and ``InputError``."""
    if request.mimetype == "application/json":
        body = _validated(JobRequest, request.get_data(cache=False))
        return options_of(body.task, body.passage, body.options), body.data, _NAME
    if request.mimetype == "multipart/form-data":
        return _from_form(request)
    raise UnsupportedMediaType


def options_of(task: str, passage: PassageOf, options: dict[str, Any]) -> WritingOptions:
    """The passage and the options as those of the command. Raises ``RequestError``, also for what both name."""
    named: dict[str, Any] = {}
    if passage.measures:
        named["measures"] = passage.measures
    if passage.parts:
        named["part"] = tuple(map(str, passage.parts))
    twice = sorted(named.keys() & options.keys())
    if twice:
        raise RequestError(f"{' and '.join(twice)} stand in passage and in options", "Give them once.")
    try:
        return TASKS[task].parse({**options, **named})
    except RequestError as error:
        raise RequestError(error.message, error.hint or _HINT) from None


def _from_form(request: Request) -> tuple[WritingOptions, bytes, str]:
    files = list(request.files.items(multi=True))
    if len(files) != 1:
        raise RequestError(f"{len(files)} files were sent", "Send one score as a file.")
    fields = {name: _parsed(name, text) for name, text in request.form.items()}
    try:
        body = FormRequest.model_validate(fields)
    except ValidationError as error:
        raise request_error(error) from None
    file = files[0][1]
    return (
        options_of(body.task, body.passage, body.options),
        file.stream.read(),
        display_name(file.filename or ""),
    )


def _parsed(name: str, text: str) -> Any:
    """``passage`` and ``options`` are JSON."""
    if name == "task":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError(f"{name} is not JSON", 'Send an object: {"measures": "9-16"}.') from None


def display_name(filename: str) -> str:
    """A name for messages; nothing is ever opened by it."""
    plain = PureWindowsPath(PurePosixPath(filename).name).name
    printable = "".join(c for c in plain if c.isprintable())
    return printable[:_LONGEST_NAME] or _NAME


def request_error(error: ValidationError) -> RequestError:
    """What pydantic found, as sentences."""
    items = [
        (".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, "))
        for item in error.errors()[:3]
    ]
    said = "; ".join(f"{place}: {message}" if place else message for place, message in items)
    return RequestError(said, _HINT)


def _validated(model: type[JobRequest], data: bytes) -> JobRequest:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise request_error(error) from None
