"""Answers and bodies as the specification tells of them, where a model alone does not say it all."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter

from bridge.http.models import AnyJob, FormRequest
from bridge.results.entries import WriteList

PROBLEM = "application/problem+json"
JSON = "application/json"
MUSICXML, MXL, MIDI = (
    "application/vnd.recordare.musicxml+xml",
    "application/vnd.recordare.musicxml",
    "audio/midi",
)
TYPES = {"measures": MUSICXML, "midi": MIDI, "events": JSON}  # by format of a take
SCORE_TYPES = {".musicxml": MUSICXML, ".mxl": MXL}
_REF = "#/components/schemas/{model}"

_PROBLEM_CONTENT = {PROBLEM: {"schema": {"$ref": _REF.format(model="Problem")}}}


Answers = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]


def answers(good: int, body: type[BaseModel] | dict[str, Any] | None, *wrong: int) -> Answers:
    """The status of success with its body, and those with a problem as theirs."""
    return {good: body, **problems(*wrong)}


def problems(*statuses: int) -> Answers:
    """Those statuses with a problem as their body."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": _PROBLEM_CONTENT} for status in statuses
    }


WRONG = problems(401, 403, 422, 500)
_BYTES = {"schema": {"type": "string", "format": "binary"}}
FILES = {
    "description": "The take",
    "content": dict.fromkeys((MUSICXML, MXL, MIDI), _BYTES)
    | {JSON: {"schema": {"$ref": _REF.format(model="WriteList")}}},
}
STORED = {"description": "The score", "content": {MUSICXML: _BYTES, MXL: _BYTES}}
SPECIFICATION = {"description": "OpenAPI 3.1", "content": {JSON: {"schema": {"type": "object"}}}}
EVENTS = {"description": "Events", "content": {"text/event-stream": {}}}


_EXAMPLE = """<score-partwise version="4.0">
<part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
<part id="P1"><measure number="1">
<attributes><divisions>1</divisions><time><beats>2</beats><beat-type>4</beat-type></time></attributes>
<note><pitch><step>G</step><octave>4</octave></pitch><duration>1</duration><type>quarter</type></note>
<note><pitch><step>E</step><octave>4</octave></pitch><duration>1</duration><type>quarter</type></note>
</measure></part></score-partwise>"""


def component_schemas() -> dict[str, Any]:
    """Schemas that the operations refer to and no model of an answer brings along."""
    events = WriteList.model_json_schema(ref_template=_REF)
    return {**job_schemas()[1], **events.pop("$defs"), "WriteList": events}


def job_schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """The body of ``POST /jobs`` as a member of an operation, and the schemas that it refers to."""
    schema: dict[str, Any] = TypeAdapter(AnyJob).json_schema(ref_template=_REF)
    schemas = schema.pop("$defs")
    schemas["FillOptions"]["required"].remove("measures")  # the passage may name them
    form = FormRequest.model_json_schema(ref_template=_REF)
    form.pop("$defs")
    form["properties"]["score"] = {
        "type": "string",
        "format": "binary",
        "description": "The score as a file.",
    }
    form["required"] = [*form["required"], "score"]
    example = {"task": "accompany", "musicxml": _EXAMPLE, "options": {"add": ["piano"], "seed": 7}}
    content = {
        JSON: {"schema": schema, "examples": {"piano": {"summary": "A piano part", "value": example}}},
        "multipart/form-data": {"schema": form},
    }
    return {"requestBody": {"required": True, "content": content}}, schemas
