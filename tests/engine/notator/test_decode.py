from __future__ import annotations

from fractions import Fraction as F
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.notator.decode import Scores, hands, names, ranks
from engine.notator.sounds import LOWEST_NAME, NAMES, Sound, sound_order


def sounds(*notes: tuple[float, float, int]) -> list[Sound]:
    return [Sound(F(onset), F(duration), midi) for onset, duration, midi in notes]


@given(st.lists(st.integers(21, 108), min_size=1), st.integers(-7, 7), st.integers(0, 99))
def test_every_name_sounds_as_its_key(keys: list[int], fifths: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(len(keys), NAMES))
    line, index = sounds(*((i, 1, key) for i, key in enumerate(keys))), np.arange(len(keys))
    pitches = names(scores, line, index // 4, np.full(len(keys), fifths))
    assert [pitch.midi for pitch in pitches] == keys
    assert all(abs(pitch.alter) <= 2 for pitch in pitches)


@pytest.mark.parametrize(("place", "name"), [(6, "G#4"), (-6, "Ab4")])
def test_the_likeliest_name_is_taken(place: int, name: str) -> None:
    scores = np.zeros((1, NAMES))
    scores[0, place - LOWEST_NAME] = 1
    assert str(names(scores, sounds((0, 1, 68)), np.array([0]), np.array([2]))[0]) == name


def test_a_key_has_one_name_in_a_measure_unless_the_odds_are_long() -> None:
    scores = np.zeros((4, NAMES))
    scores[[0, 1], 8 - LOWEST_NAME], scores[[2, 3], -4 - LOWEST_NAME] = 3, 1
    line, signatures = sounds((0, 1, 68), (1, 1, 56), (2, 1, 68), (4, 1, 68)), np.zeros(4, np.int64)

    def named(scores: Scores) -> list[str]:
        return [pitch.name for pitch in names(scores, line, np.array([0, 0, 0, 1]), signatures)]

    assert named(scores) == ["G#", "G#", "G#", "Ab"]
    scores[2, -4 - LOWEST_NAME] = 30
    assert named(scores)[2] == "Ab"


def test_hands_cross_only_if_it_is_clear() -> None:
    chord = sounds((0, 1, 48), (0, 1, 60), (0, 1, 72))
    assert hands(np.array([5.0, -1.0, 0.5]), chord) == [2, 1, 1]
    assert hands(np.array([5.0, -9.0, 9.0]), chord) == [2, 1, 2]


def test_each_onset_is_split_for_itself() -> None:
    line = sounds((0, 1, 60), (1, 1, 60), (2, 1, 60))
    assert hands(np.array([1.0, -1.0, 1.0]), line) == [2, 1, 2]


def test_a_chord_stays_together_or_parts_in_its_order() -> None:
    chord = sounds((0, 1, 60), (0, 1, 64), (0, 1, 67))
    assert ranks(np.array([-1.0, -1.0, -1.0]), chord) == [0, 0, 0]
    assert ranks(np.array([3.0, -3.0, -3.0]), chord) == [1, 0, 0]


def test_what_is_held_keeps_its_voice_from_others() -> None:
    page = sounds((0, 4, 60), (1, 1, 72), (2, 1, 74))
    assert ranks(np.array([3.0, 1.0, -3.0]), page) == [1, 0, 0]
    assert ranks(np.array([-9.0, -3.0, -3.0]), page) == [0, 1, 1]


def test_a_third_line_gets_a_third_voice_and_no_other_does() -> None:
    page = sounds((0, 4, 60), (1, 3, 64), (2, 2, 67), (3, 1, 72))
    assert sorted(ranks(np.full(4, -2.0), page)) == [0, 1, 2, 3]


def test_one_key_twice_is_in_two_voices() -> None:
    assert sorted(ranks(np.full(2, -5.0), sounds((0, 1, 60), (0, 1, 60)))) == [0, 1]


NOTES = st.tuples(st.integers(0, 12), st.integers(1, 4), st.integers(40, 80))


@given(st.lists(NOTES, min_size=1, max_size=14), st.integers(0, 99))
def test_a_voice_never_overlaps_itself_unless_five_lines_do(
    notes: list[tuple[int, int, int]], seed: int
) -> None:
    page = sorted(sounds(*notes), key=sound_order)
    found = ranks(np.random.default_rng(seed).normal(size=len(page)) * 4, page)
    lines = {(s.onset, s.end) for s in page}
    if max(sum(a <= time < b for a, b in lines) for time, _ in lines) > 4:
        return
    for (a, i), (b, k) in combinations(zip(page, found, strict=True), 2):
        apart = a.end <= b.onset or b.end <= a.onset
        assert i != k or apart or (a.onset, a.end) == (b.onset, b.end)
