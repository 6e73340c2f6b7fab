from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from bridge.corpus.beats import Beats
from engine.score import Metre

HALF = np.arange(40) / 2  # a beat each half second


def beats(downbeats: list[int], size: int = 4, quavers: int = 2) -> Beats:
    return Beats(HALF, tuple(downbeats), size, quavers)


def test_times_lie_between_the_beats_around_them() -> None:
    uneven = Beats(np.array([1.0, 2.0, 4.0]), (0,), 4, 2)
    assert uneven.at(np.array([1.25, 3.0])).tolist() == [0.25, 1.5]


def test_beats_go_on_outside_at_the_pace_of_the_nearest() -> None:
    uneven = Beats(np.array([1.0, 2.0, 4.0]), (0,), 4, 2)
    assert uneven.at(np.array([0.5, 6.0, 8.0])) == pytest.approx([-0.5, 3, 4])


def test_measures_are_whole_from_the_first_note_to_the_last() -> None:
    measures = beats([3, 7, 11, 15]).measures(1.0, 13.5)
    assert (measures.start, measures.sizes) == (-1, (4, 4, 4, 4))
    assert measures.starts == [0, 4, 8, 12]
    assert measures.quarters(np.array([-0.5, 0.5, 1.5625])) == [0, 2, F(33, 8)]


def test_a_note_just_before_its_downbeat_needs_no_measure_of_its_own() -> None:
    assert beats([4, 8, 12]).measures(3.9, 9).start == 4
    assert beats([4, 8, 12]).measures(3.8, 9).start == 0


@pytest.mark.parametrize(
    ("gap", "sizes"),
    [(2, (2,)), (3, (3,)), (5, (5,)), (6, (4, 2)), (7, (4, 3)), (8, (4, 4)), (10, (4, 4, 2))],
)
def test_downbeats_at_other_distances_make_other_measures(gap: int, sizes: tuple[int, ...]) -> None:
    measures = beats([0, 4, 4 + gap, 8 + gap]).measures(0, 7 + gap)
    assert measures.sizes == (4, *sizes, 4)
    assert measures.breaks == sum(size != 4 for size in sizes)
    assert measures.metres == [Metre(size, 4) for size in measures.sizes]


def test_beats_of_three_eighths_make_compound_metres() -> None:
    measures = beats([0, 2, 5, 7], size=2, quavers=3).measures(0, 8)
    assert measures.metres == [Metre(6, 8), Metre(9, 8), Metre(6, 8), Metre(6, 8)]
    assert measures.starts == [0, 3, F(15, 2), F(21, 2)]
    assert measures.quarters(np.array([0.5, 0.75])) == [F(3, 2), F(9, 4)]


def test_harmony_that_changes_elsewhere_contradicts_downbeats() -> None:
    measures = beats(list(range(0, 40, 4))).measures(0, 39)
    assert measures.out_of_phase([0, 4, 8, 12, 14, 20, 22]) == 0
    assert measures.out_of_phase([1, 5, 9, 12, 13, 17]) == 1
    assert measures.out_of_phase([0, 4, 8, 12, 2, 6, 10, 14, 18]) == 0  # 4 of 5 are no contradiction


def test_each_stretch_between_breaks_is_asked_alone() -> None:
    measures = beats([0, 4, 8, 12, 16, 18, 22, 26, 30, 34]).measures(0, 37)
    assert measures.breaks == 1
    changes = [0, 4, 8, 12, 20, 24, 28, 32]  # right before the short measure, wrong after it
    assert measures.out_of_phase(changes) == pytest.approx(20 / 38)


def test_short_stretches_say_nothing() -> None:
    assert beats([0, 4, 8]).measures(0, 11).out_of_phase([1, 5, 9]) == 0
