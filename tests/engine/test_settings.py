from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import pytest
from pydantic import PositiveInt

from engine.settings import Share, settled


@dataclass(frozen=True, slots=True)
class Meal:
    guests: PositiveInt
    salt: Share
    price: float = 1.0
    drink: Literal["tea", "milk"] = "tea"
    dishes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.guests == 13:
            raise ValueError("thirteen at table")


def test_a_table_becomes_an_instance() -> None:
    assert settled(Meal, {"guests": 2, "salt": 0.5}) == Meal(2, 0.5)
    table = {"guests": 2, "salt": 1, "price": 3, "drink": "milk", "dishes": ["soup", "cake"]}
    assert settled(Meal, table) == Meal(2, 1, 3, "milk", ("soup", "cake"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"guest": 2}, "no setting guest; there are guests, salt, price, drink, dishes"),
        ({"guests": "2"}, "guests must be a valid integer"),
        ({"guests": 2.0}, "guests must be a valid integer"),
        ({"guests": 0, "salt": 1.5}, "guests must be greater than 0; salt must be less than or equal to 1"),
        ({"price": float("nan"), "salt": float("nan")}, "salt must be"),
        ({"drink": "wine"}, "drink must be 'tea' or 'milk'"),
        ({"dishes": "soup"}, "dishes must be a valid array"),
        ({"dishes": ["soup", 3]}, "dishes.1 must be a valid string"),
        ({"guests": 13}, "thirteen at table"),
    ],
)
def test_whatever_is_wrong_is_said(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        settled(Meal, {"guests": 2, "salt": 0.5} | change)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(ValueError, match=r"^salt must be set$"):
        settled(Meal, {"guests": 2})
