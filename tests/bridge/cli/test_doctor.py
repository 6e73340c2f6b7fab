from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge import engines
from bridge.autostart import plan_for, this_launch
from bridge.cli import doctor as module
from bridge.cli import main
from bridge.http import announcement
from bridge.version import version
from engine.interface import EngineInfo


def install(monkeypatch: pytest.MonkeyPatch, *infos: EngineInfo) -> None:
    by_name = {info.name: info for info in infos}
    monkeypatch.setattr(engines, "available", lambda: list(infos))
    monkeypatch.setattr(engines, "described", by_name.__getitem__)


@pytest.fixture(autouse=True)
def well(monkeypatch: pytest.MonkeyPatch, fake_engine: object, tmp_path: Path) -> None:
    install(monkeypatch, EngineInfo("fake", "for tests"))
    monkeypatch.setattr(engines, "load_engine", lambda name: fake_engine)
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)


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

    monkeypatch.setattr(engines, "load_engine", load)
    (fault,) = faults()
    assert fault.startswith("FAULT engine fake: ")
    assert "small.safetensors" in fault


def test_an_engine_that_cannot_be_imported_is_a_fault_beside_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = EngineInfo("broken", fault="ModuleNotFoundError: No module named 'gone'")
    install(monkeypatch, broken, EngineInfo("fake"))
    (fault,) = faults()
    assert fault.startswith("FAULT engine broken: ") and "No module named 'gone'" in fault
    assert "ok    engine fake: loaded" in CliRunner().invoke(main, ["doctor"]).stdout


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


def test_folders_are_shown(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["doctor"]).stdout
    for what, name in (("settings and bridge.json", "config"), ("data", "data"), ("caches", "cache")):
        assert f"ok    folder for {what}: {tmp_path / name} can be written" in told


def test_folders_below_a_file_are_faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "file"))
    found = [fault.split(":")[0] for fault in faults()]
    assert found == [f"FAULT folder for {what}" for what in ("settings and bridge.json", "data", "caches")]


def test_a_bridge_that_does_not_run_is_no_fault() -> None:
    found = module.look_at_bridge()
    assert (found.state.split(" (")[0], found.remedy) == ("does not run", "")


@pytest.mark.parametrize(("running", "fault"), [(version(), False), ("0.0.1", True)])
def test_a_bridge_of_another_version_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, running: str, fault: bool
) -> None:
    bridge = announcement.Announcement("http://127.0.0.1:8917", "secret", 7, running)
    monkeypatch.setattr(announcement, "running_bridge", lambda: bridge)
    found = module.look_at_bridge()
    assert found.state == f"runs at http://127.0.0.1:8917, process 7, version {running}"
    assert bool(found.remedy) == fault


def test_an_announcement_without_a_bridge_is_a_fault() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # ours, but it does not listen
        announcement.announce(f"http://127.0.0.1:{nobody.getsockname()[1]}", "secret")
        (fault,) = faults()
    assert fault.startswith("FAULT bridge: ") and "no bridge answers there" in fault


def test_an_announcement_that_says_nothing_is_a_fault() -> None:
    announcement.announce("http://127.0.0.1:8917", "secret")
    announcement.announcement_path().write_text("{")
    (fault,) = faults()
    assert "says nothing sensible" in fault


def test_half_an_installation_at_login_is_a_fault() -> None:
    first, *made = plan_for(this_launch()).files
    assert module.look_at_autostart().state == "does not start"
    first.parent.mkdir(parents=True)
    first.touch()
    assert bool(module.look_at_autostart().remedy) == bool(made)
    for path in made:
        path.parent.mkdir()
        path.touch()
    assert module.look_at_autostart() == module.Finding("bridge at login", f"starts ({first})")
