"""Exact numbers, which all times are: fractions, computed in C.

They are those of the standard library by behaviour, and equal to them; type checkers see these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
else:
    from quicktions import Fraction

__all__ = ["Fraction"]
