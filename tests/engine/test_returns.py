from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.interface import Controls, Passage
from engine.pitch import Pitch
from engine.returns import FEWEST, FEWEST_DRAWN, WITH_MORE, WITH_ONE, earlier_of
from engine.score import ChordSymbol, Key, Measure, Metre, Note, Part, Score

F = Fraction
ALIKE = Controls(returns="alike")
HELD = (Note(F(0), F(4), Pitch("C", 0, 3)),)


def song(letters, piano=(), **wishes):
    """A melody with a whole note for each letter, a rest for a dot, beside a piano; all of this masked, or ``mask``."""
    melody = tuple(() if x == "." else (Note(F(0), F(4), Pitch(x.upper(), 0, 4)),) for x in letters)
    measures = tuple(Measure(str(i + 1), F(4)) for i in range(len(letters)))
    cells = tuple(piano) or ((),) * len(letters)
    score = Score(measures, (Part("1", "Voice", "voice", 1, melody), Part("2", "Piano", "piano", 2, cells)))
    mask = wishes.pop("mask", range(len(letters)))
    return Passage(score, frozenset((1, m) for m in mask), **wishes)


def returns(passage, controls=ALIKE, seed=0):
    found = earlier_of(passage, controls, seed)
    assert {part for part, _ in found} <= {1}
    return {measure: earlier for (_, measure), earlier in found.items()}


def with_measures(passage, **changes):
    """Measures changed: ``m4=...`` is a function of measure 4."""
    measures = [changes.get(f"m{i}", lambda m: m)(m) for i, m in enumerate(passage.score.measures)]
    return replace(passage, score=replace(passage.score, measures=tuple(measures)))


@pytest.mark.parametrize("controls", [ALIKE, Controls()])
def test_nothing_returns_where_something_is_kept(controls):
    for seed in range(20):
        assert returns(song("cdefcdef"), replace(controls, vary=0.5), seed) == {}
        assert returns(song("cdefcdef"), replace(controls, rhythm="keep"), seed) == {}


def drawn(passage, seeds=400):
    return [returns(passage, Controls(), seed) for seed in range(seeds)]


def with_flute(passage):
    flute = replace(passage.score.parts[0], id="3", name="Flute", instrument="flute")
    return replace(passage, score=replace(passage.score, parts=(*passage.score.parts, flute)))


def test_unasked_as_much_returns_as_composers_would_have_it():
    passage = song("cdefgacdefab")
    for found, odds in ((drawn(passage), WITH_ONE), (drawn(with_flute(passage)), WITH_MORE)):
        assert all(f in ({}, {6: 0, 7: 1, 8: 2, 9: 3}) for f in found)
        assert abs(sum(map(bool, found)) / len(found) - odds) < 0.06


def test_unasked_two_measures_return_one_does_not():
    assert {4: 0, 5: 1} in drawn(song("cdefcdga"), 20)
    assert not any(drawn(song("cdefcgab"), 20))
    assert not any(drawn(song("cccccccc"[:3]), 20))


def test_unasked_what_stands_there_is_not_written_again():
    assert not any(drawn(song("cdefcdef", (HELD,) * 8, mask=range(4, 8)), 20))
    assert {6: 2, 7: 3} in drawn(song("cdefcdef", (HELD,) * 8, mask=range(2, 8)), 20)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("cdefcdef", {4: 0, 5: 1, 6: 2, 7: 3}),
        ("cdecde", {}),  # too short
        ("cdefgcdef", {5: 0, 6: 1, 7: 2, 8: 3}),
        ("cdefcdea", {}),
        ("cdefgacdefab", {6: 0, 7: 1, 8: 2, 9: 3}),  # a second ending
        ("cdef" * 3, {m: m % 4 for m in range(4, 12)}),
        (
            "cccccccc",
            {4: 0, 5: 1, 6: 2, 7: 3},
        ),  # not one measure for ever: a section stands apart from the other
        ("ccccccc", {}),
        ("cd..cd..", {}),  # rests alone are no section
        ("cd..efcd..ef", {m: m - 6 for m in range(6, 12)}),
        ("....cdef....cdef", {m: m - 8 for m in range(8, 16)}),
        (
            "cdefgacdefabcdefga",
            {6: 0, 7: 1, 8: 2, 9: 3} | {m: m - 12 for m in range(12, 18)},
        ),  # the longer one
    ],
)
def test_sections(letters, expected):
    assert returns(song(letters)) == expected


def test_metre_signature_length_and_chord_symbols_must_be_the_same():
    four = song("cdefcdef")
    chord = (ChordSymbol(F(0), "C", "major"),)
    for change in (
        lambda m: replace(m, metre=Metre(2, 2)),
        lambda m: replace(m, key=Key(1)),
        lambda m: replace(m, duration=F(7, 2)),
        lambda m: replace(m, chords=chord),
    ):
        assert returns(with_measures(four, m5=change)) == {}
    for alike in (
        lambda m: replace(m, key=Key(0, "major")),
        lambda m: replace(m, number="X", end_repeat=True),
    ):
        assert len(returns(with_measures(four, m5=alike))) == 4
    both = with_measures(four, m1=lambda m: replace(m, chords=chord), m5=lambda m: replace(m, chords=chord))
    assert returns(both) == {}  # the chord of the second measure holds over the fifth, which was the first


def test_only_parts_that_are_listened_to_and_stay_are_compared():
    passage = song("cdefcdef")
    flute = Part("3", "Flute", "flute", 1, song("cdefgabc").score.parts[0].cells)
    three = replace(passage, score=replace(passage.score, parts=(*passage.score.parts, flute)))
    assert returns(three) == {}
    assert len(returns(replace(three, listen=frozenset({0})))) == 4
    drums = replace(three.score, parts=(*passage.score.parts, replace(flute, pitched=False)))
    assert len(returns(replace(three, score=drums))) == 4
    masked = earlier_of(replace(three, mask=three.mask | {(2, 7)}), ALIKE, 0)
    assert masked == {(1, m): m - 4 for m in range(4, 8)} | {(2, 7): 3}


def test_an_accompaniment_that_is_there_is_written_again_and_silence_before_it_is_not():
    later = range(4, 8)
    assert returns(song("cdefcdef", mask=later)) == {}
    there = (HELD, HELD, (), HELD, (), (), (), ())  # it rests once, and rests there again
    assert returns(song("cdefcdef", there, mask=later)) == {4: 0, 5: 1, 6: 2, 7: 3}
    assert returns(song("cdefcdef", mask=range(2, 8))) == {6: 2, 7: 3}
    assert returns(song("cdefcdef" + "cdef", (HELD,) * 12, mask=range(6, 12))) == {
        6: 2, 7: 3, 8: 4, 9: 5, 10: 2, 11: 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "controls"),
    [
        (HELD, replace(ALIKE, low=50)),
        ((Note(F(0), F(5, 16), Pitch("C", 0, 3)),), ALIKE),  # no value of a note
        ((Note(F(0), F(2), Pitch("C", 0, 3)), Note(F(1), F(2), Pitch("D", 0, 3))), ALIKE),  # over each other
    ],
)
def test_what_breaks_a_limit_or_cannot_be_written_is_written_anew(cell, controls):
    high = (replace(HELD[0], pitch=Pitch("C", 0, 5)),)
    piano = (high, cell, high, high, (), (), (), ())
    assert returns(song("cdefcdef", piano, mask=range(4, 8)), controls) == {4: 0, 6: 2, 7: 3}
    assert returns(song("cdefcdefcdef", (*piano, *((),) * 4), mask=range(4, 12)), controls) == {
        4: 0, 6: 2, 7: 3, 8: 0, 9: 5, 10: 2, 11: 3,
    }  # fmt: skip


def sections(letters, fewest=FEWEST):
    """For each measure the distances at which it belongs to a section that returns: letter by letter, as defined."""
    found = {m: set() for m in range(len(letters))}
    for back in range(fewest, len(letters)):
        same = [letters[m] == letters[m - back] if m >= back else None for m in range(len(letters))]
        for alike, run in groupby(range(len(letters)), key=lambda m: same[m]):
            measures = list(run)
            if alike and sum(letters[m] != "." for m in measures) >= fewest:
                for m in measures:
                    found[m].add(back)
    return found


LETTERS = st.lists(st.text("cd.", min_size=1, max_size=6), min_size=1, max_size=3).flatmap(
    lambda motifs: st.lists(st.sampled_from(motifs), min_size=1, max_size=8).map("".join)
)


@given(LETTERS, st.data())
def test_what_is_found_is_what_was_meant(letters, data):
    mask = data.draw(st.sets(st.integers(0, len(letters) - 1)))
    piano = tuple(() if m in mask else data.draw(st.sampled_from([(), HELD])) for m in range(len(letters)))
    found, meant = returns(song(letters, piano, mask=mask)), sections(letters)
    for measure, earlier in found.items():
        assert measure in mask and earlier not in found and earlier <= measure - FEWEST
        assert letters[measure] == letters[earlier] and meant[measure]
    assert returns(song(letters)).keys() == {m for m, distances in meant.items() if distances}
    assert returns(song(letters, [HELD] * len(letters), mask=mask)).keys() == {m for m in mask if meant[m]}


@given(LETTERS, st.integers(0, 2**32 - 1), st.data())
def test_what_is_drawn_is_a_section_that_is_written_now(letters, seed, data):
    mask = data.draw(st.sets(st.integers(0, len(letters) - 1)))
    found, meant = returns(song(letters, mask=mask), Controls(), seed), sections(letters, FEWEST_DRAWN)
    for measure, earlier in found.items():
        assert {measure, earlier} <= mask and earlier not in found and earlier <= measure - FEWEST_DRAWN
        assert letters[measure] == letters[earlier] and meant[measure]
