"""Results as files: figures with the commit, the machine and the command that made them."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"


def commit() -> str:
    """The commit of this checkout, marked when more than results and pictures is not as committed."""
    name = _git("describe", "--always")
    changed = _git("status", "--porcelain", "--", ".", ":!benchmarks/results", ":!docs")
    return f"{name or 'unknown'}{'-dirty' if changed else ''}"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def made_by(command: str) -> str:
    """One sentence for the foot of a report."""
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    return f"Commit {commit()}; {machine}; `{command}`."


def write_report(name: str, title: str, lines: Iterable[str], command: str) -> None:
    """results/NAME.md, printed too."""
    text = "\n".join([f"# {title}", "", *lines, "", made_by(command), ""])
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
