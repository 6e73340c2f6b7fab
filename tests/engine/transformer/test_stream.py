"""Sections that return, as the stream writes them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from works import two_part_score

from engine.instruments import INSTRUMENTS, SETS
from engine.interface import Controls, Passage, Sampling, written
from engine.limits import broken_limits
from engine.pitch import Pitch
from engine.returns import earlier_of
from engine.score import Note, Part
from tests.engine.transformer.untrained import untrained

F = Fraction
ALIKE = Controls(returns="alike")
FORM = [
    0,
    1,
    2,
    3,
    4,
    5,
    0,
    1,
    2,
    3,
    6,
    7,
    8,
    9,
    10,
    0,
    1,
    2,
    3,
    4,
    5,
]  # 11 is longer than the network's window


@pytest.fixture(scope="module")
def engine():
    return untrained(ending=2.5)


def song(form=FORM):
    """A voice and a piano, each measure by its letter."""
    score = two_part_score(20)
    melodies = [
        tuple(
            replace(n, pitch=replace(n.pitch, octave=4 + letter // 7)) for n in score.parts[0].cells[letter]
        )
        for letter in range(20)
    ]
    cells = ([melodies[i] for i in form], [score.parts[1].cells[i] for i in form])
    parts = tuple(replace(p, cells=tuple(own)) for p, own in zip(score.parts, cells, strict=True))
    return replace(score, measures=two_part_score(len(form)).measures, parts=parts)


def write(engine, passage, controls=ALIKE, seed=1):
    found = list(written(engine, passage, controls, Sampling(seed)))
    assert [(w.measure, w.part) for w in found] == sorted((m, p) for p, m in passage.mask)
    return {(w.part, w.measure): w.notes for w in found}


def piano(measures):
    return frozenset((1, m) for m in measures)


@pytest.mark.parametrize("seed", range(4))
def test_what_returns_is_alike_and_all_else_is_new(engine, seed):
    passage = Passage(song(), piano(range(len(FORM))))
    cells = write(engine, passage, seed=seed)
    earlier = earlier_of(passage, ALIKE, seed)
    assert {m for _, m in earlier} == {6, 7, 8, 9, *range(15, 21)}
    assert all(untied(cells[place]) == untied(cells[1, m]) for place, m in earlier.items())
    others = [cells[place] for place in passage.mask - earlier.keys()]
    assert len(set(others)) > len(others) - 3
    free, drawn = write(engine, passage, Controls(), seed), earlier_of(passage, Controls(), seed)
    assert all(untied(free[place]) == untied(free[1, m]) for place, m in drawn.items())
    left = earlier.keys() - drawn.keys()
    assert sum(untied(free[place]) == untied(free[1, earlier[place]]) for place in left) < 4


def untied(cell):
    return [replace(n, tied=False) if n.onset == 0 else n for n in cell]


def test_what_returns_is_as_unlikely_as_what_it_returns_to(engine):
    """Else takes that repeat much would look likelier than others to whoever compares takes."""
    passage = Passage(song(), piano(range(len(FORM))))
    nats = {w.measure: w.nats for w in written(engine, passage, ALIKE, Sampling(1))}
    earlier = {m: before for (_, m), before in earlier_of(passage, ALIKE, 1).items()}
    assert earlier and all(nats[m] == nats[before] > 0 for m, before in earlier.items())


def test_a_piano_does_not_rest_right_before_what_returns_with_a_rest():
    engine, rests = untrained(ending=6.0), 0
    form = [9, 0, 1, 2, 3, 8, 7, 0, 1, 2, 3, 6]
    for seed in range(12):
        passage = Passage(song(form), piano(range(len(form))))
        cells = write(engine, passage, Controls(), seed)
        drawn = earlier_of(passage, Controls(), seed)
        begins = {m for _, m in drawn} - {m + 1 for _, m in drawn}  # of sections
        rests += sum(cells[1, m] == () for m in begins)
        assert not any(cells[1, m - 1] == cells[1, m] == () for m in begins)
    assert rests  # or the test would show nothing


@pytest.mark.parametrize("seed", range(6))
def test_ties_lead_from_notes_that_sound(engine, seed):
    score = song()
    cells = write(engine, Passage(score, piano(range(len(FORM)))), seed=seed)
    for m in range(1, len(FORM)):
        ends = {(n.voice, n.pitch) for n in cells[1, m - 1] if n.end == score.measures[m - 1].duration}
        assert all((n.voice, n.pitch) in ends for n in cells[1, m] if n.tied and n.onset == 0)


@pytest.mark.parametrize("sounds", [True, False])
def test_a_tie_into_a_section_is_kept_where_its_note_sounds(engine, sounds):
    """The piano is there up to the section that returns; its first note was held when it came first."""
    low = Note(F(0), F(4), Pitch("C", 0, 2), 5, 2)
    score = song([9, 0, 1, 2, 3, 8, 0, 1, 2, 3])
    cells = [(low,), (replace(low, tied=True),), (low,), (low,), (replace(low, tied=True),), (low,)]
    if not sounds:
        cells[5] = (replace(low, duration=F(2)),)
    known = replace(score.parts[1], cells=(*cells, *((),) * 4))
    found = write(engine, Passage(replace(score, parts=(score.parts[0], known)), piano(range(6, 10))))
    assert found[1, 6] == ((replace(low, tied=True),) if sounds else (low,))
    assert [found[1, m] for m in (7, 8, 9)] == cells[2:5]


def test_what_returns_is_known_when_measures_before_it_are_written(engine):
    """Measures 8 to 11 return to 0 to 3; 4 to 7 are written as if they stood there."""
    score = song([0, 1, 2, 3, 7, 8, 9, 10, 0, 1, 2, 3, 12])
    own = score.parts[1].cells
    returned, silent = (
        Passage(
            replace(score, parts=(score.parts[0], replace(score.parts[1], cells=cells))), piano(range(4, 8))
        )
        for cells in ((*own[:8], *own[:4], ()), (*own[:8], *((),) * 5))
    )
    unlike = 0
    for seed in range(6):  # one may hit on the same few notes
        alike = write(engine, Passage(score, piano(range(4, 12))), seed=seed)
        fit, without = (write(engine, passage, Controls(), seed) for passage in (returned, silent))
        assert [alike[1, m] for m in range(8, 12)] == list(own[:4])
        assert [alike[1, m] for m in range(4, 7)] == [fit[1, m] for m in range(4, 7)]
        unlike += [without[1, m] for m in range(4, 7)] != [fit[1, m] for m in range(4, 7)]
    assert unlike > 0


def test_limits_hold_where_what_was_there_breaks_them(engine):
    controls, score = replace(ALIKE, density=1.0, low=40), song([0, 1, 2, 3, 9, 0, 1, 2, 3])
    cells = write(engine, Passage(score, piano(range(5, 9))), controls)
    assert all(broken_limits(cell, score.measures[0], controls) for cell in score.parts[1].cells)
    assert not any(broken_limits(cell, score.measures[0], controls) for cell in cells.values())


def test_one_staff_of_a_part_returns(engine):
    score = song([0, 1, 2, 3, 9, 0, 1, 2, 3])
    right = score.parts[1].cells
    cells = (*right[:5], *(tuple(n for n in cell if n.staff == 1) for cell in right[5:]))
    score = replace(score, parts=(score.parts[0], replace(score.parts[1], cells=cells)))
    found = write(engine, Passage(score, piano(range(5, 9)), staves={1: (2,)}))
    assert [found[1, m + 5] for m in range(4)] == [
        tuple(n for n in cell if n.staff == 2) for cell in right[:4]
    ]


def test_all_voices_of_a_choir_return_together(engine):
    score = song([0, 1, 2, 3, 9, 0, 1, 2, 3])
    silence = ((),) * 9
    lower = [Part(name, name, name, 1, silence) for name in SETS["satb"][1:]]
    soprano = replace(score.parts[0], instrument="soprano")
    passage = Passage(
        replace(score, parts=(soprano, *lower)), frozenset((p, m) for p in (1, 2, 3) for m in range(9))
    )
    cells = write(engine, passage)
    assert all(untied(cells[p, m + 5]) == untied(cells[p, m]) for p in (1, 2, 3) for m in range(4))


@pytest.mark.parametrize(
    ("instrument", "pickup", "sung", "empty"),
    [
        ("piano", False, True, False),
        ("alto", False, True, False),
        ("violin", False, True, True),
        ("piano", True, True, True),
        ("piano", False, False, True),
    ],
)
def test_accompanists_and_singers_enter_with_the_others(instrument, pickup, sung, empty):
    score = two_part_score(6)
    first = score.measures[0]
    if pickup:
        first = replace(first, duration=Fraction(1), implicit=True)
    voice = score.parts[0]
    lead = tuple(n for n in voice.cells[0] if n.end <= first.duration) if sung else ()
    parts = (
        replace(voice, cells=(lead, *voice.cells[1:])),
        replace(
            voice, id="P9", instrument=instrument, staves=INSTRUMENTS[instrument].staves, cells=((),) * 6
        ),
    )
    passage = Passage(
        replace(score, measures=(first, *score.measures[1:]), parts=parts),
        frozenset((1, m) for m in range(6)),
    )
    cells = {c.measure: c.notes for c in written(untrained(ending=30.0), passage, Controls(), Sampling(1))}
    assert (not cells[0]) is empty


def test_the_voices_of_a_choir_sing_wherever_the_given_one_does():
    score = two_part_score(9)
    lead = replace(score.parts[0], instrument="flute", cells=(*score.parts[0].cells[:6], (), (), ()))
    alto = Part("A", "Alto", "alto", 1, ((),) * 9)
    mask = frozenset((1, m) for m in range(9))
    passage = Passage(replace(score, parts=(lead, alto)), mask, choir=frozenset({0}))
    cells = write(untrained(ending=30.0), passage, Controls())
    assert all(cells[1, m] for m in range(6)) and not cells[1, 6]
