"""What is said must be told of the right file, also behind one that ends the process."""

from __future__ import annotations

from pathlib import Path

import pytest
from musescore.batch import load_all, news
from musescore.headless import executable

EXAMPLE = Path(__file__).parents[2] / "examples" / "ode-to-joy.musicxml"

pytestmark = pytest.mark.skipif(executable() is None, reason="MuseScore 3 is not installed")


def test_each_file_is_told_its_own(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start = text.index("<note>", text.index('<measure number="3"'))
    contents = {
        "none": "not music",
        "short": text[:start] + text[text.index("</note>", start) + 7 :],
        "odd": text.replace("<voice>1</voice>", "<voice>1</voice><pitch/>", 1),
        "good": text,
    }
    scores = [tmp_path / f"{name}.musicxml" for name in contents]
    for score, content in zip(scores, contents.values(), strict=True):
        score.write_text(content, encoding="utf-8")
    none, short, odd, good = load_all(scores)
    assert good == {}
    assert short == {"measure 3 is 3/4 long": 1}
    assert any("not a valid MusicXML file" in line for line in none)
    assert odd and odd != short
    assert news(good, short) == ["measure 3 is 3/4 long"] and news(short, short) == []


def test_a_file_that_cannot_be_loaded_again_ends_not_the_list(tmp_path: Path) -> None:
    part = "<part-list><score-part id='P1'><part-name/></score-part></part-list>"
    note = (
        "<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration><type>whole</type></note>"
    )
    start = "<attributes><divisions>1</divisions></attributes>"
    scores = []
    for name, id_ in (
        ("a", "P1"),
        ("b", "P9"),
        ("c", "P1"),
    ):  # MuseScore crashes where a part is not in the list
        measure = f"<measure number='1'>{start}{note}</measure>"
        scores.append(tmp_path / f"{name}.musicxml")
        body = f"{part}<part id='{id_}'>{measure}</part>"
        scores[-1].write_text(f"<score-partwise version='4.0'>{body}</score-partwise>", encoding="utf-8")
    first, crashed, last = load_all(scores)
    assert any("exit status" in line for line in crashed)
    assert first == last
