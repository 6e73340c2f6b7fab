"""The measures of MuseGAN's paper, computed by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from engine.evaluation import rolls as measures
from engine.sounds.rolls import LOW, PITCHES, QUARTERS, STEPS, Roll

WHOLE = QUARTERS * STEPS
C, E, G = 60, 64, 67


def roll_of(*tracks: list[tuple[int, int, int, int]], count: int = 2) -> Roll:
    """Notes (measure, on, off, MIDI key) of each track in so many measures."""
    roll = np.zeros((count, len(tracks), WHOLE, PITCHES), np.bool_)
    for track, notes in enumerate(tracks):
        for measure, on, off, key in notes:
            roll[measure, track, on:off, key - LOW] = True
    return roll


def test_empty_measures_are_counted_by_track() -> None:
    roll = roll_of([(0, 0, 1, C)], [], [(0, 0, 9, C), (1, 95, 96, C)])
    assert measures.empty_measures(roll).tolist() == [0.5, 1.0, 0.0]


def test_pitch_classes_are_counted_in_measures_that_sound() -> None:
    roll = roll_of(
        [(0, 0, 24, C), (0, 0, 24, C + 12), (0, 24, 48, G)], [(0, 0, 1, C), (1, 0, 1, C), (1, 0, 1, E)], []
    )
    found = measures.used_pitch_classes(roll)
    assert found[:2].tolist() == [2.0, 1.5]
    assert np.isnan(found[2])


def test_notes_of_three_steps_are_qualified() -> None:
    roll = roll_of([(0, 0, 2, C), (0, 10, 13, C), (0, 93, 96, E), (1, 0, 1, G)], [(1, 0, 96, C)], [])
    found = measures.qualified_notes(roll)
    assert found[:2].tolist() == [0.5, 1.0]
    assert np.isnan(found[2])


def test_a_finer_grid_asks_for_as_long_a_note() -> None:
    roll = np.zeros((1, 1, 2 * WHOLE, PITCHES), np.bool_)
    roll[0, 0, 0:5, 0] = roll[0, 0, 10:16, 0] = True
    assert measures.qualified_notes(roll, 2 * STEPS).tolist() == [0.5]


def test_onsets_on_sixteenths_are_in_the_pattern() -> None:
    on_grid = [(0, 0, 6, C), (0, 6, 12, E), (1, 90, 96, C)]
    roll = roll_of([*on_grid, (0, 8, 12, G)], [(0, 7, 9, C), (0, 11, 12, E)], [])
    found = measures.patterned_onsets(roll)
    assert found[:2].tolist() == pytest.approx([0.75, 0.1])
    assert np.isnan(found[2])


def test_the_same_pitch_classes_are_no_distance_apart() -> None:
    roll = roll_of([(0, 0, 24, C), (0, 0, 24, E)], [(0, 0, 24, C - 12), (0, 0, 24, E + 12)])
    assert measures.tonal_distances(roll)[0, 1] == pytest.approx(0)


def test_a_fifth_is_nearer_than_a_tritone_by_as_much_as_the_circles_say() -> None:
    """C lies at (0, 1, 0, 1, 0, 1/2). A step of n semitones turns by 7n/6, 3n/2 and 2n/3 of half a turn."""
    fifth = roll_of([(0, 0, 24, C)], [(0, 0, 24, G)])
    tritone = roll_of([(0, 0, 24, C)], [(0, 0, 24, C + 6)])
    # G: 49/6 half turns are 30 degrees, 21/2 are 90, 14/3 are 120: chords of the circles 2 r sin(half the angle).
    first, second, third = 2 - sqrt(3), 2.0, 0.25 * 3
    assert measures.tonal_distances(fifth)[0, 1] == pytest.approx(sqrt(first + second + third))
    # F sharp: 180, 180 and 0 degrees.
    assert measures.tonal_distances(tritone)[0, 1] == pytest.approx(sqrt(4 + 4))


def test_distances_are_those_of_quarters_in_which_both_sound() -> None:
    roll = roll_of([(0, 0, 24, C), (0, 24, 48, C), (0, 48, 96, G)], [(0, 0, 24, C), (0, 24, 48, G)], [])
    whole = measures.tonal_distances(roll)
    fifth = sqrt(2 - sqrt(3) + 2.0 + 0.25 * 3)
    assert whole[0, 1] == whole[1, 0] == pytest.approx(fifth / 2)
    assert np.isnan(whole[:, 2]).all()


def test_tracks_can_be_held_against_those_of_other_measures() -> None:
    roll = roll_of([(0, 0, 96, C), (1, 0, 96, G)], [(0, 0, 96, C), (1, 0, 96, G)])
    assert measures.tonal_distances(roll)[0, 1] == pytest.approx(0)
    fifth = sqrt(2 - sqrt(3) + 2.0 + 0.25 * 3)
    assert measures.tonal_distances(roll, roll[::-1])[0, 1] == pytest.approx(fifth)
