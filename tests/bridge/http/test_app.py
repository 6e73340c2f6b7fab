import io
import json
from pathlib import Path

import pytest

from bridge.errors import ObbligatoError
from tests.bridge.conftest import NOTE, measures_xml, score_xml

SCORE = Path("examples/ode-to-joy.musicxml").read_text(encoding="utf-8")
ENDS_EARLY = score_xml(
    Voice=measures_xml([NOTE.format(step="C")] * 2), Piano=measures_xml([NOTE.format(step="C")])
)
JOBS = "/api/v1/jobs"


def problem(answer):
    """A typed problem, whole."""
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert set(body) == {"type", "title", "status", "detail", "hint"} and body["status"] == answer.status_code
    return body["type"].removeprefix("urn:obbligato:")


def test_health_needs_no_token_and_says_whether_the_engine_is_loaded(client):
    answer = client.get("/health", token="")
    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["status"], body["api"], body["engines"][0], body["ready"]) == ("ok", 1, "transformer", True)


@pytest.mark.parametrize("token", ["", "wrong", "the-token2"])
@pytest.mark.parametrize("path", ["/api/v1/engines", "/api/v1/openapi.json", JOBS, "/nowhere", "/"])
def test_all_else_needs_the_token(client, token, path):
    answer = client.get(path, token=token)
    assert (answer.status_code, problem(answer)) == (401, "no-token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8917", "127.0.0.1", "127.0.0.1:1", "[::1]:8917"]
)
def test_another_host_is_refused_even_with_the_token(client, host):
    assert problem(client.get("/health", host=host)) == "forbidden"


@pytest.mark.parametrize(
    "header",
    [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", "https://127.0.0.1:8917"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_web_pages_are_refused_even_with_the_token(client, header, method):
    answer = client.ask(method, JOBS, headers=[header])
    assert problem(answer) == "forbidden"
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_its_own_origin_and_a_typed_address_are_not_refused(client):
    for header in (
        ("Origin", "http://localhost:8917"),
        ("Sec-Fetch-Site", "none"),
        ("Sec-Fetch-Site", "same-origin"),
    ):
        assert client.get("/health", headers=[header]).status_code == 200


def test_answers_may_not_be_framed_kept_or_sniffed(client):
    headers = client.get("/health").headers
    assert headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_unknown_addresses_and_methods_are_problems(client):
    assert problem(client.get("/api/v1/nowhere")) == "not-found"
    answer = client.ask("PUT", JOBS)
    assert problem(answer) == "no-such-method" and "POST" in answer.headers["Allow"]


def test_a_job_from_beginning_to_end(client):
    answer = client.submit(SCORE, measures="1-2", seed=7)
    assert answer.status_code == 202
    where, body = answer.headers["Location"], answer.get_json()
    assert where == f"{JOBS}/{body['id']}" and (body["measures_done"], body["measures_total"]) == (0, 2)
    worker, id = client.worker, body["id"]
    worker.write(id, 1)
    state = client.get(where).get_json()
    assert (state["state"], state["measures_done"]) == ("running", 1)
    assert state["takes"] == [{"number": 1, "done": False, "measures_done": 1}]
    worker.make(id)
    worker.end(id)
    state = client.get(where).get_json()
    assert state["state"] == "done" and state["takes"][0]["seed"] == 7
    take = client.get(f"{where}/takes/1?format=midi")
    assert take.data == b"x" * 4000 and take.content_type == "audio/midi"


def test_a_take_in_each_format_and_while_it_is_written(client):
    where = client.submit(SCORE, measures="1-2").headers["Location"]
    id = where.rsplit("/", 1)[1]
    take = f"{where}/takes/1"
    assert problem(client.get(take)) == "not-ready"
    client.worker.write(id, 1, measures=b"<measures/>", events=b"{}")
    assert client.get(f"{take}?format=measures").data == b"<measures/>"
    assert client.get(f"{take}?format=events").data == b"{}"
    assert problem(client.get(f"{take}?format=score")) == "not-ready"
    assert problem(client.get(f"{where}/takes/2")) == "not-found"
    client.worker.make(id)
    types = {
        format: client.get(f"{take}?format={format}").content_type
        for format in ("score", "measures", "midi", "events")
    }
    musicxml = "application/vnd.recordare.musicxml+xml"
    assert types == {
        "score": musicxml,
        "measures": musicxml,
        "midi": "audio/midi",
        "events": "application/json",
    }
    assert problem(client.get(f"{take}?format=pdf")) == "bad-request"


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "9" * 30])
def test_a_take_that_cannot_be(client, number):
    where = client.submit(SCORE).headers["Location"]
    assert client.get(f"{where}/takes/{number}").status_code in (404, 422)


def test_what_a_cancelled_job_has_not_written_will_not_come(client):
    where = client.submit(SCORE, measures="1-2", takes=2).headers["Location"]
    client.worker.write(where.rsplit("/", 1)[1], 1, measures=b"<measures/>")
    client.ask("DELETE", where)
    begun, other, none = (client.get(f"{where}/takes/{number}") for number in (1, 2, 3))
    assert {problem(answer) for answer in (begun, other, none)} == {"not-found"}
    said = begun.get_json()
    assert said["detail"] == "the job was cancelled before take 1 was written"
    assert said["hint"] == "Its measures can be had: format=measures or format=events."
    assert client.get(f"{where}/takes/1?format=measures").data == b"<measures/>"
    assert other.get_json()["hint"] == "Send the request again."
    assert none.get_json()["detail"] == "the job has no take 3"


def test_cancelling(client):
    where = client.submit(SCORE).headers["Location"]
    answer = client.ask("DELETE", where)
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(where).get_json()["state"] == "cancelled"
    assert client.ask("DELETE", where).status_code == 204
    assert problem(client.ask("DELETE", f"{JOBS}/none")) == "not-found"


def test_a_full_queue_says_when_to_try_again(client):
    for _ in range(4):
        assert client.submit(SCORE).status_code == 202
    answer = client.submit(SCORE)
    assert problem(answer) == "queue-full" and int(answer.headers["Retry-After"]) >= 1


def test_the_passage_is_that_of_the_options(client):
    body = {"task": "accompany", "musicxml": SCORE, "passage": {"measures": "3-5", "parts": [1]}}
    assert client.ask("POST", JOBS, json=body).get_json()["measures_total"] == 3
    both = body | {"options": {"measures": "1"}}
    assert (
        "twice" not in problem(client.ask("POST", JOBS, json=both))
        and client.ask("POST", JOBS, json=both).status_code == 422
    )
    unknown = body | {"passage": {"measures": "99"}}
    answer = client.ask("POST", JOBS, json=unknown)
    assert answer.status_code == 422 and "99" in answer.get_json()["detail"]


def test_a_form_with_a_file(client):
    form = {
        "task": "accompany",
        "passage": json.dumps({"measures": "1-2"}),
        "options": json.dumps({"takes": 2}),
        "score": (io.BytesIO(SCORE.encode()), "../../etc/passwd"),
    }
    assert client.ask("POST", JOBS, data=form).get_json()["measures_total"] == 4


def test_messages_name_the_file_and_nothing_of_its_folder(client):
    form = {"task": "accompany", "score": (io.BytesIO(b"<html/>"), "/music/so\x07ng.xml")}
    detail = client.ask("POST", JOBS, data=form).get_json()["detail"]
    assert detail.startswith("song.xml: ")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"task": "accompany"}, "bad-request"),
        ({"task": "accompany", "musicxml": "<a/>", "mxl": ""}, "bad-request"),
        ({"task": "paint", "musicxml": "<a/>"}, "bad-request"),
        ({"task": "accompany", "musicxml": "<a/>"}, "bad-input"),
        ({"task": "accompany", "musicxml": ""}, "bad-input"),
        ({"task": "accompany", "mxl": "UEsDBA=="}, "bad-input"),
        ({"task": "accompany", "mxl": "data:application/zip;base64,UEsDBA=="}, "bad-request"),
        ({"task": "accompany", "mxl": "!!!"}, "bad-request"),
        ({"task": "accompany", "musicxml": SCORE, "options": {"tempo": 3}}, "bad-request"),
        ({"task": "accompany", "musicxml": SCORE, "options": {"add": ["hurdy-gurdy"]}}, "bad-request"),
        ({"task": "accompany", "musicxml": SCORE, "options": {"engine": "none"}}, "bad-request"),
        ({"task": "accompany", "musicxml": SCORE, "path": "/etc/passwd"}, "bad-request"),
        ({"task": "fill", "musicxml": SCORE}, "bad-request"),
        (
            {
                "task": "fill",
                "musicxml": ENDS_EARLY,
                "passage": {"measures": "2"},
                "options": {"into": ["2"]},
            },
            "bad-request",
        ),
        (
            {"task": "continue", "musicxml": SCORE, "passage": {"measures": "1"}, "options": {"count": 1}},
            "bad-request",
        ),
    ],
)
def test_what_is_wrong_is_said_at_once(client, body, code):
    answer = client.ask("POST", JOBS, json=body)
    assert problem(answer) == code
    assert answer.get_json()["hint"]
    assert client.worker.orders == []


def test_a_score_in_the_encoding_that_it_declares(client):
    text = SCORE.replace("UTF-8", "ISO-8859-1").replace("</work-title>", " é</work-title>")
    assert client.submit(text, measures="1").status_code == 202
    assert client.worker.sent[-1].data.count("é".encode("latin-1")) == text.count("é")
    assert problem(client.submit(SCORE.replace("UTF-8", "none-such"))) == "bad-input"
    assert (
        problem(client.submit(SCORE.replace("UTF-8", "us-ascii").replace("</work-title>", "é</work-title>")))
        == "bad-input"
    )


def test_other_bodies(client):
    assert problem(client.ask("POST", JOBS, data="x", content_type="text/plain")) == "unsupported-type"
    assert problem(client.ask("POST", JOBS, data="{", content_type="application/json")) == "bad-request"
    assert problem(client.ask("POST", JOBS, data={"task": "accompany"})) == "unsupported-type"
    assert (
        problem(client.ask("POST", JOBS, data=b" " * (33 << 20), content_type="application/json"))
        == "unsafe-input"
    )


def test_events_tell_all_and_end_with_the_job(client):
    where = client.submit(SCORE, measures="1-2").headers["Location"]
    id = where.rsplit("/", 1)[1]
    client.worker.write(id, 1)
    client.worker.make(id)
    client.worker.end(id)
    answer = client.get(f"{where}/events")
    assert answer.content_type == "text/event-stream"
    events = [block.split("\n") for block in answer.data.decode().split("\n\n") if block.startswith("id:")]
    assert [lines[1] for lines in events] == [
        "event: " + name for name in ("state", "state", "measure", "take", "state")
    ]
    assert json.loads(events[-1][2].removeprefix("data: ")) == {"state": "done"}
    later = client.get(f"{where}/events", headers=[("Last-Event-ID", "4")]).data.decode()
    assert later.count("id:") == 1 and "id: 5" in later


def test_the_history_holds_every_take_and_what_gives_it_again(client):
    assert client.get("/api/v1/takes").get_json() == {"takes": []}
    where = client.submit(SCORE, measures="1-2", seed=6, takes=2, density=2).headers["Location"]
    id = where.rsplit("/", 1)[1]
    client.worker.make(id, 2)  # its seed is 7
    client.worker.end(id)
    (record,) = client.get("/api/v1/takes").get_json()["takes"]
    assert record["options"] == {"measures": "1-2", "seed": 7, "density": 2.0}
    assert (record["task"], record["seed"], record["id"]) == (
        "accompany",
        7,
        client.get(where).get_json()["takes"][0]["history"],
    )
    stored = client.get(f"/api/v1/takes/{record['id'][:6]}")
    assert (stored.data, stored.content_type) == (b"x" * 4000, "application/vnd.recordare.musicxml+xml")
    assert client.get(f"/api/v1/takes?before={record['id']}").get_json() == {"takes": []}
    assert problem(client.get("/api/v1/takes?limit=0")) == "bad-request"
    assert problem(client.get("/api/v1/takes/zzzz")) == "not-found"


def test_every_error_has_a_code_of_its_own():
    def tree(kind):
        return [kind, *(item for below in kind.__subclasses__() for item in tree(below))]

    codes = [kind.code for kind in tree(ObbligatoError)]
    assert len(codes) == len(set(codes))


def test_what_nobody_thought_of_is_a_problem_too(client, monkeypatch):
    monkeypatch.setattr(client.desk, "job", lambda id: 1 / 0)
    answer = client.get(f"{JOBS}/x")
    assert problem(answer) == "unexpected" and "Traceback" not in answer.text
