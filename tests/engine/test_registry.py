from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from engine import registry

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which distributions that add engines can be installed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._points.cache_clear()
    yield tmp_path
    registry._points.cache_clear()


def install(folder: Path, name: str, target: str, code: str) -> None:
    (folder / f"{target}.py").write_text(code)
    info = folder / f"{target}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {target}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{name} = {target}\n")


def test_our_own_engines_are_the_entry_points_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"][registry.GROUP]
    assert [EntryPoint(name, value, registry.GROUP) for name, value in points.items()] == list(registry.OWN)


@pytest.mark.parametrize(
    ("name", "card"), [("transformer", "small"), ("transformer-base", "base"), ("musegan", "musegan")]
)
def test_an_engine_names_the_works_that_its_model_card_names(name: str, card: str) -> None:
    (data,) = [info.data for info in registry.available() if info.name == name]
    told = (ROOT / "engine" / "weights" / f"{card}.md").read_text(encoding="utf-8")
    collections = ("Lieder", "String Quartets", "Open Hymnal", "Mutopia", "OpenEWLD", "POP909")
    assert [c for c in collections if c in data] == [c for c in collections if c in told]


def test_the_default_engine_comes_first() -> None:
    assert registry.available()[0].name == registry.DEFAULT


def test_other_distributions_add_engines(others: Path) -> None:
    code = (
        "from engine.interface import EngineInfo\n"
        "def describe(): return EngineInfo('another', 'of another distribution')\n"
        "def load(): return 'the engine'\n"
    )
    install(others, "added", "added_engine", code)
    (info,) = [info for info in registry.available() if info.name == "added"]
    assert info.description == "of another distribution"
    assert registry.load_engine("added") == "the engine"


def test_no_distribution_takes_the_name_of_one_of_ours(others: Path) -> None:
    install(others, registry.DEFAULT, "impostor", "def describe(): raise AssertionError\n")
    assert registry.available()[0].fault == ""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def describe():\n    raise ValueError('two\\nlines')\n", "ValueError: two lines"),
    ],
)
def test_an_engine_that_cannot_be_asked_is_listed_with_the_reason(
    others: Path, code: str, reason: str
) -> None:
    install(others, "broken", "broken_engine", code)
    faults = {info.name: info.fault for info in registry.available()}
    assert faults["broken"] == reason
    assert faults[registry.DEFAULT] == ""


@pytest.mark.parametrize("asked", [registry.described, registry.load_engine])
def test_there_is_no_engine_of_an_unknown_name(asked: Callable[[str], object]) -> None:
    with pytest.raises(KeyError):
        asked("musegam")


def test_of_one_engine_no_other_is_asked(others: Path) -> None:
    install(others, "idle", "idle_engine", "")
    assert registry.described(registry.DEFAULT).name == registry.DEFAULT
    assert "idle_engine" not in sys.modules


@pytest.mark.parametrize("heavy", ["torch", "numpy"])
def test_listing_engines_imports_nothing_heavy(heavy: str) -> None:
    code = (
        f"import sys; from engine.registry import available; available(); sys.exit({heavy!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
