"""Scores to piano rolls and back: what is on the grid sounds as it did."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import music21
import numpy as np
import pytest
from hypothesis import assume, given
from strategies import scores

from bridge.documents.document import open_document
from engine.encoding import encode
from engine.evaluation.pieces import TICKS, line_of
from engine.pitch import Pitch
from engine.score import Cell, Measure, Metre, Note, Part, Score
from engine.sounds.rolls import LOW, PITCHES, QUARTERS, STEPS, Sound, filled, frames_of, sounds_of, spans_of
from engine.staves import Track

CORPUS = Path(music21.__file__).parent / "corpus"
F = Fraction
COMMON = Metre()


def there_and_back(score: Score, tracks: list[Track], steps: int = STEPS) -> list[list[Sound]]:
    encoded = encode(score)
    frames = frames_of(encoded, steps)
    roll = filled(spans_of(encoded, tracks, frames, steps), 0, len(frames), len(tracks), steps)
    return [sounds_of(roll[:, index], frames) for index in range(len(tracks))]


def heard(score: Score, part: int, steps: int = STEPS) -> list[Sound]:
    """What the part sounds like, by the code of the evaluation."""
    line = line_of(score.parts[part].cells, score.measures)
    step = TICKS // steps
    return [Sound(on // step, off // step, key) for on, off, key in line.tolist()]


def on_grid(score: Score, steps: int = STEPS) -> Score:
    """What rolls hold exactly: measures of four quarters at most, notes of two steps or more, on the grid."""

    def holds(note: Note) -> bool:
        places = (note.onset * steps, note.duration * steps)
        return note.duration * steps >= 2 and all(place.denominator == 1 for place in places)

    fitting = [m for m, measure in enumerate(score.measures) if measure.duration <= QUARTERS]
    parts = tuple(
        replace(part, cells=tuple(tuple(filter(holds, part.cells[m])) for m in fitting))
        for part in score.parts
    )
    return replace(score, measures=tuple(score.measures[m] for m in fitting), parts=parts)


@given(scores())
def test_random_scores_come_back_as_they_sound(score: Score) -> None:
    kept = on_grid(score)
    expected = [heard(kept, 0), heard(kept, 1)]
    assume(
        all(sound.off - sound.on > 1 for part in expected for sound in part)
    )  # or no step is free between two
    assert there_and_back(kept, [Track(0), Track(1)]) == expected


@pytest.mark.parametrize(
    "work",
    [
        "bach/bwv66.6.mxl",
        "mozart/k155/movement2.mxl",
        "haydn/opus74no1/movement3.mxl",
        "schubert/Lindenbaum.xml",
    ],
)
def test_real_scores_come_back_as_they_sound(work: str) -> None:
    score = open_document(CORPUS / work).score
    kept = on_grid(score)
    before, after = (sum(len(cell) for part in s.parts for cell in part.cells) for s in (score, kept))
    assert after >= 0.97 * before
    tracks = [Track(index) for index in range(len(kept.parts))]
    assert there_and_back(kept, tracks) == [heard(kept, index) for index in range(len(tracks))]


def one_part(*cells: Cell, metre: Metre = COMMON, staves: int = 1) -> Score:
    measures = tuple(Measure(str(i), metre.duration, metre) for i in range(len(cells)))
    return Score(measures, (Part("P1", "", "piano", staves, cells),))


def note(onset: F | int, duration: F | int, step: str = "C", **more: int) -> Note:
    return Note(F(onset), F(duration), Pitch(step, 0, 4), **more)


def test_a_key_that_is_struck_again_is_two_notes_and_a_tied_one_is_one() -> None:
    score = one_part((note(0, 2), note(2, 2)), (note(0, 1, tied=True), note(1, 1)))
    assert there_and_back(score, [Track(0)]) == [[Sound(0, 48, 60), Sound(48, 120, 60), Sound(120, 144, 60)]]


def test_staves_can_be_tracks_of_their_own() -> None:
    score = one_part((note(0, 4, "E"), note(0, 4, "C", voice=5, staff=2)), staves=2)
    assert there_and_back(score, [Track(0, 1), Track(0, 2)]) == [[Sound(0, 96, 64)], [Sound(0, 96, 60)]]


def test_a_finer_grid_holds_finer_notes() -> None:
    score = one_part((note(0, F(1, 16)), note(F(1, 16), F(1, 16), "D")))
    assert there_and_back(score, [Track(0)], 48) == [[Sound(0, 3, 60), Sound(3, 6, 62)]]


def test_a_pickup_stands_at_the_end_of_its_frame() -> None:
    score = one_part((note(0, 1),), (note(0, 3),), metre=Metre(3, 4))
    pickup = replace(score.measures[0], duration=F(1), implicit=True)
    score = replace(score, measures=(pickup, *score.measures[1:]))
    assert frames_of(encode(score)).tolist() == [[48, 72], [0, 72]]
    assert there_and_back(score, [Track(0)]) == [[Sound(0, 24, 60), Sound(24, 96, 60)]]


def test_a_measure_that_is_too_long_has_no_frame() -> None:
    assert frames_of(encode(one_part((note(0, 1),), metre=Metre(5, 4)))).tolist() == [[0, 0]]
    assert there_and_back(one_part((note(0, 1),), metre=Metre(5, 4)), [Track(0)]) == [[]]


def test_what_lies_outside_the_seven_octaves_is_left_out() -> None:
    low, high = (Note(F(0), F(1), pitch) for pitch in (Pitch("B", 0, 0), Pitch("C", 0, 8)))
    edges = [Note(F(1), F(1), pitch) for pitch in (Pitch("C", 0, 1), Pitch("B", 0, 7))]
    (found,) = there_and_back(one_part((low, high, *edges)), [Track(0)])
    assert [sound.pitch for sound in found] == [LOW, LOW + PITCHES - 1]


def test_what_is_masked_is_not_heard() -> None:
    roll = np.ones((2, 4 * STEPS, PITCHES), np.bool_)
    frames = np.array([[0, 72], [24, 48]])
    assert sounds_of(roll, frames) == [Sound(0, 96, LOW + pitch) for pitch in range(PITCHES)]
