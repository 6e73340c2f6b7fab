"""New parts: where they stand on the page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bridge.new_parts import in_score_order
from engine.instruments import SETS
from engine.score import Part


def parts(*instruments: str) -> list[Part]:
    return [Part(name, name, name) for name in instruments]


@pytest.mark.parametrize(
    ("old", "groups", "expected"),
    [
        (["voice"], [["piano"]], ["voice", "piano"]),
        (["voice", "piano"], [["violin"]], ["voice", "violin", "piano"]),
        (["piano"], [["flute"]], ["flute", "piano"]),
        (["violin", "viola"], [["violin"]], ["violin", "viola", "violin"]),
        (["other"], [["flute"], ["piano"]], ["other", "flute", "piano"]),
        (["voice"], [["piano"], ["flute"]], ["flute", "voice", "piano"]),
        (["voice"], [SETS["band"]], ["voice", "guitar", "piano", "bass"]),
    ],
)
def test_families_stand_in_score_order(
    old: Sequence[str], groups: Sequence[Sequence[str]], expected: Sequence[str]
) -> None:
    placed = in_score_order(parts(*old), [parts(*group) for group in groups])
    assert [part.instrument for part in placed] == expected
