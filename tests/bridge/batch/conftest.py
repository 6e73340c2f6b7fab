"""Scores, orders for them, and homes for commands."""

from __future__ import annotations

import pytest

from bridge.batch.work import Order
from bridge.options import AccompanyOptions
from tests.bridge.conftest import SONG

OPTIONS = AccompanyOptions.parse({"seed": 5, "add": ["violin"]})


def titled(title: str) -> bytes:
    """The song under that title."""
    head = f"<work><work-title>{title}</work-title></work><part-list>"
    return SONG.replace("<part-list>", head, 1).encode()


def orders(*titles: str, options: AccompanyOptions = OPTIONS) -> list[Order]:
    return [
        Order(index, f"{index}.musicxml", titled(title), ".musicxml", options)
        for index, title in enumerate(titles)
    ]


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands keep for their user is kept apart from the user's own."""
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path_factory.mktemp("home")))
