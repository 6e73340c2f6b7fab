from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RequestError
from bridge.options import AccompanyOptions
from engine.instruments import SETS
from engine.interface import Sampling
from engine.pitch import Pitch


def test_defaults_are_a_piano_and_the_sampling_of_the_engines() -> None:
    options = AccompanyOptions.parse({})
    assert options.instruments == ("piano",)
    assert options.measures == ""
    assert (options.controls.low, options.controls.density) == (None, None)
    assert (options.temperature, options.top_p) == (Sampling().temperature, Sampling().top_p)


@pytest.mark.parametrize(
    ("text", "key"),
    [("C4", 60), ("c4", 60), ("F#3", 54), ("Bb2", 46), ("B♭2", 46), ("Cb4", 59), ("21", 21), (60, 60)],
)
def test_pitches_become_key_numbers(text: Any, key: int) -> None:
    assert AccompanyOptions.parse({"low": text}).low == key


@given(
    st.builds(Pitch, st.sampled_from("CDEFGAB"), st.integers(-2, 2), st.integers(0, 8)).filter(
        lambda pitch: 21 <= pitch.midi <= 108
    )
)
def test_a_pitch_reads_as_it_prints(pitch: Pitch) -> None:
    assert AccompanyOptions.parse({"low": str(pitch)}).low == pitch.midi


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        ("16th", Fraction(1, 4)),
        ("eighth", Fraction(1, 2)),
        ("1/16", Fraction(1, 4)),
        ("8", Fraction(1, 2)),
        ("whole", Fraction(4)),
        ("32nd", Fraction(1, 8)),
        (Fraction(1, 32), Fraction(1, 8)),
    ],
)
def test_note_values_become_quarters(text: Any, quarters: Fraction) -> None:
    assert AccompanyOptions.parse({"shortest": text}).controls.shortest == quarters


def test_sets_are_expanded_in_order() -> None:
    options = AccompanyOptions.parse({"add": ["flute", "string-quartet"]})
    assert options.instruments == ("flute", *SETS["string-quartet"])


def test_one_text_stands_for_a_list_of_one() -> None:
    options = AccompanyOptions.parse({"add": "Bass Voice", "part": "Alto"})
    assert options.add == ("bass-voice",)
    assert options.part == ("Alto",)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"add": ["pianno"]}, ["pianno", "piano"]),
        ({"add": ["Geige"]}, ["Geige", "violin"]),
        ({"add": ["xyzzy"]}, ["xyzzy", "known are"]),
        ({"low": "H3"}, ["low", "H3", "pitch"]),
        ({"low": 128}, ["low", "128"]),
        ({"low": "C5", "high": "C4"}, ["low", "72", "60"]),
        ({"add": ["violin"], "high": "C3"}, ["violin", "55"]),
        ({"shortest": "1/12"}, ["shortest", "1/12"]),
        ({"density": 0}, ["density", "greater than 0"]),
        ({"density": float("nan")}, ["density"]),
        ({"polyphony": 0}, ["polyphony"]),
        ({"temperature": 0}, ["temperature"]),
        ({"top_p": 1.5}, ["top_p"]),
        ({"seed": -1}, ["seed"]),
        ({"takes": 0}, ["takes"]),
        ({"chords": "perhaps"}, ["chords", "follow"]),
        ({"colour": "red"}, ["colour"]),
    ],
)
def test_wrong_values_are_refused_in_one_line_that_names_them(
    values: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(RequestError) as caught:
        AccompanyOptions.parse(values)
    assert "\n" not in caught.value.message
    for word in words:
        assert word in caught.value.message


def test_every_wrong_option_is_named() -> None:
    with pytest.raises(RequestError, match=r"density.*; takes"):
        AccompanyOptions.parse({"density": -1, "takes": 0})


def test_seeded_keeps_a_seed_and_draws_a_missing_one() -> None:
    assert AccompanyOptions.parse({"seed": 7}).seeded().seed == 7
    drawn = {AccompanyOptions.parse({}).seeded().seed for _ in range(3)}
    assert None not in drawn
    assert len(drawn) > 1


def test_later_takes_are_first_takes_of_later_seeds() -> None:
    third = AccompanyOptions.parse({"seed": 7, "takes": 3}).sampling(3)
    assert third == AccompanyOptions.parse({"seed": 9}).sampling(1)


def test_options_survive_a_second_validation() -> None:
    options = AccompanyOptions.parse({"low": "C3", "shortest": "16th", "add": "satb"})
    assert AccompanyOptions.parse(options.model_dump()) == options


def test_one_fault_of_an_option_is_told_once():
    with pytest.raises(RequestError) as caught:
        AccompanyOptions.parse({"add": ["kazoo"], "density": -1})
    assert caught.value.message.count("add ") == 1
    assert caught.value.message.count("density ") == 1
    assert "at least 1 item" not in caught.value.message
