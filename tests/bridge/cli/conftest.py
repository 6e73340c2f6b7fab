from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands keep for their user is kept apart from the user's own."""
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path_factory.mktemp("home")))
