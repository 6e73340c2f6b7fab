"""Rhythms that are kept, shares that vary, examples: through the whole service, with the shipped weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import music21
import pytest

from bridge.documents.document import Document, open_document
from bridge.documents.musicxml_reader import read_musicxml
from bridge.engines import open_engine
from bridge.errors import RequestError
from bridge.options import TASKS
from bridge.service import Take, write
from bridge.tasks import plan_for
from engine.interface import Engine
from engine.score import Cell
from tests.bridge.conftest import NOTE, REST, measures_xml, score_xml

CORPUS = Path(music21.__file__).parent / "corpus"
TRIPLE = "".join(
    f"<note>{'<chord/>' if i else ''}<pitch><step>{step}</step><octave>4</octave></pitch>"
    "<duration>4</duration><voice>1</voice><type>whole</type></note>"
    for i, step in enumerate("CEG")
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("transformer")


@pytest.fixture(scope="module")
def song() -> Document:
    return open_document(CORPUS / "schubert/Lindenbaum.xml")


@pytest.fixture
def duo(tmp_path: Path) -> Document:
    """A voice and a piano with a chord in measures 1 and 2, silent in measure 3."""
    path = tmp_path / "duo.musicxml"
    voice, piano = measures_xml([NOTE.format(step="G")] * 3), measures_xml([TRIPLE, TRIPLE, REST])
    path.write_text(score_xml(Voice=voice, Piano=piano), encoding="utf-8")
    return open_document(path)


def take_of(document: Document, engine: Engine, task: str = "fill", **options: Any) -> Take:
    parsed = TASKS[task].parse({"seed": 5, **options})
    return next(e for e in write(document, parsed, engine) if isinstance(e, Take))


def rhythm(cell: Cell) -> list[tuple[Any, ...]]:
    return sorted((n.onset, n.duration, n.voice, n.staff) for n in cell)


@pytest.mark.parametrize(
    ("work", "part", "task"),
    [
        ("bach/bwv66.6.mxl", "1", {"task": "fill"}),
        ("schumann_clara/polonaise_op1n1.mxl", "1", {"task": "fill"}),
        ("schumann_clara/polonaise_op1n1.mxl", "1:2", {"task": "accompany", "replace": True}),
        ("mozart/k155/movement2.mxl", "1", {"task": "fill"}),
        ("bach/bwv66.6.mxl", "3", {"task": "fill"}),
    ],
)
def test_the_rhythm_is_kept_in_the_document_too(
    engine: Engine, work: str, part: str, task: dict[str, Any]
) -> None:
    document = open_document(CORPUS / work)
    take = take_of(document, engine, measures="3-6", into=[part], rhythm="keep", **task)
    back = read_musicxml(take.tree.getroot(), "result")
    index = int(part[0]) - 1
    for measure in take.measures:
        old, new, read = (s.parts[index].cells[measure] for s in (document.score, take.score, back))
        assert rhythm(old) == rhythm(new) == rhythm(read)
    assert [p.cells for p in take.score.parts] != [p.cells for p in document.score.parts]


def test_voices_that_overlap_have_no_rhythm_that_could_be_kept(song: Document) -> None:
    with pytest.raises(RequestError, match=r"measure 3 of .* has a rhythm that cannot be written again"):
        plan_for(TASKS["fill"].parse({"measures": "3-6", "into": ["2"], "rhythm": "keep"}), song)


def test_a_share_of_the_passage_varies_and_the_rest_is_kept(engine: Engine, song: Document) -> None:
    shares = {}
    for vary in (0.0, 0.3, 1.0):
        take = take_of(song, engine, measures="9-16", into=["2"], vary=vary)
        pairs = [(song.score.parts[1].cells[m], take.score.parts[1].cells[m]) for m in take.measures]
        shares[vary] = sum(n in new for old, new in pairs for n in old) / sum(len(old) for old, _ in pairs)
    assert shares[0.0] == 1 and 0.5 <= shares[0.3] < 1 and shares[1.0] < 0.5


def test_the_seed_decides_what_varies(engine: Engine, song: Document) -> None:
    options = {"measures": "9-12", "into": ["2"], "vary": 0.3}
    one, same, other = (take_of(song, engine, **options, seed=seed).score for seed in (1, 1, 2))
    assert one == same != other


def test_an_example_reaches_the_engine_as_indices(duo: Document) -> None:
    plan = plan_for(TASKS["fill"].parse({"measures": "3", "into": ["Piano"], "like": "1-2"}), duo)
    assert plan.passage.like == (0, 1)
    more = plan_for(TASKS["continue"].parse({"count": 2, "like": "2"}), duo)
    assert more.passage.like == (1,)


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("accompany", {"rhythm": "keep"}, "rhythm keep asks for into and replace, without add"),
        ("accompany", {"into": ["Piano"], "vary": 0.5}, "vary asks for into and replace"),
        ("accompany", {"add": ["piano"], "into": ["Piano"], "replace": True, "vary": 0.5}, "without add"),
        ("accompany", {"like": "1"}, "like asks for into, without add"),
        ("fill", {"measures": "1", "vary": 1.5}, "vary must be less than or equal to 1"),
        ("fill", {"measures": "1", "rhythm": "loose"}, "rhythm must be 'new' or 'keep'"),
        ("harmonize", {"like": "1"}, "there is no option like"),
        (
            "fill",
            {"measures": "3", "into": ["Piano"], "rhythm": "keep"},
            "there are no notes in measure 3 whose rhythm",
        ),
        (
            "fill",
            {"measures": "1-3", "into": ["Piano"], "rhythm": "keep", "polyphony": 2},
            "measure 1 of Piano breaks the limit polyphony",
        ),
        (
            "fill",
            {"measures": "1-3", "into": ["Piano"], "rhythm": "keep", "density": 0.1},
            "measure 1 of Piano breaks the limit density",
        ),
        (
            "fill",
            {"measures": "1", "into": ["Piano"], "rhythm": "keep", "low": "C4", "high": "D4"},
            "measure 1 of Piano has a chord of more notes than fit",
        ),
        (
            "fill",
            {"measures": "2-3", "into": ["Piano"], "like": "1-2"},
            "measures 1-2 would be both the example and written anew",
        ),
        (
            "fill",
            {"measures": "1", "into": ["Piano"], "like": "3"},
            "Piano has no notes in measure 3 to be like",
        ),
        ("fill", {"measures": "1", "into": ["Piano"], "like": "7"}, 'there is no measure "7"'),
    ],
)
def test_what_is_refused(duo: Document, task: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError) as caught:
        plan_for(TASKS[task].parse(options), duo)
    assert words in caught.value.message


def test_limits_that_hold_already_go_with_a_kept_rhythm(duo: Document, engine: Engine) -> None:
    limits = {"polyphony": 3, "density": 1, "shortest": "quarter", "low": "C4", "high": "G4"}
    take = take_of(duo, engine, measures="1-2", into=["Piano"], rhythm="keep", **limits)
    for measure in (0, 1):
        cell = take.score.parts[1].cells[measure]
        assert len(cell) == 3 and all(60 <= n.pitch.midi <= 67 for n in cell)
