"""The harness must notice what is wrong, or the tests that use it can't fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from musescore.headless import Loaded, LoadError

EXAMPLE = Path(__file__).parents[2] / "examples" / "ode-to-joy.musicxml"
Load = Callable[[Path], Loaded]


def test_a_short_measure_is_irregular(musescore: Load, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start = text.index("<note>", text.index('<measure number="3"'))
    score = tmp_path / "short.musicxml"
    score.write_text(text[:start] + text[text.index("</note>", start) + 7 :], encoding="utf-8")
    assert musescore(score).irregular == {3: "3/4"}


def test_what_is_no_score_is_reported(musescore: Load, tmp_path: Path) -> None:
    score = tmp_path / "empty.musicxml"
    score.write_text("not music", encoding="utf-8")
    loaded = musescore(score)
    assert any("not a valid MusicXML file" in problem for problem in loaded.problems)


def test_a_missing_file_is_an_error(musescore: Load, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"none\.musicxml"):
        musescore(tmp_path / "none.musicxml")


def test_an_unknown_element_is_reported(musescore: Load, tmp_path: Path) -> None:
    score = tmp_path / "odd.musicxml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("<voice>1</voice>", "<voice>1</voice><pitch/>", 1)
    score.write_text(text, encoding="utf-8")
    assert musescore(score).problems
