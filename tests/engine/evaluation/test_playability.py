from __future__ import annotations

from collections import Counter
from fractions import Fraction

from evaluation.sounding import line, piece, row

from engine.evaluation.playability import faults, hand_faults, hands, part_faults
from engine.instruments import INSTRUMENTS
from engine.score import Measure

MEASURES = (Measure("1", Fraction(4)),)


def kinds(notes, name):
    return Counter(part_faults(notes, INSTRUMENTS[name], MEASURES))


def test_a_tenth_is_held_and_an_eleventh_is_not():
    assert list(hand_faults(line((0, 1, 48), (0, 1, 64)))) == []
    assert list(hand_faults(line((0, 1, 48), (0, 1, 65)))) == ["wide"]
    assert list(hand_faults(line((0, 1, 48), (1, 2, 65)))) == []


def test_five_fingers():
    assert list(hand_faults(line(*((0, 1, key) for key in (60, 62, 64, 65, 67))))) == []
    assert list(hand_faults(line(*((0, 1, key) for key in (60, 62, 64, 65, 67, 69))))) == ["full"]


def test_a_leap_needs_time():
    assert list(hand_faults(row([40, 62], Fraction(1, 4)))) == ["leap"]
    assert list(hand_faults(row([62, 40], Fraction(1, 4)))) == ["leap"]
    assert list(hand_faults(row([40, 62], Fraction(1, 2)))) == []
    assert list(hand_faults(row([40, 59], Fraction(1, 4)))) == []


def test_two_hands_take_what_one_could_not():
    notes = line((0, 4, 36), (0, 4, 48), (0, 4, 72), (0, 4, 76), (0, 4, 79))
    right, left = hands(notes, MEASURES)
    assert (right[:, 2].tolist(), left[:, 2].tolist()) == ([72, 76, 79], [36, 48])
    assert kinds(notes, "piano") == {}
    assert kinds(line((0, 4, 36), (0, 4, 62), (0, 4, 84)), "piano") == {"wide": 1}


def test_other_players():
    double_stop, triple_stop = line((0, 1, 60), (0, 1, 67)), line((0, 1, 60), (0, 1, 67), (0, 1, 76))
    assert kinds(double_stop, "violin") == {}
    assert kinds(triple_stop, "violin") == {"full": 1}
    assert kinds(double_stop, "alto") == {"full": 1}
    assert kinds(row([54, 55, 100, 101]), "violin") == {"range": 2}


def test_faults_of_all_parts_are_summed():
    low = row([20])
    found = piece([], [low, low], instruments=("viola", "cello"))
    assert faults(found, MEASURES) == 2
