from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.documents.document import open_bytes
from bridge.errors import InputError

BODY = (
    '<score-partwise version="3.1">\n <part-list/>\n <part id="P1">\n  <measure number="1">\n'
    "   <direction><words>Lebhaft – für Élise</words></direction>\n  </measure>\n </part>\n</score-partwise>"
)
PROLOG = (
    '<?xml version="1.0" encoding="{}" standalone=\'no\'?>\n<!-- written by hand, <score-partwise> -->\n'
    '<!DOCTYPE score-partwise PUBLIC\n  "-//Recordare//DTD MusicXML 3.1 Partwise//EN"\n'
    '  "http://www.musicxml.org/dtds/partwise.dtd">\n<?style x="1"?>\n'
)
EPILOG = "\n<!-- </score-partwise> -->\n<?done?>\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("UTF-8", b""),
        ("UTF-8", b"\xef\xbb\xbf"),
        ("UTF-16-LE", b"\xff\xfe"),
        ("UTF-16-BE", b"\xfe\xff"),
        ("windows-1252", b""),
    ],
)
def test_document_comes_back_byte_for_byte(encoding: str, mark: bytes, newline: str) -> None:
    declared = "UTF-16" if encoding.startswith("UTF-16") else encoding
    text = (PROLOG.format(declared) + BODY + EPILOG).replace("\n", newline)
    data = mark + text.encode(encoding)
    assert open_bytes(data, "a.xml").to_bytes() == data


def test_changed_tree_is_written_and_the_rest_kept() -> None:
    document = open_bytes((PROLOG.format("ISO-8859-1") + BODY.replace("–", "-")).encode("latin-1"), "a.xml")
    document.tree.getroot().set("version", "4.0 ♪")
    data = document.to_bytes()
    assert data.startswith(PROLOG.format("ISO-8859-1").encode())
    assert etree.fromstring(data).get("version") == "4.0 ♪"


@pytest.mark.parametrize(
    "prolog",
    [
        "<?xml version='1.0' encoding='UTF-8' ?>\n\n",
        "<?xml version='1.0'?>",
        "",
        "\n ",
        "<!DOCTYPE score-partwise SYSTEM 'partwise.dtd' >\n<?a b?><!--c-->\n",
        "<!DOCTYPE score-partwise [<!ATTLIST part id ID #REQUIRED>]>",
        """<!DOCTYPE score-partwise SYSTEM "partwise.dtd"
        [ <!-- ]> isn't the "end --> <?x ]> ?> <!ATTLIST part note CDATA "]>"> ]  >\n""",
    ],
)
def test_every_kind_of_prolog_comes_back(prolog: str) -> None:
    data = (prolog + BODY + EPILOG).encode()
    assert open_bytes(data, "a.xml").to_bytes() == data


@pytest.mark.parametrize(("most", "one"), [("\r\n", "\n"), ("\r", "\n"), ("\n", "\r"), ("\n", "\r\n")])
def test_most_line_ends_stay_where_they_are_mixed(most: str, one: str) -> None:
    first, *others = BODY.split("\n")
    data = (first + one + most.join(others)).encode()
    assert open_bytes(data, "a.xml").to_bytes() == BODY.replace("\n", most).encode()


def test_what_stands_inside_comes_back() -> None:
    body = BODY.replace(
        "<part-list/>",
        '<part-list/>\n <!-- <a> -->\t<?page 1?>\n <x a="&quot;\'&#10;">&amp;&lt;]]&gt;&#13;</x>',
    ).replace("Lebhaft", "<![CDATA[Leb<haft]]>")
    data = body.encode()
    assert open_bytes(data, "a.xml").to_bytes() == data


@given(st.binary(max_size=40), st.integers(0, 200))
def test_whatever_opens_is_written_with_the_same_content(junk: bytes, place: int) -> None:
    data = (PROLOG.format("UTF-8") + BODY + EPILOG).encode()
    data = data[:place] + junk + data[place:]
    try:
        document = open_bytes(data, "a.xml")
    except InputError:
        return
    again = open_bytes(document.to_bytes(), "a.xml")
    assert canonical(again.tree) == canonical(document.tree)


def canonical(tree: etree._ElementTree) -> bytes:
    return etree.tostring(tree, method="c14n")


def test_byte_order_mark_beats_the_declaration() -> None:
    data = ('<?xml version="1.0" encoding="UTF-8"?>' + BODY).encode("utf-16")
    assert open_bytes(data, "a.xml").to_bytes() == data


def test_encoding_that_python_does_not_know() -> None:
    body = BODY.replace("–", "-").replace("ü", "u").replace("É", "E")
    document = open_bytes(f'<?xml version="1.0" encoding="VISCII"?>{body}'.encode("ascii"), "a.xml")
    assert open_bytes(document.to_bytes(), "b.xml").tree.findtext(".//words") == "Lebhaft - fur Elise"


def test_archive_keeps_every_other_member() -> None:
    container = '<container><rootfiles><rootfile full-path="score/a.xml"/></rootfiles></container>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.recordare.musicxml", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", container, zipfile.ZIP_DEFLATED)
        archive.writestr("score/a.xml", BODY, zipfile.ZIP_DEFLATED)
        archive.writestr("cover.png", bytes(range(256)), zipfile.ZIP_BZIP2)
        archive.writestr("empty/", "")
    document = open_bytes(packed.getvalue(), "a.mxl")
    document.tree.getroot().set("version", "4.0")
    before, after = (zipfile.ZipFile(io.BytesIO(b)) for b in (packed.getvalue(), document.to_bytes()))
    stored = [[(i.filename, i.compress_type, i.date_time) for i in z.infolist()] for z in (before, after)]
    assert stored[0] == stored[1]
    others = [n for n in before.namelist() if n != "score/a.xml"]
    assert [before.read(n) for n in others] == [after.read(n) for n in others]
    assert etree.fromstring(after.read("score/a.xml")).get("version") == "4.0"


def test_score_is_read_once() -> None:
    document = open_bytes(BODY.encode(), "a.xml")
    assert document.score is document.score
    assert document.name == "a.xml"
