"""Engines of single lines through the product: `continue` and `fill` of one part, valid, everything else as it was."""

from __future__ import annotations

from pathlib import Path

import music21
import pytest
from lxml import etree
from melody.untrained import ENGINES, untrained

from bridge import accompany, continue_, fill, open_score
from bridge.documents.checker import check
from bridge.documents.schema import musicxml_schema
from bridge.errors import RequestError
from engine.registry import load_engine

ROOT = Path(__file__).parent.parent
CORPUS = Path(music21.__file__).parent / "corpus"
SONG = ROOT / "examples" / "ode-to-joy.musicxml"
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.musicxml") if ".obbligato" not in path.name)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_goes_on(path: Path, name: str) -> None:
    document = open_score(path)
    before = len(document.score.measures)
    take = continue_(document, untrained(name), count=4, seed=3)[0]
    assert musicxml_schema().validate(take.tree)
    assert set(map(str, check(take.tree))) <= set(map(str, check(document.tree)))
    new = take.score.parts[0].cells[before:]
    assert len(new) in (4, 5) and any(
        new
    )  # behind a pickup, the short last measure is made whole by one more
    assert take.score.parts[0].cells[: before - 1] == document.score.parts[0].cells[:-1]


@pytest.mark.parametrize("name", ENGINES)
def test_measures_are_filled(name: str) -> None:
    document = open_score(SONG)
    take = fill(document, untrained(name), measures="3-6", into=["1"], seed=1)[0]
    old, new = (score.parts[0].cells for score in (document.score, take.score))
    assert (old[:2], old[6:]) == (new[:2], new[6:]) and old[2:6] != new[2:6]
    again = fill(document, untrained(name), measures="3-6", into=["1"], seed=1)[0]
    assert etree.tostring(again.tree) == etree.tostring(take.tree)


@pytest.mark.parametrize("name", ENGINES)
def test_what_it_cannot_do_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match="cannot accompany"):
        accompany(open_score(SONG), untrained(name), add=["violin"])
    quartet = open_score(CORPUS / "mozart" / "k155" / "movement2.mxl")
    with pytest.raises(RequestError, match="does not write 4 parts at once"):
        continue_(quartet, untrained(name), count=4)
    with pytest.raises(RequestError, match='can do nothing with "like"'):
        fill(open_score(SONG), untrained(name), measures="5", into=["1"], like="1-2")


@pytest.mark.parametrize("name", ENGINES)
def test_the_shipped_weights_go_on_with_a_tune(name: str) -> None:
    engine = load_engine(name)
    assert engine.info.parts == 1 and engine.info.parameters > 100_000
    document = open_score(SONG)
    take = continue_(document, engine, count=4, seed=3)[0]
    assert musicxml_schema().validate(take.tree)
    new = take.score.parts[0].cells[len(document.score.measures) :]
    classes = {note.pitch.midi % 12 for cell in new for note in cell}
    assert sum(map(len, new)) >= 6 and len(classes & {2, 4, 6, 7, 9, 11, 1}) >= len(classes) - 1  # D major
