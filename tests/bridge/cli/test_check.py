from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli import main
from bridge.documents.document import open_document
from bridge.documents.midi_writer import write_midi

Make = Callable[..., Path]


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


@pytest.fixture
def faulty(make_score: Make) -> Path:
    """The piano's third measure is too short, and its second note is drawn wrongly."""
    path = make_score("duo")
    head, piano = path.read_text(encoding="utf-8").split('<part id="P2">')
    first, second, third = piano.split("</measure>", 2)
    second = second.replace("whole", "half")
    third = third.replace("<duration>4", "<duration>3")
    path.write_text(f'{head}<part id="P2">{first}</measure>{second}</measure>{third}', encoding="utf-8")
    return path


def test_a_sound_file_is_one_line(make_score: Make) -> None:
    song, duo = make_score(), make_score("duo")
    result = check(song, duo)
    assert result.exit_code == 0
    lines = [f"{song}: sound (1 part, 4 measures)", f"{duo}: sound (2 parts, 3 measures)"]
    assert result.stdout.splitlines() == lines


def test_each_fault_is_one_line_with_its_place(faulty: Path, make_score: Make) -> None:
    result = check(faulty, make_score())
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{faulty}: part P2 (Piano), measure 2: voice 1: a note drawn as half lasts 4 quarters instead of 2",
        f"{faulty}: part P2 (Piano), measure 3: voice 1: 3 quarters instead of 4",
        f"{faulty}: part P2 (Piano), measure 3: voice 1: a note drawn as whole lasts 3 quarters instead of 4",
        f"{make_score()}: sound (1 part, 4 measures)",
    ]


def test_a_remark_is_no_fault(make_score: Make) -> None:
    song = make_score()
    song.write_text(song.read_text(encoding="utf-8").replace("<octave>4", "<octave>1"), encoding="utf-8")
    result = check(song)
    assert result.exit_code == 0
    first, *_, last = result.stdout.splitlines()
    place = "part P1 (Voice), measure 1"
    assert first == f"{song}: remark: {place}: C1 is beyond the usual range of Voice"
    assert last.endswith(": sound (1 part, 4 measures)")


@pytest.mark.parametrize("kind", ["truncated", "timewise", "partless", "prose", "void"])
def test_what_cannot_be_read_is_an_error_and_the_others_are_checked(kind: str, make_score: Make) -> None:
    bad, song = make_score(kind), make_score()
    result = check(bad, song)
    assert result.exit_code == 1
    assert f"{bad}: " in result.output.splitlines()[0]
    assert "sound" not in result.output.splitlines()[0]
    assert result.stdout.splitlines()[-1] == f"{song}: sound (1 part, 4 measures)"


def test_a_missing_file(tmp_path: Path) -> None:
    result = check(tmp_path / "none.musicxml")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {tmp_path / 'none.musicxml'}: there is no such file\n")


def test_json(faulty: Path, make_score: Make) -> None:
    result = check(faulty, make_score(), make_score("prose"), "--json")
    assert result.exit_code == 1
    broken, song, prose = json.loads(result.stdout)["files"]
    assert song == {
        "input": str(make_score()), "sound": True, "parts": 1, "measures": 4, "findings": [], "error": None
    }  # fmt: skip
    assert not broken["sound"] and broken["error"] is None
    assert broken["findings"][0] == {
        "severity": "fault",
        "part": "P2",
        "name": "Piano",
        "measure": "2",
        "message": "voice 1: a note drawn as half lasts 4 quarters instead of 2",
    }
    assert not prose["sound"] and prose["error"]["code"] == "bad-input"


def test_compressed_files_and_midi_files(faulty: Path, make_score: Make, tmp_path: Path) -> None:
    packed = tmp_path / "duo.mxl"
    container = '<container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>'
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.write(faulty, "a.xml")
    played = tmp_path / "song.mid"
    played.write_bytes(write_midi(open_document(make_score()).score))
    result = check(packed, played)
    assert result.exit_code == 1
    assert f"{packed}: part P2 (Piano), measure 2: voice 1: " in result.stdout
    assert f"{played}: sound (1 part, 4 measures)" in result.stdout


def test_what_no_score_can_be_read_from_is_not_sound(make_score: Make) -> None:
    """The faults that make it unreadable are named, not the reader's first complaint."""
    song = make_score()
    song.write_text(song.read_text(encoding="utf-8").replace("<step>D", "<step>H"), encoding="utf-8")
    result = check(song)
    assert result.exit_code == 1
    assert "part P1 (Voice), measure 2: a note has the step 'H'" in result.stdout
    assert "unexpected" not in result.output


def test_wrong_usage() -> None:
    assert check().exit_code == 2
    assert check("--colour").exit_code == 2
