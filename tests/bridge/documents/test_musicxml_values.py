from __future__ import annotations

import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.documents.musicxml_values import Fault, decimal
from engine import exact


@given(st.from_regex(r"\A[ ]?[+-]?[0-9]{1,12}(\.[0-9]{0,12})?\Z"))
def test_a_decimal_is_exact(text):
    assert decimal(text, "it") == Fraction(text)


@pytest.mark.parametrize("text", [None, "", ".5", "1e3", "1/2", "1,5", "nan", "٣", "1234567890123"])
def test_what_is_no_decimal_is_a_fault(text):
    with pytest.raises(Fault, match=r"^it is .*not a number"):
        decimal(text, "it")


@given(st.fractions(), st.fractions())
def test_exact_numbers_are_those_of_the_standard_library(a, b):
    ours = exact.Fraction(a.numerator, a.denominator)
    assert ours == a and hash(ours) == hash(a) and str(ours) == str(a)
    assert (ours < b, ours + b, b - ours, ours * b, ours % 1) == (a < b, a + b, b - a, a * b, a % 1)
    assert pickle.loads(pickle.dumps(ours)) == a
