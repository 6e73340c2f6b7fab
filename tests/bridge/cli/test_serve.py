from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge import autostart
from bridge.autostart import install, this_launch, uninstall
from bridge.autostart.plan import Outcome
from bridge.cli import main
from bridge.cli import serve as module
from bridge.http import announcement
from bridge.http.announcement import Announcement

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "obbligato"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["serve", *arguments])


class FakeSystem:
    """``systemctl`` that works, or does not, and a bridge that answers, or does not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.well, self.bridge = True, None  # type: bool, Announcement | None
        self.after: Announcement | None = None
        self.commands: list[tuple[str, ...]] = []
        monkeypatch.setattr("bridge.version.version", lambda: "1.0")
        monkeypatch.setattr(module, "_PATIENCE", 0.0)
        monkeypatch.setattr(announcement, "running_bridge", lambda: self.bridge)
        monkeypatch.setattr(autostart, "install", lambda plan: install(plan, self.run))
        monkeypatch.setattr(autostart, "uninstall", lambda plan: uninstall(plan, self.run))

    def run(self, command: Sequence[str], *, wait: bool = True) -> Outcome:
        self.commands.append(tuple(command))
        self.bridge = self.after or self.bridge
        return Outcome(self.well, "no bus")


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> FakeSystem:
    return FakeSystem(monkeypatch)


def unit(home: Path) -> Path:
    return home / "settings" / "systemd" / "user" / "obbligato.service"


OTHER = Announcement("http://127.0.0.1:5000", "t", 77, "1.0")
OURS = Announcement("http://127.0.0.1:8917", "t", 88, "1.0")


def test_installing_starts_it_with_these_options(system: FakeSystem, home: Path) -> None:
    system.after = OURS
    result = run("--install", "--port", "9000", "--no-history")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"starts at login: {unit(home)}\nruns: {OURS.url}\n"
    assert '"serve" "--port=9000" "--no-history"' in unit(home).read_text()
    assert system.commands[-1] == ("systemctl", "--user", "restart", "obbligato.service")


def test_what_is_as_always_is_not_written_down(system: FakeSystem, home: Path) -> None:
    run("--install")
    assert unit(home).read_text().splitlines()[4].endswith('"bridge" "serve"')


def test_a_bridge_that_runs_already_is_said(system: FakeSystem) -> None:
    system.bridge = OTHER
    result = run("--install")
    assert "the bridge that runs already goes on (http://127.0.0.1:5000, process 77)" in result.stdout


def test_a_bridge_that_does_not_come_is_said(system: FakeSystem) -> None:
    assert "does not answer yet" in run("--install").stdout


def test_where_the_system_fails_it_is_said_what_to_run(system: FakeSystem, home: Path) -> None:
    system.well = False
    result = run("--install", "--port", "0")
    assert result.exit_code == 1
    assert unit(home).exists()
    assert "error: it could not be set going: no bus" in result.stderr
    assert "systemctl --user enable obbligato.service && systemctl --user restart" in result.stderr
    by_hand = result.stderr.splitlines()[-1]
    assert by_hand.endswith(" -P -m bridge serve --port=0")
    assert f"OBBLIGATO_HOME={home / 'obbligato'}" in by_hand
    assert "Traceback" not in result.output


def test_uninstalling(system: FakeSystem, home: Path) -> None:
    run("--install")
    system.bridge = OTHER
    result = run("--uninstall")
    assert result.exit_code == 0
    assert f"removed {unit(home)}" in result.stdout
    assert "a bridge still runs: http://127.0.0.1:5000; to stop it, end process 77" in result.stdout
    assert not unit(home).exists()
    system.bridge = None
    assert run("--uninstall").stdout == "it was not installed\n"


def test_a_folder_of_source_files_is_not_installed(
    system: FakeSystem, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.version.version", lambda: "unknown")
    result = run("--install")
    assert result.exit_code == 1
    assert "not installed" in result.stderr
    assert not unit(home).exists()


@pytest.mark.parametrize("wrong", [["--install", "--uninstall"], ["--port", "65536"], ["--host", "0.0.0.0"]])
def test_wrong_usage(wrong: list[str]) -> None:
    assert run(*wrong).exit_code == 2


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--port", str(port), "--no-history")
    assert result.exit_code == 1
    assert f"port {port} is taken" in result.stderr
    assert "--port 0" in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="sends signals as POSIX does")
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_from_beginning_to_end(end: signal.Signals, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real bridge in a process of its own: what it prints, a second one beside it, and how it ends."""
    monkeypatch.setattr(announcement, "_PATIENCE", 60.0)  # a second one that did not see it would not end
    command = [*this_launch().command, "--port=0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        try:
            said = [process.stdout.readline() for _ in range(4)]
            bridge = announcement.running_bridge()
            assert bridge is not None and bridge.pid == process.pid
            assert f"answers at {bridge.url}," in said[0]
            assert str(announcement.announcement_path()) in said[1]
            assert bridge.token not in "".join(said)
            second = run("--port", "0")
            assert second.exit_code == 1
            assert f"{bridge.url} (process {bridge.pid})" in second.stderr
        finally:
            process.send_signal(end)
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 0
    assert not announcement.announcement_path().exists()
    log = (home / "obbligato" / "cache" / "bridge.log").read_text()
    assert "GET /health 200" in log
    assert bridge.token not in log
