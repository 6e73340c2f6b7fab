from __future__ import annotations

from fractions import Fraction as F

from hypothesis import given
from strategies import scores

from engine.notator.features import COLUMNS, HEARD, SIZES, features
from engine.notator.heard import HEARD_COLUMNS
from engine.notator.sounds import LOWEST_NAME, Placed, Sound, placed_of, sounds_of
from engine.pitch import Pitch
from engine.score import Key, Measure, Metre, Score

FLAT, SHARP, C = Pitch("A", -1, 4), Pitch("G", 1, 3), Pitch("C", 0, 5)


def heard(*notes: tuple[float, float, Pitch]) -> list[Placed]:
    return [Placed(Sound(F(onset), F(duration), p.midi), p, 1) for onset, duration, p in notes]


def row(onset: float, midi: int, *notes: tuple[float, float, Pitch], key: int = 0) -> dict[str, int]:
    measures = [Measure(str(i), F(4), Metre(4, 4), Key(key)) for i in range(20)]
    (found,) = features([Sound(F(onset), F(1), midi)], measures, 2, heard(*notes))
    return {name: value for name, value in zip(COLUMNS, found.tolist(), strict=True) if name in HEARD_COLUMNS}


def named(pitch: Pitch, key: int = 0) -> int:
    return pitch.fifths - key - LOWEST_NAME + 1


def test_nothing_heard_is_zeros() -> None:
    assert set(row(4, 60).values()) == {0}
    assert row(4, 61, (4, 1, C))["heard before"] == 0


def test_names_of_the_same_class_before_and_after_count_from_the_tonic() -> None:
    found = row(4, 56, (1, 1, FLAT), (6, 2, SHARP), key=-3)
    assert (found["heard before"], found["heard after"]) == (named(FLAT, -3), named(SHARP, -3))
    assert (found["heard ago"], found["heard in"]) == (3, 3)  # up to two quarters
    assert found["heard near"] == 0


def test_what_begins_or_sounds_with_a_note_is_now() -> None:
    assert row(4, 68, (4, 1, FLAT))["heard ago"] == 1 == row(4, 68, (3, 2, FLAT))["heard ago"]
    assert row(4, 68, (3, 1, FLAT))["heard ago"] == 1  # it ends just now
    assert row(4, 68, (2, 1, FLAT))["heard ago"] == 2


def test_the_latest_name_counts_and_none_that_is_too_far() -> None:
    assert row(4, 56, (0, 1, FLAT), (2, 1, SHARP))["heard before"] == named(SHARP)
    assert row(40, 56, (0, 4, FLAT))["heard before"] == 0 < row(36, 56, (0, 4, FLAT))["heard before"]


def test_the_nearest_that_sounds() -> None:
    assert row(4, 68, (3, 2, FLAT), (3, 2, C))["heard near"] == 15
    assert row(4, 70, (3, 2, FLAT), (3, 2, C))["heard near"] in (13, 17)
    assert row(4, 70, (3, 1, FLAT))["heard near"] == 0


@given(scores())
def test_columns_are_within_their_sizes(score: Score) -> None:
    pages = [placed_of(part, score.measures) for part in score.parts]
    for i, part in enumerate(score.parts):
        if sounds := sounds_of(part, score.measures):
            others = [note for j, page in enumerate(pages) if j != i for note in page]
            found = features(sounds, score.measures, part.staves, others)
            assert (found >= 0).all() and (found < SIZES).all()
            assert (found[:, ~HEARD] == features(sounds, score.measures, part.staves)[:, ~HEARD]).all()
