"""Put the file tree into README.md: one line per module, its docstring's first line.

    python docs/filetree.py

A test holds the README to it.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("bridge", "engine", "benchmarks")
_START, _END = "<!-- filetree -->\n", "<!-- /filetree -->"


def filetree() -> str:
    """The tree as a fenced block."""
    lines: list[str] = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py"), key=_packages_first):
            if "__pycache__" not in path.parts and path.name != "__main__.py":
                lines.append(_line(path))
    width = max(len(name) for name, _ in map(_split, lines))
    return "```\n" + "".join(f"{n:<{width}}  {text}\n" for n, text in map(_split, lines)) + "```\n"


def _packages_first(path: Path) -> tuple[str, bool, str]:
    return (str(path.parent), path.name != "__init__.py", path.name)


def _line(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    relative = path.relative_to(ROOT)
    name = f"{relative.parent.name}/" if path.name == "__init__.py" else f"  {path.name}"
    indent = "  " * (len(relative.parts) - 2)
    return f"{indent}{name}\t{docstring.splitlines()[0] if docstring else ''}"


def _split(line: str) -> tuple[str, str]:
    name, text = line.split("\t")
    return name, text


def with_filetree(readme: str) -> str:
    """README's text with the tree as it is now."""
    pattern = re.escape(_START) + ".*?" + re.escape(_END)
    return re.sub(pattern, lambda _: _START + filetree() + _END, readme, flags=re.DOTALL)


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(with_filetree(path.read_text(encoding="utf-8")), encoding="utf-8")
