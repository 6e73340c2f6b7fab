from __future__ import annotations

from fractions import Fraction as F

import numpy as np
from hypothesis import given
from strategies import scores

from engine.notator.features import COLUMNS, SIZES, features
from engine.notator.sounds import Sound, sounds_of
from engine.score import Key, Measure, Metre, Score

NONE = 25  # nothing on that side


def rows(*sounds: tuple[float, float, int], key: int = 0, staves: int = 2) -> list[dict[str, int]]:
    measures = [Measure(str(i), F(3), Metre(3, 4), Key(key)) for i in range(4)]
    found = features([Sound(F(a), F(b), midi) for a, b, midi in sounds], measures, staves)
    return [dict(zip(COLUMNS, row, strict=True)) for row in found.tolist()]


@given(scores())
def test_all_columns_are_within_their_sizes(score: Score) -> None:
    for part in score.parts:
        if sounds := sounds_of(part, score.measures):
            found = features(sounds, score.measures, part.staves)
            assert found.shape == (len(sounds), len(COLUMNS))
            assert (found >= 0).all() and (found < np.array(SIZES)).all()


def test_degrees_are_above_the_tonic_of_the_signature() -> None:
    for key, tonic in ((0, 60), (2, 62), (-3, 63), (7, 61), (-7, 59)):
        assert [row["degree"] for row in rows((0, 1, tonic), (1, 1, tonic + 4), key=key)] == [0, 4]


def test_a_place_in_the_metre() -> None:
    (row,) = rows((4.75, 2, 60))
    assert (row["quarter"], row["place"], row["remaining"], row["beyond"]) == (1, 18, 2, 1)
    assert (row["beats"], row["unit"], row["staves"]) == (3, 2, 1)
    assert rows((4, 2, 60), staves=1)[0]["beyond"] == 0 == rows((4, 2, 60), staves=1)[0]["staves"]


def test_what_begins_together() -> None:
    low, middle, high = rows((0, 1, 48), (0, 2, 55), (0, 1, 64))
    assert (low["same above"], low["other above"], low["same below"]) == (16, 7, NONE)
    assert (middle["other below"], middle["other above"], middle["same above"]) == (7, 9, NONE)
    assert [row["below"] for row in (low, middle, high)] == [0, 1, 2]
    assert [row["top"] for row in (low, middle, high)] == [16, 9, 0]


def test_what_is_held_and_what_moves_meanwhile() -> None:
    bass, first, second = rows((0, 3, 40), (1, 1, 52), (2, 1, 55))
    assert (bass["during"], bass["during above"], bass["held"]) == (2, 12, 0)
    assert (first["held"], first["held below"], first["held above"]) == (1, 12, NONE)
    assert first["goes on"] == second["ended"] + 6 == 14 + 3
    assert second["before"] == first["before"] > 0 == bass["before"]


def test_a_note_that_ended_is_not_held() -> None:
    assert rows((0, 1, 60), (1, 1, 62))[1]["held"] == 0


@given(scores())
def test_only_height_and_key_know_of_a_transposition(score: Score) -> None:
    part, up = score.parts[0], []
    if not (sounds := sounds_of(part, score.measures)):
        return
    for measure in score.measures:
        up.append(Measure(measure.number, measure.duration, measure.metre, Key(measure.key.fifths + 2)))
    higher = [Sound(s.onset, s.duration, s.midi + 2) for s in sounds]
    a, b = features(sounds, score.measures, part.staves), features(higher, up, part.staves)
    kept = [i for i, name in enumerate(COLUMNS) if name not in ("height", "key")]
    assert (a[:, kept] == b[:, kept]).all()
