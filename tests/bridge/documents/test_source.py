from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from bridge.documents import container, source
from bridge.documents.document import open_bytes, open_document
from bridge.documents.source import load, load_bytes
from bridge.errors import EmptyScoreError, InputError, UnsafeInputError

SCORE = (
    '<score-partwise><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>'
    '<part id="P1"><measure number="1"><note><pitch><step>C</step><octave>4</octave></pitch>'
    "<duration>4</duration></note></measure></part></score-partwise>"
)
CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'


def mxl(members: dict[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (SCORE.encode(), "musicxml"),
        (b"\xef\xbb\xbf  \n" + SCORE.encode(), "musicxml"),
        (('<?xml version="1.0" encoding="UTF-16"?>' + SCORE).encode("utf-16"), "musicxml"),
        (mxl({"a.xml": SCORE}), "mxl"),
        (b"MThd\0\0\0\6", "midi"),
    ],
)
def test_kind_is_decided_by_content(data: bytes, kind: str) -> None:
    assert load_bytes(data, "some.thing").kind == kind


def test_member_named_by_the_container_is_the_score() -> None:
    data = mxl({"decoy.xml": "<x/>", "META-INF/container.xml": CONTAINER.format("in/a.b"), "in/a.b": SCORE})
    assert load_bytes(data, "a.mxl").data == SCORE.encode()


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "gone.xml"])
def test_container_cannot_point_outside(path: str) -> None:
    data = mxl({"META-INF/container.xml": CONTAINER.format(path), "first.xml": SCORE})
    assert load_bytes(data, "a.mxl").data == SCORE.encode()


def test_pdf_listed_first_in_the_container_is_not_the_score() -> None:
    listed = (
        '<container><rootfiles><rootfile full-path="a.pdf" media-type="application/pdf"/>'
        '<rootfile full-path="b.xml"/></rootfiles></container>'
    )
    assert (
        load_bytes(mxl({"META-INF/container.xml": listed, "a.pdf": "%PDF", "b.xml": SCORE}), "a").data[:1]
        == b"<"
    )


def test_first_musicxml_of_several_rootfiles_is_the_score() -> None:
    listed = (
        '<container><rootfiles><rootfile full-path="full.xml" media-type="application/vnd.recordare.musicxml+xml"/>'
        '<rootfile full-path="part1.xml" media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>'
    )
    members = {"META-INF/container.xml": listed, "part1.xml": SCORE, "full.xml": SCORE + " "}
    assert load_bytes(mxl(members), "a.mxl").data == SCORE.encode() + b" "


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello", "neither MusicXML nor MIDI"),
        (b"PK\3\4 not really", "damaged"),
        (mxl({"a.xml": SCORE})[:-30], "damaged"),
        (mxl({"a.txt": "hello"}), "holds no MusicXML"),
        (mxl({"a.mscx": "<museScore/>"}), "MuseScore"),
        (b"<museScore/>", "MuseScore"),
        (b"<opus/>", "opus"),
        (b"<html/>", "<html>"),
        (b'<score-partwise xmlns="urn:music"/>', 'namespace "urn:music"'),
        (b'<m:score-timewise xmlns:m="urn:music"/>', '<score-timewise> is in the XML namespace "urn:music"'),
        (SCORE.encode()[:-40], "line 1"),
        (b"<a>\n<b>\n</a>", "line 3"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "klingon"),
    ],
)
def test_bad_file_is_named_with_its_fault(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        open_bytes(data, "song.mxl")
    assert caught.value.message.startswith("song.mxl: ")
    assert words in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("inside", ["", "<part id='P1'/>"])
def test_score_without_measures(inside: str) -> None:
    with pytest.raises(EmptyScoreError, match=r"song\.xml"):
        _ = open_bytes(f"<score-partwise>{inside}</score-partwise>".encode(), "song.xml").score


def test_folder_missing_and_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        load(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.xml")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "nul\0.xml")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / f"{'long' * 75}.xml")


def test_a_hyphen_is_no_name_for_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="standard input is not read") as caught:
        load(Path("-"))
    assert "file" in caught.value.hint
    Path("-").write_text(SCORE)
    assert load(Path("-")).data == SCORE.encode()


def test_file_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.musicxml"
    path.write_text(SCORE)
    assert open_document(path).score.parts[0].instrument == "voice"


def test_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(source.MAX_FILE_BYTES + 1)
    with pytest.raises(UnsafeInputError, match=r"large\.xml: larger than 64 MB"):
        load(path)


def test_zip_bomb_by_ratio() -> None:
    with pytest.raises(UnsafeInputError, match="times its size"):
        load_bytes(mxl({"a.xml": b"<a>" + b" " * 4_000_000}), "bomb.mxl")


def test_zip_bomb_with_lying_headers() -> None:
    data = mxl({"a.xml": b"<a>" + b" " * 4_000_000})
    size = struct.pack("<I", 4_000_003)
    assert data.count(size) == 2
    with pytest.raises(InputError):
        load_bytes(data.replace(size, struct.pack("<I", 100)), "bomb.mxl")


def test_small_archive_may_compress_well() -> None:
    assert load_bytes(mxl({"a.xml": SCORE + " " * 900_000}), "a.mxl").kind == "mxl"


def test_total_unpacked_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(UnsafeInputError, match="unpacks to more"):
        load_bytes(mxl({"a.xml": SCORE, "b": b"x" * 400, "c": b"x" * 400}), "a.mxl")


def test_number_of_entries_is_bounded() -> None:
    entries: dict[str, str | bytes] = {f"{i}": "" for i in range(container.MAX_ENTRIES)}
    with pytest.raises(UnsafeInputError, match="entries"):
        load_bytes(mxl({"a.xml": SCORE, **entries}), "a.mxl")


def test_encrypted_archive() -> None:
    data = bytearray(mxl({"a.xml": SCORE}))
    data[data.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(InputError, match="encrypted"):
        load_bytes(bytes(data), "a.mxl")


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE score-partwise [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise>&x;</score-partwise>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x">%x;]><score-partwise/>',
        '<!DOCTYPE a [<!ENTITY x "harmless">]><score-partwise/>',
        f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><score-partwise>&l11;</score-partwise>',
        f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><score-partwise version="&l11;"/>',
        "<a>" * 5_000,
        "<a>" + "x" * 11_000_000 + "</a>",
        "<" + "a" * 100_000 + "/>",
    ],
    ids=["external", "parameter", "any", "laughs", "laughs-in-attribute", "deep", "giant-text", "giant-name"],
)
def test_unsafe_xml(document: str) -> None:
    with pytest.raises(UnsafeInputError, match=r"song\.xml"):
        open_bytes(document.encode(), "song.xml")


def test_unsafe_container_xml() -> None:
    evil = '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><container>&x;</container>'
    with pytest.raises(UnsafeInputError, match=r"a\.mxl: META-INF/container\.xml"):
        load_bytes(mxl({"META-INF/container.xml": evil, "a.xml": SCORE}), "a.mxl")
