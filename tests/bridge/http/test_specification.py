"""The specification tells what the application does, and docs/api.md what both say."""

import importlib.util
from pathlib import Path

import pytest
import schemathesis
from hypothesis import Phase, given, settings

from bridge import errors
from bridge.http.app import create_app
from bridge.http.guard import Guard
from bridge.http.recorder import HistoryRecorder
from bridge.jobs.desk import Desk
from bridge.options import TASKS
from bridge.takes import History
from tests.bridge.fake_worker import FakeLink

PAGE = Path("docs/api.md").read_text(encoding="utf-8")
CONFIG = schemathesis.Config.from_path("tests/schemathesis.toml")


@pytest.fixture(scope="module")
def app():
    with History.none() as history:
        desk = Desk(lambda *calls: FakeLink([], *calls), HistoryRecorder(history))
        yield create_app(desk, history, Guard("token", frozenset({"localhost"})))
        desk.close()


def test_the_application_keeps_to_its_specification(app):
    headers = {"Authorization": "Bearer token"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=headers, config=CONFIG)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 9
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
        def holds(case):
            case.call_and_validate(headers=headers)

        holds()


def test_every_route_is_in_the_specification_and_on_the_page(app):
    paths = app.api_doc["paths"]
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<", "{").replace(">", "}")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert method.lower() in paths[path], f"{method} {path} is in no specification"
            assert f"### `{method} {path}`" in PAGE


def test_every_option_is_on_the_page():
    for task, model in TASKS.items():
        _, _, section = PAGE.partition(f"\n### {task}\n")
        section = section.partition("\n##")[0]
        for name in model.model_fields:
            assert f"| `{name}` |" in section, f"{task}: {name}"


def test_the_specification_says_of_requests_what_is_so(app):
    schemas = app.api_doc["components"]["schemas"]
    passage = schemas["ContinueJob"]["properties"]["passage"]["$ref"].rsplit("/", 1)[1]
    assert schemas[passage]["properties"]["measures"]["const"] == ""
    (lengths,) = (
        one
        for one in schemas["FillOptions"]["properties"]["shortest"]["anyOf"]
        if one.get("type") == "string"
    )
    assert {"sixteenth", "16th", "1/16"} <= set(lengths["enum"])
    assert all(TASKS["fill"].parse({"measures": "1", "shortest": name}) for name in lengths["enum"])
    assert '{"top_p": 0.9}' in PAGE


def test_every_error_is_on_the_page():
    def tree(kind):
        return [kind, *(item for below in kind.__subclasses__() for item in tree(below))]

    for kind in tree(errors.ObbligatoError)[1:]:
        assert f"| `{kind.code}` | {kind.status} |" in PAGE, kind


def test_the_page_is_up_to_date():
    spec = importlib.util.spec_from_file_location("api_page", "docs/api.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page() == PAGE, "run: python docs/api.py"
