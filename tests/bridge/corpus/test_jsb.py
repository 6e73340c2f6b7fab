from __future__ import annotations

import json
from fractions import Fraction as F
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.corpus import load_corpus, token_file
from bridge.corpus.jsb import REST, chorale, grid, read_chorale
from bridge.errors import InputError
from engine.encoding import MEASURE, N_TIED, PART, encode
from engine.training.run import composers_of
from engine.vocabulary import TIED

HEADER = "id,collection,path,composer,kind,split,m21_match,sha256_16\n"
EXAMPLES = Path(__file__).parents[3] / "examples"

Rows = list[list[int]]


def held(*runs: tuple[int, int]) -> list[int]:
    """A line of (key, sixteenths)."""
    return list(chain.from_iterable([key] * length for key, length in runs))


def four(line: list[int]) -> Rows:
    return [[key, 60, 55, 48] for key in line]


@st.composite
def grids(draw: st.DrawFn) -> Rows:
    length = draw(st.integers(1, 40))
    run = st.tuples(st.sampled_from([REST, *range(36, 82)]), st.integers(1, 40))
    runs = st.lists(run, min_size=length, max_size=length)
    return [list(row) for row in zip(*(held(*draw(runs))[:length] for _ in range(4)), strict=True)]


@settings(max_examples=60)
@given(grids())
def test_a_grid_is_written_as_notes_without_loss(rows: Rows) -> None:
    encoded = encode(chorale(rows))
    assert grid(encoded).tolist() == rows
    assert not encoded.losses and float(encoded.starts[-1]) * 4 == len(rows)


@settings(max_examples=60)
@given(grids())
def test_notes_are_tied_just_where_the_pitch_sounded_before(rows: Rows) -> None:
    score = chorale(rows)
    for part, line in zip(score.parts, zip(*rows, strict=True), strict=True):
        for measure, cell in enumerate(part.cells):
            for note in cell:
                at = 4 * measure + int(4 * note.onset)
                assert note.tied == (at > 0 and line[at - 1] == line[at])
                assert note.end <= score.measures[measure].duration


@settings(max_examples=60)
@given(grids(), st.data())
def test_another_grid_is_other_notes(rows: Rows, data: st.DataObject) -> None:
    at, voice = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 3))
    other = [list(row) for row in rows]
    other[at][voice] = REST if rows[at][voice] != REST else 60
    assert not np.array_equal(encode(chorale(rows)).notes, encode(chorale(other)).notes)


def test_notes_are_cut_at_bar_lines_and_into_notated_values() -> None:
    soprano = chorale(four(held((72, 5), (REST, 3), (74, 6), (75, 1)))).parts[0]
    assert [[(n.onset, n.duration, str(n.pitch), n.tied) for n in cell] for cell in soprano.cells] == [
        [(0, 1, "C5", False)],
        [(0, F(1, 4), "C5", True)],
        [(0, 1, "D5", False)],
        [(0, F(1, 2), "D5", True), (F(1, 2), F(1, 4), "Eb5", False)],
    ]


def test_four_voices_that_share_a_measure_of_their_own_length() -> None:
    score = chorale(four(held((72, 5))))
    assert [p.instrument for p in score.parts] == ["soprano", "alto", "tenor", "bass-voice"]
    assert [(m.duration, m.key.fifths, m.chords) for m in score.measures] == [(1, 0, ()), (F(1, 4), 0, ())]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two chorales and a song."""
    (tmp_path / "grids.json").write_text(json.dumps([four(held((72, 20))), four(held((72, 8), (74, 9)))]))
    (tmp_path / "song.musicxml").write_bytes((EXAMPLES / "silent-night.musicxml").read_bytes())
    rows = [
        "j0,jsb,grids.json#0,Johann Sebastian Bach,chorale SATB,train,,",
        "j1,jsb,grids.json#1,Johann Sebastian Bach,chorale SATB,train,,",
        'a,lieder,song.musicxml,"Gruber, Franz Xaver",voice+piano,train,,1',
    ]
    (tmp_path / "manifest.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def test_chorales_are_read_only_where_they_are_asked_for(data: Path) -> None:
    cache = data / "cache"
    ordinary = load_corpus(data, "train", cache)
    assert [w.id for w in ordinary] == ["a"]
    assert {path.name.split("-")[0] for path in cache.iterdir()} == {"lieder"}
    chorales = load_corpus(data, "train", cache, collections=["jsb"])
    assert [w.id for w in chorales] == ["j0", "j1"]
    assert grid(chorales[1].score)[:, 0].tolist() == held((72, 8), (74, 9))
    assert [w.id for w in load_corpus(data, "train", cache)] == ["a"]
    assert composers_of(ordinary * 21) == ("Gruber, Franz Xaver",)


def test_token_files_of_the_other_collections_have_the_names_they_had(tmp_path: Path) -> None:
    row = {"id": "a", "sha256_16": "1"}
    assert token_file(tmp_path, "train", "quartets", [row]).name == "quartets-train-498644b08a3d.npz"


@pytest.mark.parametrize(("split", "collection"), [("valid", "jsb"), ("train", "groove")])
def test_a_collection_that_is_not_there_is_named(data: Path, split: str, collection: str) -> None:
    with pytest.raises(InputError, match=rf"{split}.*{collection}"):
        load_corpus(data, split, data / "cache", collections=[collection])


@pytest.mark.parametrize(
    "text", ["{}", "[]", "[[[1, 2, 3]]]", "[[[60, 60, 60, 60], [60]]]", "once upon a time", "[3]"]
)
def test_what_is_no_grid_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "grids.json").write_text(text)
    with pytest.raises(InputError, match=r"grids\.json#0"):
        read_chorale(tmp_path / "grids.json#0")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"grids\.json#0"):
        read_chorale(tmp_path / "grids.json#0")


def test_chorales_stand_in_order_of_measure_and_voice() -> None:
    notes = encode(chorale(four(held((72, 8))))).notes
    assert notes[:, [MEASURE, PART]].tolist() == [[m, p] for m in range(2) for p in range(4)]
    assert (notes[:, N_TIED] == [TIED.id(False)] * 4 + [TIED.id(True)] * 4).all()
