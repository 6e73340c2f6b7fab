from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RequestError
from bridge.selection import describe_measures, select_measures, select_parts
from engine.score import Measure, Part

LONG = "9" * 5000  # no number to count with


def numbered(text: str) -> tuple[Measure, ...]:
    return tuple(Measure(number, Fraction(4)) for number in text.split())


@pytest.mark.parametrize(
    ("text", "numbers", "chosen"),
    [
        ("", "1 2 3", (0, 1, 2)),
        ("2", "1 2 3", (1,)),
        ("2-3", "1 2 3 4", (1, 2)),
        (" 1 - 2 , 4", "1 2 3 4", (0, 1, 3)),
        ("2–3", "1 2 3 4", (1, 2)),
        ("3,2", "1 2 3", (1, 2)),
        ("0-2", "0 1 2 3", (0, 1, 2)),  # pickup
        ("2", "1 2 2 3", (1, 2)),  # split measure
        ("2", "1 2 X1 3", (1, 2)),  # split measure, second half not counted
        ("X1", "1 2 X1 3", (2,)),
        ("1-2", "1 2 3 2 3 4", (0, 1, 3)),  # endings counted alike
        ("12a", "12 12a 12b 13", (1,)),
        ("12a-13", "12 12a 12b 13", (1, 2, 3)),
        ("11-12", "11 12a 12b 13", (0, 1, 2)),
        ("1-2", "1 2 3 1 2 3", (0, 1, 3, 4)),  # a second movement
        ("X1", "X1 1 2", (0,)),
        ("-1-0", "-2 -1 0 1", (1, 2)),  # the score counts from before its start
        ("-2--1,1", "-2 -1 0 1", (0, 1, 3)),
        ("1-2", f"1 {LONG} 2", (0, 1, 2)),
        (LONG, f"1 {LONG} 2", (1,)),
    ],
)
def test_printed_numbers_become_indices(text: str, numbers: str, chosen: tuple[int, ...]) -> None:
    assert select_measures(text, numbered(numbers)) == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9", ['"9"', "0-3, 5"]),
        ("1-9", ['"9"', "0-3, 5"]),
        ("9-12", ['"9"']),
        ("one", ['"one"']),
        ("1,,2", ['""']),
        ("1-", ['""']),
        ("3-1", ["backwards"]),
    ],
)
def test_what_is_not_there_is_named_beside_what_is(text: str, words: list[str]) -> None:
    with pytest.raises(RequestError) as caught:
        select_measures(text, numbered("0 1 2 3 5"))
    for word in words:
        assert word in caught.value.message


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_a_range_in_a_plainly_numbered_score_is_that_run(count: int, a: int, b: int) -> None:
    first, last = sorted((min(a, count), min(b, count)))
    measures = tuple(Measure(str(n), Fraction(4)) for n in range(1, count + 1))
    assert select_measures(f"{first}-{last}", measures) == tuple(range(first - 1, last))


def test_a_description_is_short() -> None:
    assert describe_measures(numbered("0 1 2 3 3 X1 4")) == "0-3, X1, 4"
    assert describe_measures(numbered(f"0 1 {LONG} 2")) == f"0-1, {LONG}, 2"
    assert len(describe_measures(numbered(" ".join(str(2 * n) for n in range(200))))) < 80


PARTS = tuple(
    Part(id_, name) for id_, name in (("P1", "Violin I"), ("P2", "Violin II"), ("P3", "Voice"), ("P4", ""))
)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], ()),
        (["P2"], (1,)),
        (["voice"], (2,)),
        (["violin i"], (0,)),
        (["vo"], (2,)),
        (["4"], (3,)),
        (["Voice", "1"], (0, 2)),
    ],
)
def test_parts_go_by_id_name_number_and_beginning(names: list[str], chosen: tuple[int, ...]) -> None:
    assert select_parts(names, PARTS) == chosen


def test_parts_of_one_name_are_all_taken() -> None:
    choir = (Part("P1", "Tenor"), Part("P2", "Bass"), Part("P3", "Tenor"))
    assert select_parts(["tenor"], choir) == (0, 2)


@pytest.mark.parametrize(
    ("name", "word"), [("Tuba", "3 Voice"), ("5", "4 P4"), ("viol", "several"), ("", "no part")]
)
def test_unknown_and_ambiguous_parts_are_refused(name: str, word: str) -> None:
    with pytest.raises(RequestError) as caught:
        select_parts([name], PARTS)
    assert word in caught.value.message
