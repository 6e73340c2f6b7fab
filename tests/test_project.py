"""What the project says of itself is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = {".md", ".py", ".toml", ".txt", ".musicxml", ""}


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.splitlines() if (ROOT / name).is_file()]


def test_the_readme_has_the_file_tree_as_it_is():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from filetree import with_filetree
    finally:
        sys.path.pop(0)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_filetree(readme) == readme, "run: python docs/filetree.py"


def test_every_module_says_what_it_is_for():
    silent = [
        path
        for folder in ("bridge", "engine", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if not path.read_text(encoding="utf-8").lstrip("r").startswith('"""')
    ]
    assert not silent


def test_constraints_pin_every_requirement():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0] for line in lines if "==" in line}
    assert {re.split(r"[<>=]", name)[0] for name in wanted} <= pinned


def test_no_host_is_named_and_no_path_of_a_machine():
    hosts = "|".join(["py" + "pi.org", "python" + "hosted", "registry." + "npm", "deb." + "debian", "hugging" + "face"])
    pattern = re.compile(hosts + "|/" + "work/|/" + "root/")
    found = [p.name for p in tracked() if p.suffix in TEXT and pattern.search(p.read_text("utf-8", "replace"))]
    assert not found


def test_weights_fit_the_repository():
    sizes = [path.stat().st_size for path in (ROOT / "engine" / "weights").glob("*.safetensors")]
    assert sizes
    assert max(sizes) < 16e6
    assert sum(sizes) < 100e6


@pytest.mark.parametrize("heavy", ["torch", "music21", "lxml", "numpy"])
def test_help_imports_nothing_heavy(heavy):
    code = f"import sys, bridge.cli; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_both_commands_of_the_readme_use_the_constraints():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert all("-c obbligato/constraints.txt" in command for command in commands)
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
