"""Write docs/api.md: the HTTP API, from its own specification, the commands' options and the errors.

    python docs/api.py

A test holds the page to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import click

from bridge import errors
from bridge.cli import main
from bridge.http.answers import PROBLEM
from bridge.http.app import create_app
from bridge.http.guard import Guard
from bridge.jobs.desk import Desk, Limits
from bridge.options import TASKS
from bridge.takes import History

ROOT = Path(__file__).parent.parent
EXAMPLES = Path(__file__).parent / "api-examples"
PAGE = Path(__file__).parent / "api.md"

_HEAD = """# HTTP API

`obbligato serve` answers on 127.0.0.1, by default on port 8917, to programs of the same machine. It writes its
address and a token into `bridge.json` in the config folder (`obbligato doctor` shows it,
[bridge.md](bridge.md#where-things-are-kept) lists it for each system); every request but
`GET /health` carries the token as `Authorization: Bearer TOKEN`. Web pages are refused, whatever they send.

The specification (OpenAPI 3.1) is at `GET /api/v1/openapi.json`; this page is made from it by `docs/api.py`.
"""
_EVENTS = """
## Events of a job

`GET /api/v1/jobs/ID/events` gives server-sent events, each with a number as its `id` and JSON as its `data`:

| event | data |
|---|---|
| `state` | `state`, and `problem` when it is `failed` |
| `measure` | `take` (by seed), `measure` (index from 0), `number` (as printed), `done` and `total` (over all takes) |
| `take` | a finished take, as in the job's `takes`; they come when all are written, the best first |
"""
_ERROR = re.compile(r"(\w+Error)\s+(\d{3})\s+(.+)")


def specification() -> dict[str, Any]:
    """That of an application that nobody asks anything."""
    app = create_app(cast(Desk, None), cast(History, None), Guard.of("", 0))
    return cast(dict[str, Any], app.api_doc)  # type: ignore[attr-defined]


def page() -> str:
    """The whole page."""
    spec = specification()
    schemas = spec["components"]["schemas"]
    lines = [
        _HEAD,
        *examples(),
        "\n## Requests",
        *(line for path, methods in spec["paths"].items() for line in requests(path, methods)),
        _EVENTS,
        limits(),
        "## Options",
        '\nAs JSON under `options`: those of the command line, as in `{"top_p": 0.9}`: without the dashes before\n'
        "them, and with underscores for those inside. No note breaks a limit.\n",
        *options(),
        "\n## Members",
        *(
            line
            for name, schema in schemas.items()
            if not name.endswith("Options")
            for line in members(name, schema)
        ),
        "\n## Errors",
        "\nAn error is `application/problem+json` with `type`, `title`, `status`, `detail` (one line that names",
        "the place) and `hint` (what to do). `type` is `urn:obbligato:` and one of these codes:\n",
        *problems(),
    ]
    return "\n".join(lines) + "\n"


def limits() -> str:
    """How many jobs there may be, and for how long."""
    most = Limits()
    return f"""## How many jobs

Up to {most.together} jobs are written at the same time and {most.waiting} may wait, \
with {most.memory >> 20} MB of scores in all;
one more is answered with 503, and `Retry-After` says when it may be worth another try. A job that is not written in
{most.seconds / 60:g} minutes fails. Jobs that have ended are remembered for {most.kept / 60:g} minutes, \
{most.remembered:,} at most.
"""


def examples() -> Iterator[str]:
    for name, language in (("job.sh", "sh"), ("job.py", "python")):
        yield f"```{language}\n{(EXAMPLES / name).read_text(encoding='utf-8')}```\n"


def requests(path: str, methods: Mapping[str, Any]) -> Iterator[str]:
    for method, operation in methods.items():
        yield f"\n### `{method.upper()} {path}`\n"
        yield f"{operation['summary']}{_text(operation.get('description', ''))}\n"
        for parameter in operation.get("parameters", ()):
            name, place, kind = parameter["name"], parameter["in"], _type(parameter["schema"])
            yield f"- `{name}` ({place}): {kind}. {parameter.get('description', '')}".rstrip()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"- body, `{kind}`: {_type(content['schema'])}"
        yield from answers(operation["responses"])


def answers(responses: Mapping[str, Any]) -> Iterator[str]:
    """One line each, and one for all problems."""
    wrong = [status for status, answer in responses.items() if PROBLEM in answer.get("content", {})]
    for status, answer in responses.items():
        if status not in wrong:
            kinds = ", ".join(
                f"`{kind}`{_of(content)}" for kind, content in answer.get("content", {}).items()
            )
            yield f"- {status} {answer['description']}" + (f": {kinds}" if kinds else "")
    yield f"- {', '.join(sorted(wrong))}: `{PROBLEM}` [Problem](#problem)"


def _of(content: Mapping[str, Any]) -> str:
    schema = content.get("schema", {})
    return f" {_type(schema)}" if "$ref" in schema else ""


def _text(description: str) -> str:
    text = description.replace("<br/>", "\n").strip()
    return f"\n\n{text}" if text else ""


def options() -> Iterator[str]:
    """A table per task, with the help of the command line."""
    for task, model in TASKS.items():
        command = main.commands[task]
        helps = {p.name: p.help for p in command.params if isinstance(p, click.Option) and p.help}
        yield f"\n### {task}\n\n| option | type | default | |\n|---|---|---|---|"
        schema = model.model_json_schema()
        for name, value in schema["properties"].items():
            default = "required" if name in schema.get("required", ()) else f"`{_json(value.get('default'))}`"
            yield f"| `{name}` | {_type(value)} | {default} | {_cell(helps[name])} |"


def members(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n### {name}\n\n{_cell(schema.get('description', ''))}\n"
    yield "| member | type | |\n|---|---|---|"
    for member, value in schema.get("properties", {}).items():
        yield f"| `{member}` | {_type(value)} | {_cell(value.get('description', ''))} |"


def problems() -> Iterator[str]:
    """The tree in the docstring of ``bridge.errors``, and what HTTP itself may refuse."""
    yield "| code | status | |\n|---|---|---|"
    for name, status, text in _ERROR.findall(errors.__doc__ or ""):
        yield f"| `{getattr(errors, name).code}` | {status} | {text} |"
    yield "| `no-such-method` | 405 | the address knows other methods |"
    yield "| `unsupported-type` | 415 | neither JSON nor a form |"
    yield "| `bad-http` | 400, 413, 431, 501 | no HTTP request, or larger than 32 MB |"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "const" in schema:
        return f"`{_json(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = str(schema.get("type", "anything"))
    if "prefixItems" in schema:
        return f"array of {len(schema['prefixItems'])}"
    return f"array of {_type(schema['items'])}" if kind == "array" and schema.get("items") else kind


def _json(value: Any) -> str:
    return json.dumps(value)


def _cell(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
