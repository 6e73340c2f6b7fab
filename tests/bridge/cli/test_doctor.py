from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge import service
from bridge.cli import doctor as module
from bridge.cli import main
from engine.interface import EngineInfo


@pytest.fixture(autouse=True)
def well(monkeypatch: pytest.MonkeyPatch, fake_engine: object, tmp_path: Path) -> None:
    monkeypatch.setattr(service, "available", lambda: [EngineInfo("fake", "for tests")])
    monkeypatch.setattr(service, "load_engine", lambda name: fake_engine)
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path))


def faults() -> list[str]:
    result = CliRunner().invoke(main, ["doctor"])
    found = [line for line in result.stdout.splitlines() if line.startswith("FAULT")]
    assert result.exit_code == (1 if found else 0)
    assert result.stdout.count("\n      do: ") == len(found)
    return found


def test_a_sound_installation_has_no_fault() -> None:
    assert faults() == []


def test_missing_weights_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        raise FileNotFoundError(2, "no such file", "small.safetensors")

    monkeypatch.setattr(service, "load_engine", load)
    (fault,) = faults()
    assert fault.startswith("FAULT engine fake: ")
    assert "small.safetensors" in fault


def test_a_missing_notator_is_a_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("engine.notator.weights.SHIPPED", tmp_path / "notator")
    assert [fault.split(":")[0] for fault in faults()] == ["FAULT notator"]


def test_a_package_that_cannot_be_imported_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGES", {"mido": "mido", "nonesuch": "no_such_module"})
    (fault,) = faults()
    assert fault.startswith("FAULT nonesuch: cannot be imported")


def test_a_python_out_of_range_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PYTHONS", ((2, 6), (2, 7)))
    assert [fault.split(":")[0] for fault in faults()] == ["FAULT Python"]


def test_a_cache_below_a_file_is_a_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "file"))
    assert [fault.split(":")[0] for fault in faults()] == ["FAULT folder for caches"]
