from __future__ import annotations

from collections import Counter
from fractions import Fraction

from hypothesis import given
from music21 import corpus
from strategies import scores

from bridge.documents.document import open_document
from engine.encoding import decode, encode, name_fifths, with_cells
from engine.note_ids import encode_cell
from engine.pitch import Pitch
from engine.score import Note, Tuplet


@given(scores())
def test_decoding_gives_the_score_back(score):
    encoded = encode(score)
    assert decode(encoded, score) == score
    assert not encoded.losses


def test_corpus_scores_come_back_but_for_what_is_counted():
    for name in ("bach/bwv66.6", "schoenberg/opus19/movement2", "beethoven/opus18no1/movement1.mxl"):
        path = corpus.getWork(name)
        score = open_document(path).score
        encoded = encode(score)
        back = decode(encoded, score)
        lost = sum(
            len(a) - len(b)
            for p, q in zip(score.parts, back.parts, strict=True)
            for a, b in zip(p.cells, q.cells, strict=True)
        )
        assert lost == sum(encoded.losses.values())
        kept = Counter(n for p in back.parts for c in p.cells for n in c)
        assert not kept - Counter(n for p in score.parts for c in p.cells for n in c)


def test_what_no_grid_holds_is_counted():
    losses = Counter()
    pitch = Pitch("C", 0, 4)
    cell = (
        Note(Fraction(1, 9), Fraction(1), pitch),
        Note(Fraction(0), Fraction(1, 11), pitch, tuplet=Tuplet(11, 8)),
        Note(Fraction(0), Fraction(1), pitch),
    )
    assert len(encode_cell(cell, losses)) == 1
    assert losses == {"onset": 1, "duration": 1}


@given(scores())
def test_replacing_cells(score):
    encoded = encode(score)
    emptied = with_cells(encoded, {(m, 1): () for m in range(len(score.measures))})
    assert all(cell == () for cell in decode(emptied, score).parts[1].cells)
    assert decode(emptied, score).parts[0] == score.parts[0]
    restored = with_cells(emptied, {(m, 1): cell for m, cell in enumerate(score.parts[1].cells)})
    assert (restored.notes == encoded.notes).all()


def test_names_on_the_line_of_fifths():
    assert [name_fifths(n) for n in ("C", "F#", "Bb", "Ebb")] == [0, 6, -2, -10]
