"""MuseGAN as an engine, with weights that have no sense: what it writes is valid, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import music21
import pytest
from lxml import etree
from musegan.untrained import untrained
from musescore.headless import Loaded
from works import two_part_works

from bridge import accompany, continue_, fill, harmonize, open_score
from bridge.documents.checker import check
from bridge.documents.document import Document
from bridge.documents.schema import musicxml_schema
from bridge.errors import RequestError
from bridge.options import AccompanyOptions
from bridge.service import Take
from engine.frames import can_be_written
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Passage, Sampling, WrittenCell, written
from engine.limits import broken_limits, most_at_once
from engine.musegan.config import Recipe, Shape
from engine.musegan.engine import MuseGanEngine
from engine.musegan.info import describe
from engine.musegan.passage import _phrases
from engine.musegan.training import train
from engine.pitch import Interval
from engine.registry import load_engine
from engine.score import Cell, Score

ROOT = Path(__file__).parent.parent
CORPUS = Path(music21.__file__).parent / "corpus"
QUARTET = CORPUS / "mozart" / "k155" / "movement2.mxl"
QUARTETS = (
    QUARTET,
    CORPUS / "mozart" / "k156" / "movement2.mxl",
    CORPUS / "mozart" / "k155" / "movement3.mxl",
)
SONG = ROOT / "examples" / "ode-to-joy.musicxml"
TASKS = ("accompany", "fill", "harmonize")
EXAMPLES = sorted(
    path
    for path in (ROOT / "examples").glob("*.musicxml")
    if ".obbligato" not in path.name and path.stem != "dance-in-five"
)


def given_elements(document: Document, tree: Any) -> list[bytes]:
    """The parts that the document has, and their entries in the part-list."""
    ids = {part.id for part in document.score.parts}
    found = [node for node in tree.iter("score-part", "part") if node.get("id") in ids]
    return [etree.tostring(node, method="c14n", with_tail=False) for node in found]


def assert_sound(document: Document, take: Take) -> None:
    """Valid, clean, playable."""
    assert musicxml_schema().validate(take.tree)
    assert set(map(str, check(take.tree))) <= set(map(str, check(document.tree)))
    new = [part for part in take.score.parts if part.id not in {old.id for old in document.score.parts}]
    for part in new:
        instrument = INSTRUMENTS[part.instrument]
        for cell, measure in zip(part.cells, take.score.measures, strict=True):
            assert can_be_written(cell, measure)
            assert all(instrument.low <= note.pitch.midi <= instrument.high for note in cell)
            for staff in range(1, part.staves + 1):
                assert most_at_once(tuple(n for n in cell if n.staff == staff)) <= instrument.notes


@pytest.mark.parametrize(
    ("path", "add"),
    [(path, "string-quartet") for path in EXAMPLES] + [(SONG, add) for add in ("satb", "piano", "violin")],
    ids=lambda value: getattr(value, "stem", value),
)
def test_an_example_gets_new_parts_and_stays_as_it_was(path: Path, add: str) -> None:
    document = open_score(path)
    take = accompany(document, untrained(), add=[add], seed=3)[0]
    assert_sound(document, take)
    assert given_elements(document, take.tree) == given_elements(document, document.tree)
    notes = [sum(map(len, part.cells)) for part in take.score.parts]
    assert min(notes) >= len(document.score.measures)


def quartet_to(path: Path) -> Take:
    """By the shipped weights: a quartet to a tune, or the other three to a first violin."""
    document, engine = open_score(path), load_engine("musegan")
    if len(document.score.parts) == 1:
        return accompany(document, engine, add=["string-quartet"], seed=3)[0]
    return fill(document, engine, into=["2", "3", "4"], measures="1-8", seed=3)[0]


@pytest.mark.parametrize("path", [*EXAMPLES, *QUARTETS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_ten_melodies_get_playable_quartets_that_musescore_loads_without_a_word(
    path: Path, musescore: Callable[[Path], Loaded], tmp_path: Path
) -> None:
    document, take = open_score(path), quartet_to(path)
    assert_sound(document, take)
    played = [sum(map(bool, part.cells[:8])) for part in take.score.parts]
    assert min(played) >= 4
    result = tmp_path / f"{path.stem}.musicxml"
    take.tree.write(result, encoding="UTF-8", xml_declaration=True)
    loaded, before = musescore(result), musescore(path)
    assert set(loaded.problems) <= set(before.problems)
    assert loaded.irregular == before.irregular


def test_harmonize_writes_a_choir() -> None:
    document = open_score(SONG)
    take = harmonize(document, untrained(), seed=1)[0]
    assert_sound(document, take)
    assert [part.instrument for part in take.score.parts][1:] == ["alto", "tenor", "bass-voice"]


@pytest.fixture(scope="module")
def quartet() -> Document:
    return open_score(QUARTET)


def without(document: Document, parts: list[int]) -> Passage:
    """The first eight measures, in which those parts are to be written."""
    score = document.score
    short = replace(
        score, measures=score.measures[:8], parts=tuple(replace(p, cells=p.cells[:8]) for p in score.parts)
    )
    return Passage(short, frozenset((part, m) for part in parts for m in range(8)))


def cells(passage: Passage, seed: int = 1, **controls: Any) -> dict[tuple[int, int], WrittenCell]:
    found = list(written(untrained(), passage, Controls(**controls), Sampling(seed)))
    assert [(c.measure, c.part) for c in found] == sorted((m, p) for p, m in passage.mask)
    return {(cell.part, cell.measure): cell for cell in found}


def with_melody(passage: Passage, part: int, semitones: int) -> Passage:
    """One of the parts moved against the others."""
    moved = Interval(semitones * 7 // 12, semitones)
    old = passage.score.parts[part]
    new = tuple(tuple(replace(n, pitch=n.pitch.transposed(moved)) for n in cell) for cell in old.cells)
    parts = (*passage.score.parts[:part], replace(old, cells=new), *passage.score.parts[part + 1 :])
    return replace(passage, score=replace(passage.score, parts=parts))


def test_a_given_first_violin_leads_the_others(quartet: Document) -> None:
    passage = without(quartet, [1, 2, 3])
    assert cells(passage) == cells(passage)
    assert cells(passage) != cells(passage, seed=2)
    assert cells(passage) != cells(with_melody(passage, 0, 4))


def test_what_was_to_be_written_does_not_matter(quartet: Document) -> None:
    passage = without(quartet, [1, 2, 3])
    assert cells(passage) == cells(with_melody(passage, 2, 4))


def test_a_part_that_is_not_listened_to_does_not_matter(quartet: Document) -> None:
    passage = replace(without(quartet, [2, 3]), listen=frozenset({0}))
    assert cells(passage) == cells(with_melody(passage, 1, 4))
    assert cells(passage) != cells(with_melody(passage, 0, 4))


def test_takes_of_other_seeds_differ_and_the_same_seed_gives_the_same_bytes() -> None:
    document = open_score(SONG)
    first, second = accompany(document, untrained(), add=["piano"], seed=5, takes=2)
    again = accompany(document, untrained(), add=["piano"], seed=5)[0]
    by_seed = {take.seed: etree.tostring(take.tree) for take in (first, second)}
    assert etree.tostring(again.tree) == by_seed[5] != by_seed[6]


def test_one_staff_of_a_piano_is_written_to_the_other() -> None:
    document = open_score(CORPUS / "schubert" / "Lindenbaum.xml")
    take = accompany(document, untrained(), into=["2:1"], replace=True, measures="9-12", seed=1)[0]
    old, new = (score.parts[1].cells[9] for score in (document.score, take.score))
    assert [n for n in new if n.voice > 4] == [n for n in old if n.voice > 4]
    assert [n for n in new if n.voice <= 4] != [n for n in old if n.voice <= 4]


def bounds(score: Score, part: int, controls: Controls) -> set[str]:
    found = zip(score.parts[part].cells, score.measures, strict=True)
    return {name for cell, measure in found for name in broken_limits(cell, measure, controls)}


@pytest.mark.parametrize(
    "limits",
    [
        {"density": 1.0},
        {"polyphony": 2},
        {"low": "C3", "high": "C5"},
        {"shortest": "eighth"},
        {"shortest": "half"},
    ],
)
def test_limits_are_never_broken(limits: dict[str, Any]) -> None:
    document = open_score(SONG)
    take = accompany(document, untrained(), add=["piano"], seed=2, **limits)[0]
    controls = AccompanyOptions.parse(limits).controls
    assert bounds(take.score, 1, controls) == set()
    assert any(take.score.parts[1].cells)


def test_a_rhythm_can_be_kept(quartet: Document) -> None:
    take = fill(quartet, untrained(), measures="1-4", into=["2"], rhythm="keep", seed=1)[0]
    for old, new in zip(quartet.score.parts[1].cells[:4], take.score.parts[1].cells[:4], strict=True):
        assert [(n.onset, n.duration, n.tied) for n in new] == [(n.onset, n.duration, n.tied) for n in old]
    assert take.score.parts[1].cells[:4] != quartet.score.parts[1].cells[:4]


def test_some_of_the_notes_can_be_kept(quartet: Document) -> None:
    take = fill(quartet, untrained(), measures="1-4", into=["2"], vary=0.5, seed=1)[0]
    old, new = (score.parts[1].cells[:4] for score in (quartet.score, take.score))
    kept = sum(note in after for before, after in zip(old, new, strict=True) for note in before)
    assert 0 < kept < sum(map(len, old))


def test_what_returns_is_written_again() -> None:
    """Measures 13 to 16 of the tune are 5 to 8."""
    document = open_score(SONG)

    def returns(seed: int, **options: Any) -> bool:
        cells = accompany(document, untrained(), add=["violin"], seed=seed, **options)[0].score.parts[1].cells
        return [sounding(cell) for cell in cells[12:16]] == [sounding(cell) for cell in cells[4:8]]

    assert all(returns(seed, returns="alike") for seed in range(3))
    assert {returns(seed) for seed in range(8)} == {True, False}


def sounding(cell: Cell) -> list[tuple[object, ...]]:
    return [(note.onset, note.duration, note.pitch) for note in cell]


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda d: accompany(d, untrained(), add=["guitar"]), "does not write for guitar together"),
        (lambda d: accompany(d, untrained(), add=["violin", "alto"]), "does not write for violin and alto"),
        (lambda d: continue_(d, limited(), count=2), "cannot continue"),
        (lambda d: fill(d, limited(), measures="2", like="1"), 'can do nothing with "like"'),
    ],
)
def test_what_it_cannot_do_is_refused(ask: Callable[[Document], Any], reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        ask(open_score(SONG))


def limited() -> MuseGanEngine:
    """The engine with all that it says of itself."""
    return MuseGanEngine(untrained().generators, replace(untrained().info, tasks=TASKS, refuses=("like",)))


def test_a_metre_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(RequestError, match=r"does not write in 5/\d \(measure 1\)"):
        accompany(open_score(ROOT / "examples" / "dance-in-five.musicxml"), untrained(), add=["piano"])


def test_a_phrase_ends_where_the_key_changes() -> None:
    found = _phrases([0] * 5 + [3] * 2, 4)
    assert [(here.start, here.stop) for here in found] == [(0, 4), (4, 5), (5, 7)]


def test_a_long_passage_is_written_phrase_by_phrase() -> None:
    document = open_score(SONG)
    score = document.score
    many = 12
    measures = tuple(
        replace(measure, number=str(k * len(score.measures) + i + 1))
        for k in range(many)
        for i, measure in enumerate(score.measures)
    )
    parts = tuple(replace(part, cells=part.cells * many) for part in score.parts)
    violin = replace(parts[0], id="P9", instrument="violin", cells=((),) * len(measures))
    passage = Passage(
        Score(measures, (*parts, violin)), frozenset((len(parts), m) for m in range(len(measures)))
    )
    found = cells(passage)
    assert len(found) == len(measures) > 100
    assert all(cell.notes for cell in found.values())


def test_weights_that_were_trained_write(tmp_path: Path) -> None:
    recipe = Recipe(steps=1, batch=2, critic_steps=1, log_every=1, checkpoint_every=1, threads=1)
    train(
        "piano", Shape("piano", "hybrid", True), recipe, two_part_works(1), tmp_path, lambda step, found: None
    )
    info = describe(tmp_path)
    assert (info.weights, info.ensembles) == ("musegan-piano", ("piano",))
    assert info.parameters == untrained().generators["piano"].parameter_count
    document, engine = open_score(SONG), MuseGanEngine.load(tmp_path)
    assert_sound(document, accompany(document, engine, add=["piano"], seed=1)[0])
    with pytest.raises(RequestError, match="cannot continue"):
        continue_(document, engine, count=2)


def test_without_weights_it_is_listed_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="obbligato train musegan"):
        describe(tmp_path)


@pytest.mark.parametrize("add", ["string-quartet", "satb", "piano"])
def test_the_shipped_weights_write_for_every_ensemble(add: str) -> None:
    document, engine = open_score(SONG), load_engine("musegan")
    take = accompany(document, engine, add=[add], seed=1)[0]
    assert_sound(document, take)
    played = [sum(any(cell) for cell in part.cells) for part in take.score.parts[1:]]
    assert min(played) >= len(document.score.measures) // 2
