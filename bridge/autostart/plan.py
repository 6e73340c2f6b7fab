"""What it takes to start the bridge at login: one file, and commands that tell the system of it.

The plans themselves are pure and made for any system on any machine; ``install`` and ``uninstall`` act on one.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, Protocol

from bridge.errors import OutputError

_PATIENCE = 60  # seconds for a command
_PAUSE = 0.5  # seconds between two tries
State = Literal["installed", "half", "absent"]


@dataclass(frozen=True, slots=True)
class Launch:
    """What is to be started, and for whom."""

    python: str  # the interpreter that has Obbligato
    options: tuple[str, ...]  # of ``obbligato serve``
    home: PurePath  # the user's folder
    settings: PurePath  # where programs of the user keep their settings
    config: PurePath  # where Obbligato keeps its own
    obbligato_home: str = ""
    user: int = 0  # number of the user, where the system has such

    @property
    def command(self) -> tuple[str, ...]:
        """``-P``: a folder ``bridge`` where the system starts us must not be taken for ours."""
        return (self.python, "-P", "-m", "bridge", "serve", *self.options)

    @property
    def with_environment(self) -> tuple[str, ...]:
        """The command as one that needs nothing around it, on any Unix."""
        home = self.obbligato_home
        return ("/usr/bin/env", *((f"OBBLIGATO_HOME={home}",) if home else ()), *self.command)


@dataclass(frozen=True, slots=True)
class Step:
    """A command; one that is ``optional`` may fail, one that does not wait is left running."""

    command: tuple[str, ...]
    optional: bool = False
    tries: int = 1
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """``made`` are files that the system makes when it is told; like ``path`` they go on uninstalling.

    ``start`` starts the bridge in a session that cannot be told.
    """

    path: PurePath
    content: bytes
    install: tuple[Step, ...]
    uninstall: tuple[Step, ...]
    start: tuple[str, ...]
    made: tuple[PurePath, ...] = ()
    typed: Callable[[Sequence[str]], str] = shlex.join  # a command as a person types it

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is there when it is installed."""
        return (Path(self.path), *map(Path, self.made))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command went; ``said`` is one line."""

    well: bool
    said: str = ""


class Run(Protocol):
    """Runs a command; never raises."""

    def __call__(self, command: Sequence[str], *, wait: bool = True) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Undone:
    """The system could not be told: why, and the commands that are left, as typed."""

    reason: str
    commands: tuple[str, ...]


def run_command(command: Sequence[str], *, wait: bool = True) -> Outcome:
    """Run it, and wait for its end unless told not to."""
    try:
        if not wait:
            _leave_running(command)
            return Outcome(True)
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
        )
    except FileNotFoundError:
        return Outcome(False, f"there is no {command[0]} here")
    except (OSError, subprocess.SubprocessError) as error:
        return Outcome(False, " ".join(str(error).split()))
    said = " ".join((done.stderr or done.stdout).split())
    return Outcome(done.returncode == 0, said or f"{command[0]} ended with status {done.returncode}")


def _leave_running(command: Sequence[str]) -> None:
    """On Windows without the console that the command line has, which would end it when it closes."""
    flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    nowhere = subprocess.DEVNULL
    subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, creationflags=flags)


def install(plan: Plan, run: Run = run_command) -> Undone | None:
    """Write the file and tell the system; None when all went well. Raises ``OutputError``."""
    path = Path(plan.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(plan.content)
    except OSError as error:
        raise _not_written(path, error) from error
    for index, step in enumerate(plan.install):
        outcome = _take(step, run)
        if not (outcome.well or step.optional):
            left = tuple(plan.typed(left.command) for left in plan.install[index:] if not left.optional)
            return Undone(outcome.said, left)
    return None


def uninstall(plan: Plan, run: Run = run_command) -> bool:
    """Remove what is there of it; whether there was anything. Raises ``OutputError``.

    What the system says is not asked for: where it cannot be told, it does not run us either.
    """
    was_there = state(plan) != "absent"
    for path in plan.files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _not_written(path, error) from error
    for step in plan.uninstall:
        _take(step, run)
    return was_there


def state(plan: Plan) -> State:
    """How much of it is there."""
    there = [path.is_symlink() or path.exists() for path in plan.files]
    return "installed" if all(there) else "half" if any(there) else "absent"


def _take(step: Step, run: Run) -> Outcome:
    outcome = run(step.command, wait=step.wait)
    for _ in range(1, step.tries):
        if outcome.well:
            break
        time.sleep(_PAUSE)
        outcome = run(step.command, wait=step.wait)
    return outcome


def _not_written(path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"cannot change {path}: {reason}", "Make it and its folder writable.")
