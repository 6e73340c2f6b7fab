"""An excerpt is a sound document of its own, and holds the cells that it is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree
from musescore.headless import Loaded

from bridge.documents.checker import check
from bridge.documents.document import Document, open_bytes, open_document
from bridge.results.excerpt import excerpt, joined
from engine.pitch import Pitch
from engine.score import Cell, ChordSymbol, Key, Measure, Metre, Note, Part, Score, Tempo
from tests.bridge.random_scores import scores

EXAMPLES = Path(__file__).parents[3] / "examples"
SONG = EXAMPLES / "../../shared/data/lieder/lc6211877.mxl"
FEW = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
HELD = Note(F(0), F(4), Pitch("C", 0, 5))
TIED = replace(HELD, tied=True)


def opened(data: bytes) -> Document:
    """The document, which must be sound; it follows the schema too."""
    document = open_bytes(data, "excerpt.musicxml")
    assert check(document.tree) == []
    return document


def score_of(*cells: Cell, **first: object) -> Score:
    measures = [Measure(str(i), F(4)) for i in range(1, len(cells) + 1)]
    measures[0] = replace(measures[0], **first)  # type: ignore[arg-type]
    return Score(tuple(measures), (Part("P1", "Flute", "flute", cells=cells),))


def expected(score: Score, part: int, measures: Sequence[int]) -> list[Cell]:
    """The cells without the ties from measures that are not there."""
    return [
        tuple(
            replace(n, tied=n.tied and (n.onset > 0 or m - 1 in measures)) for n in score.parts[part].cells[m]
        )
        for m in measures
    ]


def placeless(cells: Sequence[Cell]) -> list[set[Note]]:
    """The cells without voices: few measures may not tell on which staff a voice is at home."""
    return [{replace(note, voice=0) for note in cell} for cell in cells]


def indices(data: st.DataObject, size: int) -> list[int]:
    return sorted(data.draw(st.sets(st.sampled_from(range(size)), min_size=1)))


@FEW
@given(score=scores())
def test_all_of_a_score_reads_back(score: Score) -> None:
    data = excerpt(score, range(len(score.parts)), range(len(score.measures)))
    assert opened(data).score == replace(score, title="", composer="")


@FEW
@given(score=scores(), data=st.data())
def test_some_of_a_score_reads_back(score: Score, data: st.DataObject) -> None:
    parts, measures = indices(data, len(score.parts)), indices(data, len(score.measures))
    assume(any(score.parts[index].pitched for index in parts))  # else nothing tells the key
    found = opened(excerpt(score, parts, measures)).score
    assert [m.number for m in found.measures] == [score.measures[i].number for i in measures]
    assert [(m.metre, m.key, m.implicit, m.duration) for m in found.measures] == [
        (m.metre, m.key, m.implicit, m.duration) for m in (score.measures[i] for i in measures)
    ]
    for part, index in zip(found.parts, parts, strict=True):
        assert (part.id, part.staves) == (score.parts[index].id, score.parts[index].staves)
        assert placeless(part.cells) == placeless(expected(score, index, measures))


@FEW
@given(score=scores(), data=st.data())
def test_measures_written_one_by_one_are_joined(score: Score, data: st.DataObject) -> None:
    parts, measures = indices(data, len(score.parts)), indices(data, len(score.measures))
    found = opened(joined([excerpt(score, parts, [measure]) for measure in measures])).score
    whole = opened(excerpt(score, parts, measures)).score
    assert found.measures == whole.measures
    for one, other in zip(found.parts, whole.parts, strict=True):
        assert placeless(one.cells) == placeless(other.cells)


def test_ties_lead_from_one_measure_into_the_next_one_only() -> None:
    score = score_of((HELD,), (TIED,), (HELD,), (TIED,))
    assert [cell[0].tied for cell in opened(excerpt(score, [0], [1, 3])).score.parts[0].cells] == [False] * 2
    ones = [excerpt(score, [0], [measure]) for measure in range(4)]
    for measures, ties in (([0, 1, 2, 3], [False, True, False, True]), ([0, 3], [False, False])):
        found = opened(joined([ones[measure] for measure in measures])).score
        assert [cell[0].tied for cell in found.parts[0].cells] == ties


def test_what_is_joined_can_be_joined_again() -> None:
    score = score_of((HELD,), (TIED,), (TIED,), (TIED,))
    ones = [excerpt(score, [0], [measure]) for measure in range(4)]
    assert joined([joined(ones[:2]), joined(ones[2:])]) == joined(ones) == excerpt(score, [0], range(4))


def test_a_pickup_stays_one() -> None:
    quarter = replace(HELD, duration=F(1))
    score = score_of((quarter,), (HELD,), (HELD,), number="0", duration=F(1), implicit=True)
    root = opened(excerpt(score, [0], [0, 1])).tree.getroot()
    assert [(m.get("number"), m.get("implicit")) for m in root.iter("measure")] == [("0", "yes"), ("2", None)]


def test_it_begins_with_what_holds_there() -> None:
    score = score_of(*[(HELD,)] * 3, key=Key(-3, "minor"), metre=Metre(4, 4, symbol="common"))
    last = replace(score.measures[0], number="3", tempos=(Tempo(F(0), F(72)),))
    part = replace(score.parts[0], name="Klavier", instrument="piano", staves=2)
    score = Score((*score.measures[:2], last), (part,))
    root = opened(excerpt(score, [0], [2])).tree.getroot()
    assert root.findtext("part-list/score-part/part-name") == "Klavier"
    assert root.findtext("part/measure/attributes/key/fifths") == "-3"
    assert root.find("part/measure/attributes/time").get("symbol") == "common"  # type: ignore[union-attr]
    assert [sign.text for sign in root.iterfind("part/measure/attributes/clef/sign")] == ["G", "F"]
    assert root.findtext("part/measure/direction//per-minute") == "72"


def test_the_middle_of_a_piece_has_no_final_bar_line() -> None:
    assert opened(excerpt(score_of((HELD,), (HELD,)), [0], [0])).tree.find(".//barline") is None


@pytest.mark.parametrize(("part", "names"), [(0, ["C"]), (1, [])])
def test_chords_stay_above_the_first_part(part: int, names: list[str]) -> None:
    score = score_of((HELD,), chords=(ChordSymbol(F(0), "C", "major"),))
    score = Score(score.measures, (*score.parts, replace(score.parts[0], id="P2")))
    tree = opened(excerpt(score, [part], [0])).tree
    assert [step.text for step in tree.iterfind(".//harmony/root/root-step")] == names


@pytest.mark.parametrize(
    ("path", "measures"),
    [
        (EXAMPLES / "auld-lang-syne.musicxml", [0, 1, 2]),
        (EXAMPLES / "barcarole.musicxml", [4, 5, 9]),
        (SONG, [8, 9, 10, 11, 12, 13, 14, 15]),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_musescore_takes_it_without_a_word(
    path: Path, measures: list[int], musescore: Callable[[Path], Loaded], tmp_path: Path
) -> None:
    if not path.exists():
        pytest.skip("no training scores")
    score = open_document(path).score
    parts = [len(score.parts) - 1]
    file = tmp_path / "excerpt.musicxml"
    file.write_bytes(excerpt(score, parts, measures))
    found = musescore(file)
    assert (found.measures, found.staves) == (len(measures), score.parts[parts[0]].staves)
    assert found.problems == ()


def test_it_declares_what_it_is() -> None:
    data = excerpt(score_of((HELD,)), [0], [0])
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert etree.fromstring(data).get("version") == "4.0"
