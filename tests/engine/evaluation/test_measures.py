from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from evaluation.sounding import line, piece, row

from engine.evaluation import measures as m

TUNE = line((0, 2, 72), (2, 4, 74))  # C, D


def test_chord_tones_are_counted_in_time_and_once():
    # C sounds below the C of the tune for one quarter and again, in two octaves, for the next half; never D.
    own = line((0, 1, 48), (1, 1.5, 48), (1, 1.5, 60), (2, 4, 55))
    assert m.chord_tone_share(piece([TUNE], [own])) == pytest.approx(1.5 / 4)
    assert m.chord_tone_share(piece([TUNE], [line()])) == 0


def test_coverage_is_asked_only_where_something_is_given():
    tune = line((0, 4, 72), (8, 12, 72))
    assert m.coverage(piece([tune], [line((0, 1, 60), (4, 5, 60))], measures=3)) == pytest.approx(1 / 2)
    assert m.coverage(piece([tune], [line((0, 12, 60))], measures=3)) == 1


def test_density_and_polyphony():
    own = line((0, 2, 60), (0, 2, 64), (1, 2, 67), (3, 4, 60))
    found = piece([TUNE], [own])
    assert m.density(found) == pytest.approx(3 / 4)
    assert m.polyphony(found) == pytest.approx((2 + 3 + 1) / 3)  # quarters 1, 2 and 4; the third is a rest
    assert m.polyphony(piece([TUNE], [line()])) == 0


def test_density_is_a_mean_of_parts():
    assert m.density(piece([], [row([60] * 4), row([48], 4)])) == pytest.approx((4 + 1) / 2 / 4)


def test_rhythm_against_the_human():
    quarters, halves = (piece([], [row([60] * n, Fraction(4, n))]) for n in (4, 2))
    assert m.groove_similarity(halves, quarters) == pytest.approx(1 - 2 / 16)
    assert m.onset_f1(halves, quarters) == pytest.approx(2 * 2 / (2 + 4))
    assert m.onset_f1(halves, halves) == m.groove_similarity(halves, halves) == 1


def test_groove_puts_onsets_on_sixteenths_of_the_measure():
    grid = m.groove(piece([], [line((0, 1, 60), (1.5, 2, 60), (7.75, 8, 60))], measures=2))
    assert np.argwhere(grid).tolist() == [[0, 0], [0, 6], [1, 15]]


def test_groove_puts_the_last_32nd_of_a_measure_on_the_next_downbeat():
    grid = m.groove(piece([], [line((3.875, 4, 60), (7.875, 8, 60))], measures=2))
    assert np.argwhere(grid).tolist() == [[1, 0]]


def test_pitch_class_entropy():
    assert m.pitch_class_entropy(piece([], [row([60, 72, 48, 60])])) == 0
    assert m.pitch_class_entropy(piece([], [row([60, 62, 64, 65])])) == pytest.approx(2)
    halves = row([60] * 16 + [60, 62, 64, 65] * 4)
    assert m.pitch_class_entropy(piece([], [halves], measures=8)) == pytest.approx(1)  # mean of 0 and 2


def test_material_returns_exactly_or_moved():
    a, up, other, slower = [60, 64, 67, 64], [62, 65, 69, 65], [60, 62, 71, 48], [60, 64]
    own = np.concatenate([row(k, 4 / len(k), 4 * i) for i, k in enumerate([a, other, a, up, slower])])
    exact, moved = m.returning(piece([], [own], measures=5))
    assert (exact, moved) == (pytest.approx(1 / 4), pytest.approx(2 / 4))


def test_silence_does_not_return():
    assert m.returning(piece([], [line()], measures=4)) == (0, 0)


@pytest.mark.parametrize(
    ("upper", "lower", "count"),
    [
        ([67, 69], [60, 62], 1),  # fifth to fifth, both up
        ([72, 74], [60, 62], 1),  # octave to octave
        ([79, 77], [60, 58], 1),  # a twelfth is a fifth
        ([60, 62], [60, 62], 1),  # unisons
        ([67, 67], [60, 60], 0),  # nobody moves
        ([67, 69], [60, 50], 0),  # fifth to twelfth in contrary motion
        ([67, 70], [60, 64], 0),  # fifth to tritone
        ([72, 69], [60, 62], 0),  # octave to fifth
        ([64, 65], [60, 62], 0),  # thirds
        ([67, 69, 71], [60, 62, 64], 2),
    ],
)
def test_parallels_of_two_lines(upper, lower, count):
    assert m.parallels_between(row(upper), row(lower)) == m.parallels_between(row(lower), row(upper)) == count


def test_parallels_need_both_to_sound():
    assert m.parallels_between(line((0, 1, 67), (2, 3, 69)), row([60, 62], 2)) == 0  # moved over a rest
    assert m.parallels_between(row([67, 69]), line((0, 1, 60), (1, 2, 62))) == 1


def test_parallels_of_four_voices_by_hand():
    """C major to F major and back, a textbook fault: the bass and the tenor go in fifths, the soprano in octaves.

    soprano C5 D5 | alto G4 F4 | tenor G3 A3 | bass C3 D3: bass-tenor a fifth, bass-soprano an octave; the
    soprano and the tenor are a fourth apart, the alto moves against them.
    """
    voices = row([72, 74], 2), row([67, 65], 2), row([55, 57], 2), row([48, 50], 2)
    names = ("alto", "tenor", "bass-voice")
    assert m.parallels(piece([voices[0]], list(voices[1:]), instruments=names)) == 2
    assert m.parallels(piece(list(voices[:3]), [voices[3]], instruments=names[2:])) == 2
    assert m.parallels(piece(list(voices[:1]) + list(voices[2:]), [voices[1]], instruments=names[:1])) == 0
