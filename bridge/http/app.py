"""The Flask application: routes, errors as problems, and the specification that is made from both."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from flask import Flask, Response, g, request
from flask_openapi3 import Info, OpenAPI, Server
from flask_openapi3.models import Schema
from werkzeug.exceptions import HTTPException

from bridge.errors import ObbligatoError, QueueFullError
from bridge.http.answers import PROBLEM, answers, component_schemas
from bridge.http.guard import Guard, protect
from bridge.http.models import Health, Problem
from bridge.http.requests import request_error
from bridge.http.routes import api, health
from bridge.http.settings import MAX_BODY
from bridge.jobs.desk import Desk
from bridge.problems import describe, problem
from bridge.takes import History
from bridge.version import version

log = logging.getLogger("obbligato.http")

_CODES = {404: "not-found", 405: "no-such-method", 413: "unsafe-input", 415: "unsupported-type"}
_HINTS = {
    404: "GET /api/v1/openapi.json lists the addresses.",
    405: "GET /api/v1/openapi.json lists the methods.",
    413: f"Send less than {MAX_BODY >> 20} MB.",
    415: "Send application/json or multipart/form-data.",
}


def create_app(desk: Desk, history: History, guard: Guard) -> Flask:
    """The application of one running bridge."""
    app = OpenAPI(
        "obbligato",
        info=Info(title="Obbligato", version=version(), description="Accompaniments, on this machine."),
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
        servers=[Server(url="/")],
        operation_id_callback=lambda *, name, **_: name,
        doc_ui=False,
        validation_error_model=Problem,
        validation_error_callback=lambda error: _failed(request_error(error)),
        static_folder=None,
    )
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.extensions.update({"obbligato.desk": desk, "obbligato.history": history})
    app.get("/health", responses=answers(200, Health, 403, 422), security=[])(health)
    app.register_api(api)
    for name, schema in component_schemas().items():
        app.components_schemas[name] = Schema(**schema)
    app.before_request(_arrived)
    app.before_request(lambda: guard.check(request))
    app.after_request(_logged)
    app.after_request(protect)
    app.register_error_handler(Exception, _failed)
    return app


def _arrived() -> None:
    g.arrived = time.perf_counter()


def _logged(response: Response) -> Response:
    """The rule and not the address, which may hold anything."""
    rule = request.url_rule.rule if request.url_rule else "-"
    spent = (time.perf_counter() - g.arrived) * 1000
    log.info("%s %s %d %.0f ms", request.method, rule, response.status_code, spent)
    return response


def _failed(error: Exception) -> Response:
    """Every error as a problem."""
    body = _http_problem(error) if isinstance(error, HTTPException) else problem(error)
    if body["status"] == 500 and not isinstance(error, ObbligatoError):
        log.exception("unexpected", exc_info=error)
    response = Response(json.dumps(body, ensure_ascii=False), body["status"], content_type=PROBLEM)
    if isinstance(error, QueueFullError):
        response.headers["Retry-After"] = str(error.retry_after)
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    for name, value in error.get_headers() if isinstance(error, HTTPException) else ():
        if name == "Allow":
            response.headers[name] = value
    return response


def _http_problem(error: HTTPException) -> dict[str, Any]:
    status = error.code or 500
    return describe(_CODES.get(status, "http"), status, error.name, _HINTS.get(status, ""))
