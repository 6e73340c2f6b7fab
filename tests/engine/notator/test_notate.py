"""What the shipped weights write; ``corpus`` works were not learnt from."""

from __future__ import annotations

import random
from fractions import Fraction as F
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from music21 import corpus

from bridge.documents.document import open_document
from engine.notator.accuracy import agreement
from engine.notator.notate import place
from engine.notator.sounds import Placed, Sound, placed_of, sound_order
from engine.notator.weights import SHIPPED, shipped
from engine.score import Key, Measure


def measures(n: int = 16, key: int = 0) -> list[Measure]:
    return [Measure(str(i), F(4), key=Key(key)) for i in range(1, n + 1)]


def line(keys: list[int], start: int = 0, length: int = 1) -> list[Sound]:
    return [Sound(F(start + i * length), F(length), midi) for i, midi in enumerate(keys)]


def names(placed: list[Placed]) -> str:
    return " ".join(str(note.pitch)[:-1] for note in placed)


def test_nothing_has_no_place() -> None:
    assert place([], measures(), 2) == []


@pytest.mark.parametrize("key", range(-6, 7))
def test_a_scale_is_spelled_as_its_signature_says(key: int) -> None:
    tonic = 60 + 7 * key % 12
    placed = place(line([tonic + step for step in (0, 2, 4, 5, 7, 9, 11, 12)] * 2), measures(key=key), 1)
    assert all(key - 1 <= note.pitch.fifths <= key + 5 for note in placed), names(placed)


def test_a_leading_note_is_raised_and_a_passing_one_falls() -> None:
    minor = line([69, 71, 72, 74, 76, 77, 76, 68, 69, 71, 72, 71, 69, 68, 69])
    assert "G#" in names(place(minor, measures(), 1)) and "Ab" not in names(place(minor, measures(), 1))
    falling = line([72, 70, 69, 67, 65, 67, 69, 70, 72, 70, 69, 67, 65, 64, 65])
    assert "Bb" in names(place(falling, measures(), 1)) and "A#" not in names(place(falling, measures(), 1))


def test_two_hands_and_one() -> None:
    bass = line([36, 43] * 16)
    tune = [Sound(s.onset, s.duration, midi) for s, midi in zip(bass, [72, 74, 76, 77] * 8, strict=True)]
    placed = place([*tune, *bass], measures(), 2)
    assert {note.voice for note in placed if note.sound.midi > 60} == {1}
    assert {note.voice for note in placed if note.sound.midi < 60} == {5}
    assert {note.staff for note in place([*tune, *bass], measures(), 1)} == {1}


def test_the_same_sounds_get_the_same_places_in_any_order() -> None:
    chance = random.Random(1)
    sounds = [Sound(F(chance.randrange(60), 4), F(1, 2), chance.randrange(36, 84)) for _ in range(80)]
    placed = place(sounds, measures(), 2)
    chance.shuffle(sounds)
    assert place(sounds, measures(), 2) == placed
    assert [note.sound for note in placed] == sorted(sounds, key=sound_order)


SOUNDS = st.builds(Sound, st.fractions(0, 15, max_denominator=12), st.just(F(1, 2)), st.integers(21, 108))


@settings(max_examples=50)
@given(st.lists(SOUNDS, max_size=12), st.integers(1, 2))
def test_every_sound_has_a_place_that_can_be(sounds: list[Sound], staves: int) -> None:
    placed = place(sounds, measures(), staves)
    assert [note.pitch.midi for note in placed] == [note.sound.midi for note in placed]
    assert [note.sound for note in placed] == sorted(sounds, key=sound_order)
    assert all(1 <= note.staff <= staves for note in placed)
    lines = {(s.onset, s.end) for s in sounds}
    if any(sum(a <= time < b for a, b in lines) > 4 for time, _ in lines):
        return
    for a, b in combinations(placed, 2):
        meet = a.sound.onset < b.sound.end and b.sound.onset < a.sound.end
        chord = (a.sound.onset, a.sound.end) == (b.sound.onset, b.sound.end)
        assert a.voice != b.voice or not meet or chord


@pytest.mark.parametrize(
    "name",
    [
        "joplin/maple_leaf_rag.mxl",
        "k545/movement1_exposition.mxl",
        "schumann_clara/polonaise_op1n2.mxl",
        "verdi/laDonnaEMobile.mxl",
    ],
)
def test_an_engraver_agrees(name: str) -> None:
    path = next(p for p in map(Path, corpus.getCorePaths()) if p.as_posix().endswith(name))
    score = open_document(path).score
    part = next(part for part in score.parts if part.staves == 2)
    true = placed_of(part, score.measures)
    found = place([note.sound for note in true], score.measures, 2)
    right = agreement(found, true)
    assert right["spelling"] > 0.98 * right["sounds"]
    assert right["staff"] > 0.94 * right["sounds"]
    assert right["voice"] > 0.94 * right["sounds"]


def test_the_weights_are_small() -> None:
    assert SHIPPED.with_suffix(".safetensors").stat().st_size < 1_500_000
    assert shipped() is shipped()
