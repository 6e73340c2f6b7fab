"""What rows are told of what their part has just played, against a plain reading of the score."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from strategies import scores

from engine.encoding import Array, encode
from engine.score import Key, Note, NoteValue, Score, note_order
from engine.transformer.columns import D_, HINTS, T_
from engine.transformer.recall import Hints, Played, Recall
from engine.transformer.window import (
    CHROMA_OF,
    END_ID,
    HEIGHT_OF,
    QUARTER_OF,
    SUB_OF,
    Window,
    canonical,
    decoder_rows,
)
from engine.vocabulary import DURATION, ONSET, TIED, Position

_NOWHERE = 18  # id of "echo next quarter" at the end of a measure
ECHO = slice(D_["echo chroma"], D_[HINTS[-1]] + 1)


def rows_of(score: Score) -> tuple[Window, Array, Array]:
    n = len(score.parts)
    mask, controls = np.ones((len(score.measures), n), bool), np.zeros((n, 5), np.int16)
    shift = canonical(score.measures[0].key.fifths)
    window = Window(encode(score), 0, len(mask), mask, np.ones(n, bool), controls, shift)
    rows, _, targets = decoder_rows(window)
    return window, rows, targets


def held_before(score: Score, part: int, measure: int, note: Note) -> list[Note]:
    """Notes of the voice that end where a note begins."""
    cells, duration = score.parts[part].cells, [m.duration for m in score.measures]
    earlier = [(n, Fraction(0)) for n in cells[measure]]
    if measure:
        earlier += [(n, -duration[measure - 1]) for n in cells[measure - 1]]
    return [n for n, start in earlier if n.voice == note.voice and n.end + start == note.onset]


@given(scores())
def test_a_tie_is_asked_for_where_a_note_of_that_pitch_and_voice_ends(score: Score) -> None:
    _, _, targets = rows_of(score)
    notes = [
        (part, m, note)
        for m in range(len(score.measures))
        for part in range(len(score.parts))
        for note in sorted(score.parts[part].cells[m], key=note_order)
    ]
    asked = targets[targets[:, T_["pitch"]] > 0, T_["tied"]]
    for (part, m, note), tied in zip(notes, asked, strict=True):
        possible = any(n.pitch == note.pitch for n in held_before(score, part, m, note))
        assert tied == (TIED.id(note.tied) if possible else 0)


@given(scores())
def test_where_a_measure_returns_at_once_the_echo_is_what_comes(score: Score) -> None:
    measure = replace(score.measures[0], key=Key(0))
    parts = tuple(replace(part, cells=part.cells[:1] * 2) for part in score.parts)
    _, rows, targets = rows_of(Score((measure, measure), parts))
    first, second = np.array_split(np.arange(len(rows)), 2)
    assert not rows[first][:, ECHO].any()  # nothing is known of what was before the window
    pitch, place = targets[second, T_["pitch"]], targets[second, T_["next onset"]]
    quarter = np.where(place == END_ID, _NOWHERE, QUARTER_OF[place])
    comes = (
        CHROMA_OF[pitch],
        HEIGHT_OF[pitch],
        targets[second, T_["duration"]],
        quarter,
        SUB_OF[place],
    )
    assert (rows[second][:, ECHO] == np.stack(comes, axis=1)).all()


def test_each_head_of_a_chord_is_told_of_the_next_held_one() -> None:
    quarter, start, second = (
        DURATION.id(NoteValue(Fraction(1))),
        ONSET.id(Position(Fraction(0))),
        ONSET.id(Position(Fraction(1))),
    )
    recall = Recall(None, 0.0)
    for pitch in (170, 190):
        recall.add(Played(start, 1, quarter, pitch))
    assert recall.hints(second, 1) == Hints(170, 0, 0, 0)
    assert recall.hints(second, 2) == Hints(0, 0, 0, 0)
    recall.add(Played(second, 1, quarter, 170))
    assert recall.hints(second, 1) == Hints(190, 0, 0, 0)
    recall.add(Played(second, 1, quarter, 190))
    assert recall.hints(second, 1) == Hints(0, 0, 0, 0)
    assert recall.hints(second, 2) == Hints(0, 0, 0, 0)
    assert recall.continues(second, 1, 190) and not recall.continues(second, 1, 180)


def test_over_the_bar_line_only_what_lasts_to_it_is_held() -> None:
    quarter, half = (DURATION.id(NoteValue(Fraction(n))) for n in (1, 2))
    start, third = (ONSET.id(Position(Fraction(n))) for n in (0, 2))
    recall = Recall([Played(third, 1, quarter, 170), Played(third, 2, half, 190)], 4.0)
    assert recall.hints(start, 1).held == 0 and recall.hints(start, 2).held == 190
