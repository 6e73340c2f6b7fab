"""What the project says of itself is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
TEXT = {".js", ".json", ".md", ".musicxml", ".py", ".qml", ".toml", ".txt", ""}


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.splitlines() if (ROOT / name).is_file()]


def test_the_readme_has_the_file_tree_as_it_is() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from filetree import with_filetree
    finally:
        sys.path.pop(0)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_filetree(readme) == readme, "run: python docs/filetree.py"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path
        for folder in ("bridge", "engine", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if not path.read_text(encoding="utf-8").lstrip("r").startswith('"""')
    ]
    assert not silent


def test_constraints_pin_every_requirement() -> None:
    """Those that pyproject.toml names, within its bounds, and those that they need in turn here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [Requirement(r) for r in project["dependencies"] + project["optional-dependencies"]["dev"]]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    assert {name for name in closure(named) if name not in pinned} == set()
    assert [str(r) for r in named if not r.specifier.contains(pinned[canonicalize_name(r.name)])] == []


def closure(requirements: list[Requirement]) -> set[str]:
    """The names of the installed distributions that those requirements lead to."""
    names: set[str] = set()
    todo = [canonicalize_name(requirement.name) for requirement in requirements]
    while todo:
        if (name := todo.pop()) not in names:
            names.add(name)
            needs = [Requirement(line) for line in metadata.requires(name) or []]
            todo += [canonicalize_name(r.name) for r in needs if r.marker is None or r.marker.evaluate()]
    return names


def test_no_host_is_named_and_no_path_of_a_machine() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted", "npm" + "js", "debian" + ".org", "hugging" + "face"]
    pattern = re.compile("|".join(map(re.escape, hosts)) + r"|(?<!\w)/(work|root)/")
    texts = {path: path.read_bytes().decode("utf-8", "replace") for path in tracked() if path.suffix in TEXT}
    found = {path.name: match[0] for path, text in texts.items() if (match := pattern.search(text))}
    assert found == {}


def test_weights_fit_the_repository() -> None:
    sizes = [path.stat().st_size for path in (ROOT / "engine" / "weights").glob("*.safetensors")]
    assert sizes
    assert max(sizes) < 16e6
    assert sum(sizes) < 100e6


@pytest.mark.parametrize("heavy", ["torch", "music21", "lxml", "numpy"])
def test_help_imports_nothing_heavy(heavy: str) -> None:
    code = f"import sys, bridge.cli; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_both_commands_of_the_readme_use_the_constraints() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert all("-c obbligato/constraints.txt" in command for command in commands)
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
