from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands keep for their user is kept apart from the user's own."""
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Tests that run in the background of a shell ignore Ctrl-C, and so would what they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
