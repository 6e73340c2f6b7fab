"""What an engine says that it can do is what it is asked for; anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.engines import require_able
from bridge.errors import RequestError
from engine.interface import EngineInfo, Passage
from engine.score import Measure, Metre, Part, Score

INFO = EngineInfo("narrow")
COMMON = Metre()


def passage(*instruments: str, metre: Metre = COMMON, measures: int = 3) -> Passage:
    """A voice, and those parts to be written in all measures."""
    parts = tuple(
        Part(f"P{i}", name, name, 1, ((),) * measures) for i, name in enumerate(("voice", *instruments))
    )
    score = Score(tuple(Measure(str(m + 1), metre.duration, metre) for m in range(measures)), parts)
    mask = frozenset((p, m) for p in range(1, len(parts)) for m in range(measures))
    return Passage(score, mask)


def refusal(asked: Passage, **can: Any) -> str:
    try:
        require_able(replace(INFO, **can), asked)
    except RequestError as error:
        return f"{error.message} {error.hint}"
    return ""


def test_an_engine_that_says_nothing_is_not_limited() -> None:
    assert refusal(passage("violin", "tuba", metre=Metre(7, 8), measures=99)) == ""


@pytest.mark.parametrize(
    "written", [("violin",), ("cello",), ("violin", "violin"), ("viola", "cello"), ("alto", "bass-voice")]
)
def test_players_of_one_ensemble_are_written_together(written: tuple[str, ...]) -> None:
    assert refusal(passage(*written), ensembles=("string-quartet", "satb")) == ""


@pytest.mark.parametrize("written", [("violin", "alto"), ("cello", "cello"), ("piano",)])
def test_others_are_not(written: tuple[str, ...]) -> None:
    said = refusal(passage(*written), ensembles=("string-quartet", "satb"))
    assert f"does not write for {' and '.join(written)} together" in said
    assert "the players of string-quartet or satb, or use --engine transformer." in said


def test_an_ensemble_may_be_one_instrument() -> None:
    assert refusal(passage("piano"), ensembles=("satb", "piano")) == ""


def test_instruments_that_stand_in_the_score_are_looked_at_too() -> None:
    assert 'knows no instrument "tuba"' in refusal(passage("tuba"), instruments=("piano",))


def test_a_metre_is_refused_with_the_measure_that_has_it() -> None:
    said = refusal(passage("piano", metre=Metre(5, 8)), metres=("4/4", "3/4"))
    assert "does not write in 5/8 (measure 1) It writes in 4/4 and 3/4;" in said
    assert refusal(passage("piano", metre=Metre(3, 4)), metres=("4/4", "3/4")) == ""
    assert "senza misura" in refusal(passage("piano", metre=Metre(symbol="senza")), metres=("4/4",))


def test_metres_of_measures_that_are_not_written_do_not_matter() -> None:
    asked = passage("piano", metre=Metre(5, 8))
    odd = replace(asked.score.measures[0], metre=Metre(), duration=Metre().duration)
    measures = (odd, *asked.score.measures[1:])
    first = Passage(replace(asked.score, measures=measures), frozenset({(1, 0)}))
    assert refusal(first, metres=("4/4",)) == ""


@pytest.mark.parametrize(
    ("parts", "said"), [(1, "It writes one part at a time"), (2, "It writes up to 2 at once"), (3, "")]
)
def test_there_may_be_too_many_parts(parts: int, said: str) -> None:
    found = refusal(passage("violin", "viola", "cello"), parts=parts)
    assert (said in found and "does not write 3 parts at once" in found) if said else found == ""


def test_an_instrument_is_not_one_whose_name_begins_alike() -> None:
    assert 'knows no instrument "bass"' in refusal(passage("bass"), instruments=("bass-voice",))


def test_a_passage_may_be_too_long() -> None:
    assert "does not write 3 measures at once (1-3)" in refusal(passage("piano"), measures=2)
    assert refusal(passage("piano"), measures=3) == ""
