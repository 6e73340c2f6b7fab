from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pitches, scores

from engine.encoding import MEASURE, N_ONSET, PART, encode
from engine.pitch import Interval, Pitch
from engine.transformer.columns import D_, DECODER, E_, ENCODER, T_, TARGETS, Blocks
from engine.transformer.window import (
    END_ID,
    START_ID,
    Window,
    canonical,
    concert,
    decoder_rows,
    encoder_rows,
    gathered,
    pitch_ids,
)
from engine.vocabulary import PITCH


@pytest.mark.parametrize("fifths", range(-7, 8))
@pytest.mark.parametrize("upwards", [None, True, False])
def test_every_signature_goes_to_none(fifths, upwards):
    shift = canonical(fifths, upwards)
    assert shift.fifths == -fifths
    assert abs(shift.chromatic) <= (6 if upwards is None else 11)
    if upwards is not None and fifths:
        assert (shift.chromatic > 0) == upwards


@given(pitches, st.integers(-7, 7))
def test_pitches_move_there_and_back(pitch, fifths):
    shift = canonical(fifths)
    id = int(pitch_ids(np.array([pitch.diatonic]), np.array([pitch.midi]), shift)[0])
    assert PITCH.value(id).midi == pitch.midi + shift.chromatic
    back = concert(PITCH.value(id), shift)
    assert back.midi == pitch.midi
    if abs(pitch.transposed(shift).alter) <= 2:
        assert back == pitch


def test_pitches_out_of_reach_are_nothing():
    assert pitch_ids(np.array([90]), np.array([150]), Interval())[0] == 0
    assert concert(Pitch("B", 2, 4), Interval(0, -1)).midi == Pitch("B", 2, 4).midi + 1


def window_of(score, mask):
    encoded = encode(score)
    n = len(score.parts)
    return Window(
        encoded,
        0,
        len(score.measures),
        mask,
        np.ones(n, bool),
        np.zeros((n, 5), np.int16),
        canonical(score.measures[0].key.fifths),
    )


@given(scores())
def test_every_note_is_either_known_or_written(score):
    mask = np.zeros((len(score.measures), 2), bool)
    mask[:, 1] = True
    window = window_of(score, mask)
    known, known_at = encoder_rows(window)
    rows, rows_at, targets = decoder_rows(window)
    assert (known[:, E_["kind"]] == 2).sum() == sum(len(c) for c in score.parts[0].cells)
    assert (targets[:, T_["pitch"]] > 0).sum() == sum(len(c) for c in score.parts[1].cells)
    assert len(known) == len(known_at) and len(rows) == len(rows_at) == len(targets)
    assert (rows[:, D_["onset"]] == START_ID).sum() == len(score.measures)
    assert (targets[:, T_["next onset"]] == END_ID).sum() == len(score.measures)


@given(scores())
def test_rows_chain_what_is_scored_to_what_comes_next(score):
    mask = np.ones((len(score.measures), 2), bool)
    rows, rows_at, targets = decoder_rows(window_of(score, mask))
    ends = targets[:, T_["next onset"]] == END_ID
    assert (rows[1:, D_["onset"]][~ends[:-1]] == targets[:-1, T_["next onset"]][~ends[:-1]]).all()
    assert (rows[1:, D_["onset"]][ends[:-1]] == START_ID).all()
    notes = targets[:, T_["pitch"]] > 0
    for name in ("duration", "pitch", "staff"):
        assert (rows[1:, D_[f"last {name}"]] == targets[:-1, T_[name]]).all()
        assert (targets[notes, T_[name]] > 0).all() and (targets[~notes, T_[name]] == 0).all()
    assert (np.diff(rows_at[:, 0]) >= 0).all() or (len(score.parts) > 1)
    encoded = encode(score)
    order = np.lexsort((encoded.notes[:, PART], encoded.notes[:, MEASURE]))
    assert (rows[notes, D_["onset"]] == encoded.notes[order, N_ONSET]).all()


@pytest.mark.parametrize("columns", [ENCODER, DECODER])
def test_blocks_do_not_overlap(columns):
    blocks = Blocks(columns)
    spans = [blocks.span(name) for name in columns]
    covered = [i for span in spans for i in range(span.start, span.stop)]
    assert sorted(covered) == list(range(1, blocks.size))
    assert len(TARGETS) == 6


@given(scores(), st.randoms())
def test_gathered_measures_are_a_score_of_their_own(score, random):
    chosen = random.sample(range(len(score.measures)), random.randint(1, len(score.measures)))
    own = replace(
        score,
        measures=tuple(score.measures[m] for m in chosen),
        parts=tuple(replace(part, cells=tuple(part.cells[m] for m in chosen)) for part in score.parts),
    )
    found, expected = gathered(encode(score), chosen), encode(own)
    for name in ("notes", "measures", "parts", "chords"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert np.allclose(found.starts, expected.starts, atol=1e-4)
