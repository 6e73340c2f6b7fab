"""The routes: what each takes and answers. Who may ask is the guard's matter, errors are the application's."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from typing import Any, cast

from flask import Response, current_app, request, url_for
from flask_openapi3 import APIBlueprint, OpenAPI

from bridge.engines import engine_infos
from bridge.http.answers import (
    EVENTS,
    FILES,
    SCORE_TYPES,
    SPECIFICATION,
    STORED,
    TYPES,
    WRONG,
    answers,
    job_schemas,
)
from bridge.http.models import (
    Engines,
    Health,
    HistoryId,
    HistoryPage,
    JobId,
    JobStatus,
    Records,
    TakeFormat,
    TakeNumber,
)
from bridge.http.requests import read_request
from bridge.http.stream import EventStream
from bridge.jobs.desk import Desk
from bridge.jobs.unpacking import unpacked
from bridge.options import CONTROLS
from bridge.takes import History
from bridge.version import version
from engine.instruments import SETS

api = APIBlueprint("api", __name__, url_prefix="/api/v1", abp_security=[{"token": []}], abp_responses=WRONG)


# Bodies that are in memory, and scores that are being read, at the same time.
_reading = threading.BoundedSemaphore(2)


def desk() -> Desk:
    """The desk of the bridge that answers."""
    found: Desk = current_app.extensions["obbligato.desk"]
    return found


def history() -> History:
    """The history of the bridge that answers."""
    found: History = current_app.extensions["obbligato.history"]
    return found


def health() -> Response:
    """A sign of life, also while the engine is still being loaded. Needs no token."""
    names = [info.name for info in engine_infos() if not info.fault]
    return _json(Health(version=version(), engines=names, ready=desk().ready).model_dump())


@api.get("/openapi.json", responses=answers(200, SPECIFICATION))
def openapi() -> Response:
    """This specification."""
    return _json(cast(OpenAPI, current_app).api_doc)


@api.get("/engines", responses=answers(200, Engines))
def engines() -> Response:
    """What can write, and what can be asked of it."""
    described = [asdict(info) for info in engine_infos()]
    return _json(Engines(engines=described, sets=SETS, controls=CONTROLS).model_dump())


@api.post("/jobs", responses=answers(202, JobStatus, 400, 413, 415, 503), openapi_extensions=job_schemas()[0])
def submit() -> Response:
    """Begin a job.

    The score is read before the answer comes, so that what is wrong with it is said at once; only MIDI and
    scores over a megabyte are read when their turn comes. `Location` is where to ask for the job.
    """
    with _reading:
        job = desk().submit(*read_request(request))
    response = _json(_status(job.id), 202)
    response.headers["Location"] = url_for("api.status", id=job.id)
    return response


@api.get("/jobs/<id>", responses=answers(200, JobStatus, 404))
def status(path: JobId) -> Response:
    """Where a job is, and its takes so far."""
    return _json(_status(path.id))


@api.delete("/jobs/<id>", responses=answers(204, None, 404))
def cancel(path: JobId) -> tuple[str, int]:
    """Cancel a job; nothing happens to one that has ended."""
    desk().cancel(path.id)
    return "", 204


@api.get("/jobs/<id>/events", responses=answers(200, EVENTS, 404, 503))
def events(path: JobId) -> Response:
    """What happens to a job, as server-sent events.

    All that happened so far comes first, or all after `Last-Event-ID`; the stream ends with the job. `state`
    tells a new state, `measure` a written measure, `take` a finished take; a comment every ten seconds keeps the
    connection alive.
    """
    last = request.headers.get("Last-Event-ID", "")
    gone = request.environ.get("waitress.client_disconnected", lambda: False)
    stream = EventStream(desk().job(path.id), int(last) if last.isdecimal() and len(last) < 9 else 0, gone)
    return Response(stream, content_type="text/event-stream")


@api.get("/jobs/<id>/takes/<number>", responses=answers(200, FILES, 404, 409))
def take(path: TakeNumber, query: TakeFormat) -> Response:
    """A take, in one of four formats.

    `score` (default): the whole score with what was written; `midi`: the same as a Standard MIDI file; `measures`:
    the written measures alone, as MusicXML; `events`: the same as a flat list for programs that write notes one
    by one. While a take is being written, `measures` and `events` give what there is.
    """
    desk_ = desk()
    job = desk_.job(path.id)
    with desk_.lock:
        file = job.file(path.number, query.format)
    type_ = SCORE_TYPES[file.suffix] if query.format == "score" else TYPES[query.format]
    return _file(unpacked(file), type_)


@api.get("/takes", responses=answers(200, Records, 404))
def takes(query: HistoryPage) -> Response:
    """The history, the newest first; `before` is the id of the last one of the page before."""
    found = history().newest(query.limit, query.before)
    return _json({"takes": [asdict(record) for record in found]})


@api.get("/takes/<id>", responses=answers(200, STORED, 404))
def stored(path: HistoryId) -> Response:
    """The whole score of a take in the history, as it was written."""
    record = history().get(path.id)
    return _file(history().document(record.id), SCORE_TYPES[record.suffix])


def _status(id: str) -> dict[str, Any]:
    job = desk().job(id)
    with desk().lock:
        return job.status()


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")


def _file(data: bytes, content_type: str) -> Response:
    return Response(data, content_type=content_type)
