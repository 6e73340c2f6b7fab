from __future__ import annotations

import json
import plistlib
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import plugin
from bridge.autostart.plan import Launch, Outcome
from bridge.errors import OutputError, RequestError
from bridge.plugin import folder as own
from bridge.plugin.enabling import registry
from bridge.plugin.lists import ConfigJson, PluginList, PluginsXml, UnclearError
from bridge.plugin.places import Machine, Place, Profile, find_places, place_of, profiles
from bridge.plugin.running import is_running

SYSTEMS = ("linux", "darwin", "win32")
ROOT = Path(__file__).parents[2]
WANTED = {"Obbligato.qml": b"qml", "flow.js": b"js", "pictures/small.png": b"\x89"}
URI = "musescore://extensions/v1/obbligato/obbligato.qml"


def machine(home: Path, system: str = "linux", **environment: str) -> Machine:
    return Machine(system, environment, home)


def started(here: Machine, *versions: int) -> None:
    """As after the first start of the usual MuseScore of these versions."""
    for version in versions:
        profiles(here, version)[0].data.mkdir(parents=True)


def place(here: Machine, version: int = 3) -> Place:
    (found,) = (place for place in find_places(here) if place.version == version)
    return found


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def nobody(_: Profile) -> bool:
    return False


def somebody(_: Profile) -> bool:
    return True


# Where things are.


@pytest.mark.parametrize(
    ("system", "environment", "data", "settings"),
    [
        ("linux", {}, ".local/share/MuseScore/MuseScore4", ".config/MuseScore/MuseScore4.ini"),
        (
            "linux",
            {"XDG_DATA_HOME": "{}/d", "XDG_CONFIG_HOME": "{}/c"},
            "d/MuseScore/MuseScore4",
            "c/MuseScore/MuseScore4.ini",
        ),
        (
            "darwin",
            {"XDG_DATA_HOME": "{}/d"},
            "Library/Application Support/MuseScore/MuseScore4",
            "Library/Preferences/org.musescore.MuseScore4.plist",
        ),
        (
            "win32",
            {"LOCALAPPDATA": "{}/Local", "APPDATA": "{}/Roaming"},
            "Local/MuseScore/MuseScore4",
            "Roaming/MuseScore/MuseScore4.ini",
        ),
        ("win32", {}, "AppData/Local/MuseScore/MuseScore4", "AppData/Roaming/MuseScore/MuseScore4.ini"),
    ],
)
def test_each_system_has_its_folders(
    system: str, environment: dict[str, str], data: str, settings: str, tmp_path: Path
) -> None:
    here = machine(tmp_path, system, **{name: at.format(tmp_path) for name, at in environment.items()})
    usual = profiles(here, 4)[0]
    assert (usual.data, usual.settings) == (tmp_path / data, tmp_path / settings)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("version", [3, 4])
def test_a_started_musescore_has_its_plugins_in_documents(system: str, version: int, tmp_path: Path) -> None:
    here = machine(tmp_path, system)
    started(here, version)
    assert [(found.version, found.folder) for found in find_places(here)] == [
        (version, tmp_path / "Documents" / f"MuseScore{version}" / "Plugins")
    ]


@pytest.mark.parametrize("system", SYSTEMS)
def test_where_no_musescore_is_there_is_no_place(system: str, tmp_path: Path) -> None:
    assert find_places(machine(tmp_path, system)) == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_its_folder_in_documents_is_enough(system: str, tmp_path: Path) -> None:
    (tmp_path / "Documents" / "MuseScore4").mkdir(parents=True)
    assert [found.version for found in find_places(machine(tmp_path, system))] == [4]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ('XDG_DOCUMENTS_DIR="$HOME/Dokumente"', "Dokumente"),
        ('# x\nXDG_MUSIC_DIR="$HOME/M"\nXDG_DOCUMENTS_DIR="$HOME/a \\"b\\""\n', 'a "b"'),
        ('XDG_DOCUMENTS_DIR="$HOME/"', "."),
        ('XDG_DOCUMENTS_DIR="{}/elsewhere"', "elsewhere"),
        ("XDG_MUSIC_DIR=", "Documents"),
    ],
)
def test_documents_may_have_another_name(said: str, where: str, tmp_path: Path) -> None:
    here = machine(tmp_path)
    started(here, 3)
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "user-dirs.dirs").write_text(said.format(tmp_path))
    assert place(here).folder == tmp_path / where / "MuseScore3" / "Plugins"


@pytest.mark.parametrize("cloud", ["OneDrive", "OneDrive - School"])
def test_documents_may_be_in_the_cloud(cloud: str, tmp_path: Path) -> None:
    here = machine(tmp_path, "win32", OneDriveCommercial=str(tmp_path / "OneDrive - School"))
    started(here, 4)
    (tmp_path / cloud / "Documents" / "MuseScore4").mkdir(parents=True)
    assert place(here, 4).folder == tmp_path / cloud / "Documents" / "MuseScore4" / "Plugins"


def test_what_windows_says_of_documents_goes_before_any_guess(tmp_path: Path) -> None:
    here = Machine("win32", {}, tmp_path, documents=tmp_path / "D")
    started(here, 4)
    (tmp_path / "Documents" / "MuseScore4").mkdir(parents=True)
    assert place(here, 4).folder == tmp_path / "D" / "MuseScore4" / "Plugins"


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (r"paths\myPlugins={}/mine", "mine"),
        (r'paths\myPlugins="{}/a, b"', "a, b"),
        (r"paths\myPlugins={}/M\xfcller", "Müller"),
        (r"paths\myPlugins={}/\xd83c\xdfb9", "🎹"),
        (r"paths\myPlugins={}/Müller", "Müller"),
        (r"paths\myPlugins=mine", "mine"),
        (r"paths\myPlugins=", "Documents/MuseScore4/Plugins"),
        ("[other]\n" + r"paths\myPlugins={}/other", "Documents/MuseScore4/Plugins"),
    ],
)
@pytest.mark.parametrize("system", ["linux", "win32"])
def test_the_preferences_name_another_folder(system: str, line: str, where: str, tmp_path: Path) -> None:
    here = machine(tmp_path, system)
    settings = profiles(here, 4)[0].settings
    settings.parent.mkdir(parents=True)
    text = "[ui]\nx=1\n[application]\npaths\\myScores=/s\n" + line.format(tmp_path) + "\n"
    settings.write_text(text, encoding="utf-8")
    assert place(here, 4).folder == tmp_path / where


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (plistlib.dumps({"application.paths.myPlugins": "mine"}), "mine"),
        (plistlib.dumps({"application.paths.myPlugins": "mine"}, fmt=plistlib.FMT_BINARY), "mine"),
        (plistlib.dumps({"x": 1}), "Documents/MuseScore4/Plugins"),
        (plistlib.dumps([1]), "Documents/MuseScore4/Plugins"),
        (b"nonsense", "Documents/MuseScore4/Plugins"),
        (b"<?xml version='1.0'?><plist", "Documents/MuseScore4/Plugins"),
    ],
)
def test_the_preferences_of_macos_name_another_folder(data: bytes, where: str, tmp_path: Path) -> None:
    here = machine(tmp_path, "darwin")
    settings = profiles(here, 4)[0].settings
    settings.parent.mkdir(parents=True)
    settings.write_bytes(data)
    assert place(here, 4).folder == tmp_path / where


def test_musescores_installed_in_several_ways_share_one_folder(tmp_path: Path) -> None:
    here = machine(tmp_path)
    usual, flatpak, snap = profiles(here, 4)
    flatpak.data.mkdir(parents=True)
    (tmp_path / "Documents" / "MuseScore4").mkdir(parents=True)
    assert [found.profiles for found in find_places(here)] == [(flatpak,)]
    usual.data.mkdir(parents=True)
    snap.data.mkdir(parents=True)
    assert [found.profiles for found in find_places(here)] == [(usual, flatpak, snap)]


def test_a_named_folder_is_recognised(tmp_path: Path) -> None:
    here = machine(tmp_path)
    usual = profiles(here, 3)[0]
    assert place_of(here, tmp_path / "Documents" / "MuseScore4" / "Plugins").version == 4
    assert place_of(here, usual.data / "plugins") == Place(3, usual.data / "plugins", (usual,))
    assert place_of(here, tmp_path / "any") == Place(0, tmp_path / "any")


def test_a_named_folder_must_have_a_folder_above(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="there is no folder"):
        plugin.places(tmp_path / "none" / "Plugins", machine(tmp_path))


# Lists of enabled plugins.

names = st.text(st.characters(codec="utf-8", categories=("L", "N", "Zs", "Po")), max_size=9)
blanks = st.text(" \t", max_size=3)


@st.composite
def xml_lists(draw: st.DrawFn) -> str:
    newline = draw(st.sampled_from(["\n", "\r\n", ""]))
    blocks = "".join(
        f"{draw(blanks)}<Plugin>{newline}<path>{escape(name)}.qml</path>{draw(blanks)}<load>{load}</load>"
        f"<SC><key>plugin-run</key></SC></Plugin>{draw(blanks)}{newline}"
        for name, load in draw(st.lists(st.tuples(names, st.sampled_from("01")), max_size=4))
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<museScore version="3.01">{newline}{blocks}'
        f"{draw(blanks)}</museScore>{draw(blanks)}{newline}"
    )


@st.composite
def json_lists(draw: st.DrawFn) -> str:
    action = st.fixed_dictionaries({"code": names, "exec_point": st.sampled_from(["manually", "disabled"])})
    entry = st.fixed_dictionaries({"uri": names, "actions": st.lists(action, max_size=2)})
    listed = draw(st.lists(entry, max_size=4))
    return json.dumps(listed, indent=draw(st.sampled_from([None, 0, 4])), ensure_ascii=draw(st.booleans()))


FORMATS: list[tuple[PluginList, st.SearchStrategy[str]]] = [
    (PluginsXml(), xml_lists()),
    (ConfigJson(), json_lists()),
]
texts_in_formats = st.sampled_from(FORMATS).flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1]))
keys = names.map(lambda name: f"/x/{name}&<y>/Obbligato.qml")


def others(text: str, key: str) -> list[object]:
    """What stands in the list besides the key, as a plain reader has it."""
    if text.startswith("["):
        return [entry for entry in json.loads(text) if entry["uri"] != key]
    listed = ElementTree.fromstring(text).findall("Plugin")
    return [(one.findtext("path"), one.findtext("load"), len(one)) for one in listed if one[0].text != key]


@given(texts_in_formats, keys)
def test_putting_in_and_cutting_out_leaves_the_list_as_it_was(
    given: tuple[PluginList, str], key: str
) -> None:
    form, text = given
    enabled = form.enabled(text, key)
    assert form.is_enabled(enabled, key) and not form.is_enabled(text, key)
    assert others(enabled, key) == others(text, key)
    assert form.enabled(enabled, key) == enabled
    assert form.without(enabled, key) == text
    assert form.without(text, key) == text


@given(xml_lists(), st.integers(0, 3))
def test_one_that_is_off_in_plugins_xml_is_switched_on_where_it_stands(text: str, index: int) -> None:
    listed = ElementTree.fromstring(text).findall("Plugin")
    paths = [one.findtext("path", "") for one in listed]
    key = paths[index % len(paths)] if paths else "/new.qml"
    switched = PluginsXml().enabled(text, key)
    after = [one.findtext("path", "") for one in ElementTree.fromstring(switched).findall("Plugin")]
    assert PluginsXml().is_enabled(switched, key)
    assert after == (paths or [key])
    assert switched.count("<SC>") == text.count("<SC>")


def test_one_that_is_off_in_config_json_is_switched_on_where_it_stands() -> None:
    off = {"uri": URI, "actions": [{"code": "main", "exec_point": "disabled"}]}
    first, last = {"uri": "a", "actions": []}, {"uri": "z", "actions": []}
    switched = ConfigJson().enabled(json.dumps([first, off, last]), URI)
    assert [entry["uri"] for entry in json.loads(switched)] == ["a", URI, "z"]
    assert ConfigJson().is_enabled(switched, URI)
    assert json.loads(ConfigJson().without(switched, URI)) == [first, last]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (PluginsXml(), "<museScore>"),
        (PluginsXml(), "<other></other>"),
        (PluginsXml(), "<museScore/>"),
        (PluginsXml(), "<museScore><!-- <Plugin></Plugin> --></museScore>"),
        (PluginsXml(), "<museScore><Plugin a='1'></Plugin></museScore>"),
        (PluginsXml(), '<!DOCTYPE museScore [<!ENTITY a "b">]><museScore>&a;</museScore>'),
        (ConfigJson(), "[{}"),
        (ConfigJson(), '{"uri": "a"}'),
        (ConfigJson(), "[1]"),
        (ConfigJson(), "\ufeff[]"),
        (ConfigJson(), "[" * 100_000),
    ],
)
def test_a_text_of_another_kind_is_not_guessed_at(form: PluginList, text: str) -> None:
    with pytest.raises(UnclearError):
        form.enabled(text, "key")


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("data", [b"nonsense", b"\xff\xfe"])
def test_a_list_that_is_not_understood_is_left_alone(version: int, data: bytes, tmp_path: Path) -> None:
    here = machine(tmp_path)
    started(here, version)
    listed = registry(profiles(here, version)[0], place(here, version).folder)
    listed.path.parent.mkdir(exist_ok=True)
    listed.path.write_bytes(data)
    finding = plugin.install(place(here, version), WANTED, nobody)
    assert finding.state == "current" and finding.enabled == {f"MuseScore {version}": "unclear"}
    assert plugin.look(place(here, version), WANTED).enabled == {f"MuseScore {version}": "unclear"}
    assert plugin.uninstall(place(here, version), WANTED, nobody)
    assert listed.path.read_bytes() == data


def test_no_new_list_hides_that_of_musescore_4_0(tmp_path: Path) -> None:
    here = machine(tmp_path)
    started(here, 4)
    (profiles(here, 4)[0].data / "plugins").mkdir()
    (profiles(here, 4)[0].data / "plugins" / "plugins.json").write_text("[]")
    assert plugin.install(place(here, 4), WANTED, nobody).enabled == {"MuseScore 4": "unclear"}
    assert not (profiles(here, 4)[0].data / "extensions").exists()


def test_a_musescore_that_was_never_started_gets_no_list(tmp_path: Path) -> None:
    here = machine(tmp_path)
    (tmp_path / "Documents" / "MuseScore3").mkdir(parents=True)
    assert plugin.install(place(here), WANTED, nobody).enabled == {"MuseScore 3": "unknown"}
    assert {path.split("/")[0] for path in tree(tmp_path)} == {"Documents"}


# Installing.


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    """A machine with both versions."""
    found = machine(tmp_path)
    started(found, 3, 4)
    return found


@pytest.mark.parametrize("version", [3, 4])
def test_the_plugin_stands_there_and_is_enabled(version: int, here: Machine) -> None:
    at = place(here, version)
    assert plugin.look(at, WANTED).state == "absent"
    finding = plugin.install(at, WANTED, nobody)
    assert finding == plugin.look(at, WANTED)
    assert (finding.state, finding.enabled) == ("current", {f"MuseScore {version}": "enabled"})
    found = tree(at.folder / "Obbligato")
    assert json.loads(found.pop("obbligato-plugin.json"))["files"] == sorted(WANTED)
    assert found == WANTED


def test_what_musescore_reads_names_the_plugin(here: Machine) -> None:
    for found in find_places(here):
        plugin.install(found, WANTED, nobody)
    xml = ElementTree.parse(profiles(here, 3)[0].data / "plugins.xml").getroot()
    qml = here.home / "Documents" / "MuseScore3" / "Plugins" / "Obbligato" / "Obbligato.qml"
    assert [[(one.tag, one.text) for one in block] for block in xml] == [[("path", str(qml)), ("load", "1")]]
    config = json.loads((profiles(here, 4)[0].data / "extensions" / "config.json").read_text())
    assert config == [{"uri": URI, "actions": [{"code": "main", "exec_point": "manually"}]}]


file_names = st.sampled_from(["a.qml", "Obbligato.js", "x/b.qml", "Obbligato2/c.png"])


@given(
    st.dictionaries(file_names, st.binary(max_size=9)),
    st.none() | xml_lists().filter(lambda text: text != PluginsXml.empty),  # that one is as good as none
    st.none() | json_lists(),
    st.sampled_from(SYSTEMS),
)
def test_uninstalling_leaves_every_other_file_as_it_was(
    files: dict[str, bytes], xml: str | None, config: str | None, system: str
) -> None:
    with TemporaryDirectory() as folder:
        there = machine(Path(folder), system)
        started(there, 3, 4)
        for found in find_places(there):
            for name, data in files.items():
                (found.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (found.folder / name).write_bytes(data)
            (profile,) = found.profiles
            text = xml if found.version == 3 else config
            if text is not None:
                path = registry(profile, found.folder).path
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(text.encode())
        before = tree(Path(folder))
        for found in find_places(there):
            plugin.install(found, WANTED, nobody)
        once = tree(Path(folder))
        assert before.items() - once.items() <= {
            (name, data) for name, data in before.items() if name.endswith(("plugins.xml", "config.json"))
        }
        for found in find_places(there):
            plugin.install(found, WANTED, nobody)
        assert tree(Path(folder)) == once
        for found in find_places(there):
            assert plugin.uninstall(found, WANTED, nobody)
        assert tree(Path(folder)) == before
        assert [plugin.uninstall(found, WANTED, nobody) for found in find_places(there)] == [None, None]


def test_files_of_an_older_version_go_and_what_the_user_put_there_stays(
    here: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(here)
    monkeypatch.setattr(plugin, "version", lambda: "0.1")
    plugin.install(at, {**WANTED, "old.js": b"", "deep/er/old.js": b""}, nobody)
    (at.folder / "Obbligato" / "notes.txt").write_text("mine")
    monkeypatch.setattr(plugin, "version", lambda: "0.2")
    assert (plugin.look(at, WANTED).state, plugin.look(at, WANTED).version) == ("other version", "0.1")
    finding = plugin.install(at, WANTED, nobody)
    assert (finding.state, finding.version) == ("current", "0.2")
    assert set(tree(finding.folder)) == {*WANTED, "obbligato-plugin.json", "notes.txt"}
    assert not (finding.folder / "deep").exists()
    assert plugin.uninstall(at, WANTED, nobody)
    assert tree(finding.folder) == {"notes.txt": b"mine"}


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_file_that_was_changed_or_lost_is_noticed_and_mended(name: str, here: Machine) -> None:
    at = place(here)
    plugin.install(at, WANTED, nobody)
    for spoil in (lambda path: path.write_bytes(b"other"), Path.unlink):
        spoil(at.folder / "Obbligato" / name)
        assert plugin.look(at, WANTED).state == "changed"
        assert plugin.install(at, WANTED, nobody).state == "current"


MARKERS = [
    None,
    "nonsense",
    "[]",
    '{"version": "1"}',
    '{"version": 1, "files": []}',
    '{"version": "1", "files": [1]}',
    *(
        json.dumps({"version": "1", "files": [name]})
        for name in ["../a.qml", "/etc/passwd", "x/../../a.qml", "C:/a", "C:a", "..\\a.qml", ""]
    ),
]


@pytest.mark.parametrize("marker", MARKERS)
def test_a_folder_that_is_not_ours_is_never_touched(marker: str | None, here: Machine) -> None:
    at = place(here)
    folder = at.folder / "Obbligato"
    folder.mkdir(parents=True)
    (at.folder / "a.qml").write_text("neighbour")
    (folder / "Obbligato.qml").write_text("another's")
    if marker is not None:
        (folder / "obbligato-plugin.json").write_text(marker)
    before = tree(here.home)
    assert plugin.look(at, WANTED).state == "foreign"
    for act in (plugin.install, plugin.uninstall):
        with pytest.raises(OutputError, match="was not made by") as caught:
            act(at, WANTED, nobody)
        assert caught.value.hint
    assert tree(here.home) == before


def test_a_link_is_not_written_through(here: Machine, tmp_path: Path) -> None:
    at = place(here)
    plugin.install(at, WANTED, nobody)
    (at.folder / "Obbligato").rename(tmp_path / "elsewhere")
    (at.folder / "Obbligato").symlink_to(tmp_path / "elsewhere")
    before = tree(tmp_path / "elsewhere")
    for act in (plugin.install, plugin.uninstall):
        with pytest.raises(OutputError, match="was not made by"):
            act(at, {}, nobody)
    assert tree(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("fails_at", range(6))
@pytest.mark.parametrize("update", [False, True])
def test_an_installation_that_broke_off_can_be_repeated_or_removed(
    fails_at: int, update: bool, here: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, write, writes = place(here), own.write_whole, 0

    def breaking(path: Path, data: bytes, force: bool) -> None:
        nonlocal writes
        writes += 1
        if writes > fails_at:
            raise OutputError("the disk is full")
        write(path, data, force)

    if update:
        plugin.install(at, {"old.js": b"", "flow.js": b"older"}, nobody)
    monkeypatch.setattr(own, "write_whole", breaking)
    try:
        plugin.install(at, WANTED, nobody)
    except OutputError:
        assert plugin.look(at, WANTED).state != "foreign"
    else:
        assert fails_at == 5  # the marker, three files, and the list or the marker without the old file
    monkeypatch.setattr(own, "write_whole", write)
    plugin.install(at, WANTED, nobody)
    assert set(tree(at.folder / "Obbligato")) == {*WANTED, "obbligato-plugin.json"}
    assert plugin.uninstall(at, WANTED, nobody)
    assert tree(at.folder) == {}


def test_a_file_in_the_way_is_an_error_with_a_hint(here: Machine) -> None:
    at = place(here)
    at.folder.parent.mkdir(parents=True)
    at.folder.write_text("a file")
    with pytest.raises(OutputError, match="cannot write") as caught:
        plugin.install(at, WANTED, nobody)
    assert "MuseScore" in caught.value.hint


# A MuseScore that runs.


def test_the_list_of_a_musescore_that_runs_is_left_alone(here: Machine) -> None:
    at = place(here)
    assert plugin.install(at, WANTED, somebody).enabled == {"MuseScore 3": "running"}
    assert not (profiles(here, 3)[0].data / "plugins.xml").exists()
    plugin.install(at, WANTED, nobody)
    assert plugin.install(at, WANTED, somebody).enabled == {"MuseScore 3": "enabled"}
    removed = plugin.uninstall(at, WANTED, somebody)
    assert removed and removed.enabled == {"MuseScore 3": "running"} and removed.state == "absent"
    again = plugin.uninstall(at, WANTED, nobody)
    assert again and again.enabled == {"MuseScore 3": "disabled"}
    assert plugin.uninstall(at, WANTED, nobody) is None


def processes(folder: Path, comm: str, **environment: object) -> Path:
    (folder / "41").mkdir(parents=True)
    (folder / "41" / "comm").write_text(comm + "\n")
    said = "\0".join(f"{name}={value}" for name, value in environment.items()) + "\0"
    (folder / "41" / "environ").write_text(said)
    (folder / "self").mkdir()
    (folder / "42").mkdir()  # has just ended
    return folder


@pytest.mark.parametrize("comm", ["mscore3", "mscore4portable", "MuseScore-4.6", "musescore"])
def test_linux_tells_whose_musescore_runs(comm: str, tmp_path: Path) -> None:
    here = machine(tmp_path)
    usual, flatpak, _ = profiles(here, 4)
    usual.data.mkdir(parents=True)
    at_home = processes(tmp_path / "proc", comm, HOME=tmp_path)
    assert is_running(usual, here, processes=at_home)
    assert not is_running(flatpak, here, processes=at_home)
    assert not is_running(profiles(machine(tmp_path / "b"), 4)[0], here, processes=at_home)
    boxed = processes(tmp_path / "boxed", comm, HOME=tmp_path, XDG_DATA_HOME=flatpak.data.parents[1])
    assert is_running(flatpak, here, processes=boxed)
    assert not is_running(usual, here, processes=boxed)


def test_other_programs_are_no_musescore(tmp_path: Path) -> None:
    here = machine(tmp_path)
    usual = profiles(here, 4)[0]
    assert not is_running(usual, here, processes=processes(tmp_path / "proc", "python3", HOME=tmp_path))
    assert not is_running(usual, here, processes=tmp_path / "none")


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("darwin", "/sbin/launchd /Applications/MuseScore 4.app/Contents/MacOS/mscore -bash"),
        ("win32", "Image Name PID svchost.exe 12 MuseScore4.exe 4242 Console"),
    ],
)
def test_elsewhere_its_name_tells_the_version(system: str, said: str, tmp_path: Path) -> None:
    here = machine(tmp_path, system)

    def run(command: Sequence[str], *, wait: bool = True) -> Outcome:
        return Outcome(True, said)

    assert is_running(profiles(here, 4)[0], here, run)
    assert not is_running(profiles(here, 3)[0], here, run)


# What the plugin is told.


def launch(**more: object) -> Launch:
    about = {"python": sys.executable, "options": (), "home": PurePath("/h"), "settings": PurePath("/s")}
    return Launch(**{**about, "config": PurePath("/c"), **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("home", ["", "/home/ö'x/O"])
def test_the_plugin_is_told_in_ascii_where_the_bridge_is(system: str, home: str) -> None:
    data = own.bridge_path(launch(obbligato_home=home), Path("/ü/bridge.json"), system)
    said = json.loads(data.decode("ascii"))
    assert said["announcement"] == "/ü/bridge.json"
    assert said["command"][-1].endswith(
        "serve" if not (home and system == "win32") else "prog_name='obbligato')"
    )
    typed = subprocess.list2cmdline(said["command"]) if system == "win32" else shlex.join(said["command"])
    assert said["typed"] == typed


@pytest.mark.parametrize("system", ["linux", "win32"])
@pytest.mark.parametrize("home", ["", "/home/it's ö"])
def test_the_command_starts_the_bridge_of_that_home(system: str, home: str, tmp_path: Path) -> None:
    (tmp_path / "bridge").mkdir()
    (tmp_path / "bridge" / "__init__.py").write_text("")  # without it one that is installed is found first
    (tmp_path / "bridge" / "cli.py").write_text(
        "import os, sys\ndef main(words=None, prog_name=''):\n"
        "    print(ascii([os.environ.get('OBBLIGATO_HOME', ''), words or sys.argv[1:]]))\n"
    )
    (tmp_path / "bridge" / "__main__.py").write_text("from bridge.cli import main\nmain()\n")
    command = own.start_command(launch(options=("--port=0",), obbligato_home=home), system)
    here = {"PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=here, timeout=60, check=True)
    assert done.stdout.strip() == ascii([home, ["serve", "--port=0"]])


def test_the_package_holds_the_whole_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OBBLIGATO_HOME", raising=False)  # else the command would begin with it
    found = plugin.this_contents()
    told = json.loads(found.pop("bridge-path.json"))
    assert told["announcement"].endswith("/bridge.json") and told["command"][0].endswith(sys.executable)
    assert found == tree(ROOT / "plugin_musescore" / "obbligato")
    assert b"MuseScore {" in found["Obbligato.qml"]
