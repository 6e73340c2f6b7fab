"""Exact numbers, which all times are: fractions, computed in C.

By behaviour and value they are those of the standard library, and type checkers see these. They are made from numbers
only: from a text of one character the library (up to 1.24, its newest release) writes over what Python takes for a zero
byte everywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
else:
    from quicktions import Fraction

__all__ = ["Fraction"]
