from __future__ import annotations

import ast
import os
import plistlib
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.autostart import install, plan_for, state, systemd, this_launch, uninstall, windows
from bridge.autostart.plan import Launch, Outcome, Plan, run_command
from bridge.errors import OutputError

SYSTEMS = ("linux", "darwin", "win32")
HOME = PurePosixPath("/home/u")
AWKWARD = '/home/o\'Neill/my "100%" $HOME ü\\x/bin/python'


def launch(folder: PurePath = HOME, **more: object) -> Launch:
    given = {
        "python": "/opt/my venv/bin/python",
        "options": ("--port=0",),
        "home": folder,
        "settings": folder / ".config",
        "config": folder / "obbligato",
        "user": 501,
    }
    return Launch(**{**given, **more})  # type: ignore[arg-type]


class System:
    """Remembers the commands; those that hold one of the words fail."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.commands: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], *, wait: bool = True) -> Outcome:
        self.commands.append(tuple(command))
        return Outcome(not set(self.failing) & set(command), "no bus")

    def words(self) -> list[str]:
        """The second word of each, or of those of systemctl the third."""
        return [command[2 if command[0] == "systemctl" else 1] for command in self.commands]


def argv_of_unit(text: str) -> list[str]:
    """How systemd reads ExecStart: its own quotes and escapes, then its specifiers and variables."""
    (line,) = (line for line in text.split("\n") if line.startswith("ExecStart="))
    words, word, quoted, rest = [], "", False, iter(line.removeprefix("ExecStart="))
    for character in rest:
        if character == "\\":
            following = next(rest)
            word += chr(int(next(rest) + next(rest), 16)) if following == "x" else following
        elif character == '"':
            quoted = not quoted
        elif character == " " and not quoted:
            words.append(word)
            word = ""
        elif character in "%$":
            assert next(rest) == character
            word += character
        else:
            word += character
    assert not quoted
    return [*words, word]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_a_unit_says_what_is_to_be_run_whatever_the_names(name: str) -> None:
    wanted = launch(python=f"/{name}", obbligato_home=f"/{name}")
    command = ["/usr/bin/env", f"OBBLIGATO_HOME=/{name}", *wanted.command]
    assert argv_of_unit(systemd.unit(wanted)) == command


def test_the_program_of_a_unit_is_one_that_systemd_accepts() -> None:
    """It refuses quotes in the path of the program itself."""
    assert argv_of_unit(systemd.unit(launch(python=AWKWARD)))[:2] == ["/usr/bin/env", AWKWARD]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    path = tmp_path / systemd.NAME
    path.write_text(systemd.unit(launch(python=AWKWARD, obbligato_home=AWKWARD)))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(path)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_agent_of_launchd() -> None:
    plan = plan_for(launch(python=AWKWARD, obbligato_home="/my home"), "darwin")
    assert str(plan.path) == "/home/u/Library/LaunchAgents/obbligato.bridge.plist"
    agent = plistlib.loads(plan.content)
    assert agent["ProgramArguments"] == [AWKWARD, "-P", "-m", "bridge", "serve", "--port=0"]
    assert agent["EnvironmentVariables"] == {"OBBLIGATO_HOME": "/my home"}
    assert agent["RunAtLoad"] is True
    assert "EnvironmentVariables" not in plistlib.loads(plan_for(launch(), "darwin").content)


def windows_plan(**more: object) -> Plan:
    folder = PureWindowsPath(r"C:\Users\Ann Lee\AppData\Local\obbligato")
    python = r"C:\Users\Ann Lee\venv\Scripts\python.exe"
    return plan_for(launch(python=python, config=folder, **more), "win32")


def test_the_entry_of_windows_opens_no_console() -> None:
    plan = windows_plan()
    add, start = (step.command for step in plan.install)
    script = r"C:\Users\Ann Lee\AppData\Local\obbligato\autostart.pyw"
    assert start == (r"C:\Users\Ann Lee\venv\Scripts\pythonw.exe", "-P", script)
    assert add[-2] == rf'"C:\Users\Ann Lee\venv\Scripts\pythonw.exe" -P "{script}"'
    assert len(add[-2]) <= 260
    assert [step.wait for step in plan.install] == [True, False]


@pytest.mark.parametrize("home", ["", 'D:\\my "music"\'s\\new'])
def test_the_script_of_windows_does_what_the_command_would(home: str, tmp_path: Path) -> None:
    """Run with a ``bridge.cli`` that only tells what it is asked."""
    fake = tmp_path / "bridge" / "cli"
    fake.mkdir(parents=True)
    told = "def main(*a, **k):\n    import os\n    print([os.environ.get('OBBLIGATO_HOME', ''), *a])\n"
    (fake.parent / "__init__.py").write_text("")  # a package without it is found after one that is installed
    (fake / "__init__.py").write_text(told)
    script = tmp_path / "autostart.pyw"
    script.write_bytes(windows_plan(obbligato_home=home).content)
    environment = {key: value for key, value in os.environ.items() if key != "OBBLIGATO_HOME"}
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ast.literal_eval(done.stdout) == [home, ["serve", "--port=0"]]


def test_a_worker_that_imports_the_script_starts_no_bridge() -> None:
    text = windows.script(launch(obbligato_home="D:\\"))
    assert [type(node) for node in ast.parse(text).body] == [ast.If]


@pytest.mark.parametrize("system", SYSTEMS)
def test_installing_twice_is_installing_once(system: str, tmp_path: Path) -> None:
    plan = plan_for(launch(tmp_path), system)
    once, twice = System(), System()
    assert install(plan, once) is None
    assert install(plan, twice) is None
    assert Path(plan.path).read_bytes() == plan.content
    assert once.commands == twice.commands == [step.command for step in plan.install]


def test_what_each_system_is_told(tmp_path: Path) -> None:
    told = {}
    for name in SYSTEMS:
        system = System()
        install(plan_for(launch(tmp_path), name), system)
        uninstall(plan_for(launch(tmp_path), name), system)
        told[name] = system.words()
    assert told["linux"] == ["daemon-reload", "enable", "restart", "stop", "daemon-reload"]
    assert told["darwin"] == ["bootout", "enable", "bootstrap", "bootout"]
    assert told["win32"] == ["add", "-P", "delete"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_uninstalling_leaves_nothing(system: str, tmp_path: Path) -> None:
    plan = plan_for(launch(tmp_path), system)
    install(plan, System())
    for path in plan.files[1:]:  # as the system would make them
        path.parent.mkdir()
        path.symlink_to(plan.path)
    assert state(plan) == "installed"
    assert uninstall(plan, System()) is True
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []
    assert state(plan) == "absent"
    assert uninstall(plan, System("stop", "bootout", "delete")) is False


def test_half_an_installation_is_seen_and_removed(tmp_path: Path) -> None:
    plan = plan_for(launch(tmp_path), "linux")
    (link,) = plan.files[1:]
    link.parent.mkdir(parents=True)
    link.symlink_to(plan.path)  # leads nowhere
    assert state(plan) == "half"
    assert uninstall(plan, System("stop")) is True
    assert not link.is_symlink()


def test_where_the_system_cannot_be_told_the_commands_are_named(tmp_path: Path) -> None:
    plan = plan_for(launch(tmp_path), "linux")
    system = System("enable")
    undone = install(plan, system)
    assert undone is not None
    assert undone.reason == "no bus"
    enable = "systemctl --user enable obbligato.service"
    assert undone.commands == (enable, "systemctl --user restart obbligato.service")
    assert system.words() == ["daemon-reload", "enable"]
    assert Path(plan.path).exists()


def test_launchd_is_asked_again_while_the_old_agent_leaves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    plan = plan_for(launch(tmp_path), "darwin")
    system = System("bootout", "bootstrap")
    undone = install(plan, system)
    assert undone is not None
    assert undone.commands == (shlex.join(["launchctl", "bootstrap", "gui/501", str(plan.path)]),)
    assert system.words() == ["bootout", "enable", *["bootstrap"] * 20]
    assert install(plan, System("bootout")) is None


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("a file where a folder should be")
    plan = plan_for(launch(tmp_path), "linux")
    with pytest.raises(OutputError, match=r"obbligato\.service"):
        install(plan, System())


def test_obbligato_home_is_carried_over_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OBBLIGATO_HOME", "here")
    assert this_launch().obbligato_home == str(tmp_path / "here")
    assert this_launch().config == tmp_path / "here" / "config"
    monkeypatch.delenv("OBBLIGATO_HOME")
    assert this_launch(["--port=0"]).obbligato_home == ""
    assert this_launch(["--port=0"]).command == (*this_launch().command, "--port=0")


def test_the_command_is_one_that_runs() -> None:
    """From a folder that holds this very project, as PYTHONPATH where it is not installed."""
    root = Path(__file__).parents[2]
    command = [*this_launch().command, "--help"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: obbligato serve")


def test_commands_that_fail_or_are_not_there_are_outcomes() -> None:
    python = sys.executable
    assert run_command([python, "-c", "pass"]).well
    failed = run_command([python, "-c", "import sys; sys.exit('no\\nbus')"])
    assert failed == Outcome(False, "no bus")
    assert run_command([python, "-c", "import sys; sys.exit(3)"]).said.endswith("status 3")
    assert run_command(["no-such-program"]) == Outcome(False, "there is no no-such-program here")
    assert run_command([__file__, "x"]).well is False


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_is_left_running_is_not_waited_for(tmp_path: Path) -> None:
    gate, done = tmp_path / "gate", tmp_path / "done"
    script = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\n"
    script += "pathlib.Path(sys.argv[2]).touch()"
    assert run_command([sys.executable, "-c", script, str(gate), str(done)], wait=False).well
    assert not done.exists()  # it waits for the gate, which we could not open if we waited for it
    gate.touch()
    until = time.monotonic() + 20
    while not done.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert done.exists()
