from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge import plugin
from bridge.cli import main
from bridge.cli.plugin import _BY_HAND
from bridge.http import announcement
from bridge.http.announcement import Announcement
from bridge.plugin.places import Machine, profiles

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, on a Linux where no MuseScore runs, and an installed Obbligato."""
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "obbligato"))
    monkeypatch.setattr(plugin, "this_machine", lambda: Machine("linux", {}, tmp_path))
    monkeypatch.setattr(plugin, "version", lambda: "1.0")
    monkeypatch.setattr("bridge.version.version", lambda: "1.0")
    return tmp_path


@pytest.fixture
def musescores(home: Path) -> dict[int, Path]:
    """The folders for plugins of both versions, each started once."""
    for version in (3, 4):
        profiles(Machine("linux", {}, home), version)[0].data.mkdir(parents=True)
    return {version: home / "Documents" / f"MuseScore{version}" / "Plugins" for version in (3, 4)}


def run(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["plugin", *map(str, arguments)])
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


def test_it_comes_and_goes(musescores: dict[int, Path]) -> None:
    assert run("status").stdout.count("not installed") == 2
    said = run("install").stdout
    for version, folder in musescores.items():
        assert f"installed 1.0: {folder / 'Obbligato'}\n  MuseScore {version}: enabled\n" in said
        assert (folder / "Obbligato" / "Obbligato.qml").is_file()
        assert re.search(rf"^  MuseScore {version}: .*Obbligato", said, re.MULTILINE)  # by hand
    assert run("install").stdout == said
    said = run("status").stdout
    for version, folder in musescores.items():
        assert f"{folder / 'Obbligato'}: installed (1.0)\n  MuseScore {version}: enabled\n" in said
    said = run("uninstall").stdout
    for folder in musescores.values():
        assert f"removed: {folder / 'Obbligato'}\n" in said
        assert list(folder.iterdir()) == []
    assert run("uninstall").stdout == "it was not installed\n"


def test_machines_are_told_the_same(musescores: dict[int, Path]) -> None:
    installed = json.loads(run("install", "--json").stdout)
    assert installed == [
        {
            "folder": str(folder / "Obbligato"),
            "musescore": version,
            "state": "current",
            "version": "1.0",
            "enabled": {f"MuseScore {version}": "enabled"},
        }
        for version, folder in musescores.items()
    ]
    assert json.loads(run("status", "--json").stdout) == {"plugins": installed, "bridge": None}
    removed = json.loads(run("uninstall", "--json").stdout)
    assert [(one["state"], one["version"]) for one in removed] == [("absent", None)] * 2
    assert json.loads(run("uninstall", "--json").stdout) == []


def test_without_musescore_it_says_so() -> None:
    result = run("install", status=1)
    assert "error: no MuseScore 3 or 4 was found here" in result.stderr and "--folder" in result.stderr
    assert "no MuseScore 3 or 4 was found here" in run("status").stdout
    assert run("uninstall").stdout == "it was not installed\n"


def test_a_named_folder(home: Path) -> None:
    folder = home / "Plugins"
    said = run("install", "--folder", folder).stdout
    assert f"installed 1.0: {folder / 'Obbligato'}\n" in said and "by hand" in said
    assert json.loads(run("status", "--folder", folder, "--json").stdout)["plugins"][0]["musescore"] is None
    run("uninstall", "--folder", folder)
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_is_refused(home: Path) -> None:
    assert "there is no folder" in run("install", "--folder", home / "a" / "b", status=1).stderr
    (home / "file").write_text("")
    run("install", "--folder", home / "file", status=2)


def test_one_folder_that_fails_does_not_stop_the_other(musescores: dict[int, Path]) -> None:
    foreign = musescores[3] / "Obbligato"
    foreign.mkdir(parents=True)
    (foreign / "x.qml").write_text("")
    result = run("install", status=1)
    assert f"error: {foreign} was not made by" in result.stderr and "hint: Move it away" in result.stderr
    assert f"installed 1.0: {musescores[4] / 'Obbligato'}" in result.stdout
    assert f"{foreign}: something else goes by this name" in run("status").stdout
    assert f"error: {foreign} was not made by" in run("uninstall", status=1).stderr
    assert [path.name for path in foreign.iterdir()] == ["x.qml"]


def test_what_is_not_as_it_should_be_is_told(
    musescores: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("install")
    (musescores[3] / "Obbligato" / "Obbligato.qml").write_text("changed")
    assert "installed, but its files are not those of this version (1.0)" in run("status").stdout
    monkeypatch.setattr(plugin, "version", lambda: "2.0")
    assert run("status").stdout.count("installed, of another version (1.0)") == 2


def test_the_bridge_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "bridge: does not run" in run("status").stdout
    found = Announcement("http://127.0.0.1:8917", "secret", 7, "1.0")
    monkeypatch.setattr(announcement, "running_bridge", lambda: found)
    assert "bridge: runs at http://127.0.0.1:8917, version 1.0" in run("status").stdout
    told = run("status", "--json").stdout
    assert (
        json.loads(told)["bridge"] == {"url": found.url, "pid": 7, "version": "1.0"} and "secret" not in told
    )


def test_a_checkout_that_was_never_installed_is_told_of(
    musescores: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pip install" not in run("install").stderr
    monkeypatch.setattr("bridge.version.version", lambda: "unknown")
    assert "hint: Install Obbligato itself" in run("install").stderr


def test_the_menus_are_those_that_the_plugin_names() -> None:
    text = (ROOT / "plugin_musescore" / "obbligato" / "Obbligato.qml").read_text(encoding="utf-8")
    (menu,) = re.findall(r'^\s*menuPath: "(.*)"$', text, re.MULTILINE)
    (title,) = re.findall(r'^\s*//4\.4 title: "(.*)"$', text, re.MULTILINE)
    (category,) = re.findall(r'^\s*//4\.4 categoryCode: "(.*)"$', text, re.MULTILINE)
    names = {"composing-arranging-tools": "Composing/arranging tools"}
    assert menu.replace(".", " > ") in _BY_HAND
    assert f"Plugins > {names[category]} > {title}" in _BY_HAND
