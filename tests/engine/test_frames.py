from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from works import two_part_score

from engine.frames import frames_of, stretches
from engine.interface import Controls, Passage
from engine.limits import broken_limits
from engine.pitch import Pitch
from engine.score import Measure, Note, Part, Score, Tuplet

F = Fraction
C = Pitch("C", 0, 4)


def score_of(*cells):
    measures = tuple(Measure(str(i + 1), F(4)) for i in range(len(cells)))
    return Score(measures, (Part("P1", "Oboe", "oboe", 1, cells),))


def passage_of(*cells):
    return Passage(score_of(*cells), frozenset((0, m) for m in range(len(cells))))


def spans(passage, controls=Controls()):
    return [[span for _, span in stretch.spans] for stretch in stretches(passage, 0, controls)]


def test_without_a_wish_nothing_is_given_and_all_is_open():
    score = two_part_score(2)
    frames = frames_of(Passage(score, frozenset({(1, 0)})), Controls(), 1)
    assert frames[1, 0].given == () and frames[1, 0].open == ((F(0), F(4)),)


def test_stretches_end_at_beats_over_which_nothing_is_held():
    quarters = tuple(Note(F(i), F(1), C) for i in range(4))
    syncopated = (Note(F(0), F(3, 2), C), Note(F(3, 2), F(1, 2), C), Note(F(2), F(2), C))
    assert spans(passage_of(quarters)) == [[(F(i), F(i + 1))] for i in range(4)]
    assert spans(passage_of(syncopated)) == [[(F(0), F(2))], [(F(2), F(4))]]


def test_ties_and_tuplets_hold_a_stretch_together():
    tied = (Note(F(0), F(2), C), Note(F(2), F(2), C, tied=True))
    over = (Note(F(0), F(4), C, tied=True),)
    triplet = tuple(Note(F(2 * i, 3), F(2, 3), C, tuplet=Tuplet(3, 2)) for i in range(3))
    assert spans(passage_of(tied)) == [[(F(0), F(4))]] or spans(passage_of(tied))[0][0] == (F(0), F(4))
    assert [len(s.spans) for s in stretches(passage_of(tied, over), 0, Controls())] == [2]
    assert spans(passage_of(triplet))[0] == [(F(0), F(2))]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_the_share_of_the_time_is_written_anew(share):
    score = two_part_score(12)
    open_part = replace(score, parts=(score.parts[0],))  # its melody is in quarters
    frames = frames_of(Passage(open_part, frozenset((0, m) for m in range(12))), Controls(vary=share), 3)
    anew = sum(end - start for frame in frames.values() for start, end in frame.open)
    assert abs(float(anew) - 48 * share) <= 0.5
    for (part, measure), frame in frames.items():
        cell = open_part.parts[part].cells[measure]
        kept = [n for n in cell if not any(a <= n.onset < b for a, b in frame.open)]
        assert [given.note for given in frame.given] == kept and all(given.fixed for given in frame.given)


def test_the_seed_decides_what_varies():
    passage = Passage(two_part_score(8), frozenset((0, m) for m in range(8)))
    one, same, other = (frames_of(passage, Controls(vary=0.4), seed) for seed in (1, 1, 2))
    assert one == same != other


def test_a_measure_that_breaks_a_limit_is_written_anew():
    low = tuple(Note(F(i), F(1), C) for i in range(4))
    high = tuple(Note(F(i), F(1), Pitch("C", 0, 6)) for i in range(4))
    frames = frames_of(passage_of(low, high), Controls(vary=0.0, high=72), 1)
    assert len(frames[0, 0].given) == 4 and not frames[0, 0].open
    assert not frames[0, 1].given and frames[0, 1].open == ((F(0), F(4)),)


def test_rhythm_keeps_every_note_and_only_the_pitches_of_ties_from_outside():
    first, second = (Note(F(0), F(4), C),), (Note(F(0), F(4), C, tied=True),)
    third = (Note(F(0), F(2), C, tied=True), Note(F(2), F(2), C))
    passage = Passage(score_of(first, second, third), frozenset({(0, 1), (0, 2)}))
    frames = frames_of(passage, Controls(rhythm="keep"), 1)
    assert [given.fixed for given in frames[0, 1].given] == [True]
    assert [given.fixed for given in frames[0, 2].given] == [True, False]
    inside = Passage(passage.score, frozenset({(0, 0), (0, 1), (0, 2)}))
    given = [g for m in range(3) for g in frames_of(inside, Controls(rhythm="keep"), 1)[0, m].given]
    assert not any(g.fixed for g in given)
    assert [g.sound for g in given[:3]] == [given[0].sound] * 3 != [given[3].sound] * 3


@pytest.mark.parametrize(
    ("controls", "broken"),
    [
        (Controls(density=1.0), ("density",)),
        (Controls(density=1.25), ()),
        (Controls(polyphony=1), ("polyphony",)),
        (Controls(low=61), ("low",)),
        (Controls(high=59), ("high",)),
        (Controls(shortest=F(1, 2)), ("shortest",)),  # an eighth off its grid
        (Controls(shortest=F(1)), ("shortest",)),
        (Controls(density=2.0, polyphony=2, low=60, high=60, shortest=F(1, 4)), ()),
    ],
)
def test_limits_are_held_against_a_cell(controls, broken):
    cell = tuple(Note(F(i), F(1), C) for i in range(4)) + (Note(F(5, 4), F(1, 2), C, voice=2),)
    assert broken_limits(cell, Measure("1", F(4)), controls) == broken
