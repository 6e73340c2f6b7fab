"""Rhythms that can be notated, and the way a metre divides its measure."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metre import beat_groups, beat_of, eighth_groups, measure_grid, metre_groups, metric_offset
from engine.rhythm import Span, VoiceState, aligned_groups, free_groups, tuplet_groups
from engine.score import PLAIN, Measure, Metre, Tuplet

TRIPLET, DUPLET, QUINTUPLET = Tuplet(3, 2), Tuplet(2, 3), Tuplet(5, 4)
THIRD = F(1, 3)


def measure(beats: int, unit: int, length: F | None = None, **more: bool) -> Measure:
    metre = Metre(beats, unit)
    return Measure("1", metre.duration if length is None else length, metre, **more)


def accepted(spans: list[Span], length: F = F(4), offset: F = F(0)) -> bool:
    state = VoiceState(length, offset)
    for span in spans:
        if not state.accepts(*span):
            return False
        state = state.after(*span)
    return True


@pytest.mark.parametrize(
    ("spans", "good"),
    [
        ([(F(0), F(1), PLAIN), (F(1), F(3), PLAIN)], True),
        ([(F(1, 2), F(5, 4), PLAIN)], True),  # tied values write it
        ([(F(3), F(2), PLAIN)], False),  # over the bar line
        ([(F(0), F(1), PLAIN), (F(1, 2), F(1), PLAIN)], False),  # overlaps
        ([(F(0), F(1), PLAIN), (F(0), F(1), PLAIN)], True),  # a chord
        ([(F(0), F(1), PLAIN), (F(0), F(2), PLAIN)], False),  # two durations in a chord
        ([(F(0), THIRD, PLAIN)], False),
        ([(THIRD, F(1), PLAIN)], False),
        ([(F(0), THIRD, TRIPLET)], True),  # completed by rests
        ([(F(0), THIRD, TRIPLET), (F(1, 2), F(1, 2), PLAIN)], True),  # a triplet of sixteenths
        ([(F(0), THIRD, TRIPLET), (THIRD, THIRD, TRIPLET), (F(1, 2), F(1, 2), PLAIN)], False),
        ([(F(0), THIRD, TRIPLET), (THIRD, THIRD, TRIPLET), (F(3, 4), F(1, 4), PLAIN)], False),
        ([(F(0), THIRD, TRIPLET), (THIRD, THIRD, TRIPLET), (F(1), F(1, 2), PLAIN)], True),
        ([(F(2, 3), THIRD, TRIPLET)], True),  # opens with rests
        (
            [(F(0), F(1, 2), PLAIN), (F(2, 3), 2 * THIRD, TRIPLET)],
            False,
        ),  # the group would begin inside a note
        ([(F(1, 2), F(3, 4), PLAIN), (F(4, 3), THIRD, TRIPLET)], False),
        ([(F(0), F(1, 2), PLAIN), (F(2, 3), THIRD, TRIPLET)], True),  # a triplet of sixteenths again
        ([(F(0), 2 * THIRD, TRIPLET), (F(1), F(1), PLAIN)], True),  # a group of one quarter
        ([(F(0), 2 * THIRD, TRIPLET), (2 * THIRD, 2 * THIRD, TRIPLET), (F(1), F(1), PLAIN)], False),
        ([(F(0), 2 * THIRD, TRIPLET), (2 * THIRD, 2 * THIRD, TRIPLET), (F(2), F(1), PLAIN)], True),
        (
            [(F(1), 2 * THIRD, TRIPLET), (F(5, 3), 2 * THIRD, TRIPLET), (F(3), F(1), PLAIN)],
            False,
        ),  # over the middle
        ([(F(0), F(1), TRIPLET)], True),  # three eighths of a half-note triplet's six
        ([(F(0), F(4), TRIPLET)], False),  # one note alone is no tuplet
        ([(F(0), THIRD, TRIPLET), (THIRD, F(1, 5), QUINTUPLET)], False),
        ([(F(0), THIRD, TRIPLET), (F(1), F(1, 5), QUINTUPLET)], True),
    ],
)
def test_a_voice_accepts_what_can_be_notated(spans: list[Span], good: bool) -> None:
    assert accepted(spans) is good
    assert (aligned_groups([s for i, s in enumerate(spans) if s not in spans[:i]], F(4)) is not None) is good


def test_a_duplet_fills_a_beat_of_six_eight() -> None:
    duplet = [(F(3, 2), F(3, 4), DUPLET), (F(9, 4), F(3, 4), DUPLET)]
    assert accepted(duplet, F(3))
    assert not accepted([(F(1), F(3, 4), DUPLET), (F(7, 4), F(3, 4), DUPLET)], F(3))


def test_a_group_may_be_aligned_with_the_end_of_the_measure() -> None:
    spans = [(1 + k * 2 * THIRD, 2 * THIRD, TRIPLET) for k in range(3)]
    assert accepted(spans, F(3))


def test_a_pickup_is_aligned_with_the_metre_that_it_ends() -> None:
    spans = [(F(1, 2) + k * THIRD, THIRD, TRIPLET) for k in range(3)]
    pickup = measure(4, 4, F(3, 2), implicit=True)
    assert metric_offset(pickup) == F(5, 2)
    assert VoiceState.of(pickup).accepts(*spans[0])
    assert accepted(spans, F(3, 2), metric_offset(pickup))
    assert metric_offset(measure(4, 4, F(3, 2))) == 0


@pytest.mark.parametrize("spans", [[(F(0), F(1), PLAIN)], [(k * THIRD, THIRD, TRIPLET) for k in range(3)]])
def test_nothing_is_written_in_a_measure_that_rests_cannot_fill(spans: list[Span]) -> None:
    assert accepted(spans, F(35, 8)) and not accepted(spans, F(35, 6))
    assert tuplet_groups(spans, F(35, 8)) is not None
    assert tuplet_groups(spans, F(35, 6)) is None


def test_groups_are_as_fine_as_the_notes_allow() -> None:
    sixteenths = [(F(k, 6), F(1, 6), TRIPLET) for k in range(6)]
    assert sizes(sixteenths) == [F(1, 2), F(1, 2)]
    assert sizes([(F(k, 3), THIRD, TRIPLET) for k in range(6)]) == [F(1), F(1)]
    assert sizes([(k * 2 * THIRD, 2 * THIRD, TRIPLET) for k in range(3)]) == [F(2)]
    assert sizes([(F(k, 6), F(1, 6), Tuplet(6, 4)) for k in range(6)]) == [F(1)]  # its unit is a sixteenth
    assert sizes([(F(0), THIRD, TRIPLET)]) == [F(1)]  # not half a beat with a sixteenth rest


def sizes(spans: list[Span]) -> list[F]:
    groups = tuplet_groups(spans, F(4))
    assert groups is not None
    return [group.end - group.start for group in groups]


NESTED, SEXTUPLET = Tuplet(9, 4), Tuplet(6, 4)


@pytest.mark.parametrize(
    ("spans", "groups"),
    [
        ([(F(k), F(1), TRIPLET) for k in range(3)], [(0, 1), (1, 2), (2, 3)]),  # one note alone in each
        ([(F(0), F(4), SEXTUPLET)], [(0, 4)]),
        (
            [(F(0), F(1, 2), PLAIN), *((F(1, 2) + k * THIRD, THIRD, TRIPLET) for k in range(3))],
            [(F(1, 2), F(3, 2))],
        ),
        ([(F(5, 6), THIRD, TRIPLET), (F(3, 2), F(1), PLAIN)], [(0, F(3, 2))]),  # with rests around it
        (
            [(F(0), THIRD, TRIPLET), *((THIRD + F(k, 9), F(1, 9), NESTED) for k in range(6))],
            [(0, 1)],
        ),
        ([(THIRD, F(1), PLAIN)], None),
        ([(F(0), THIRD, TRIPLET), (F(1, 4), F(1), PLAIN)], None),
        ([(F(7, 2), F(1), TRIPLET)], None),
        ([(F(0), F(1, 5), TRIPLET)], None),
    ],
)
def test_free_groups_lie_between_times_that_plain_notes_reach(
    spans: list[Span], groups: list[tuple[F, F]] | None
) -> None:
    found = free_groups(spans, F(4))
    assert (None if found is None else [(group.start, group.end) for group in found]) == groups


def test_a_nested_group_has_the_ratio_of_its_least_divided_notes() -> None:
    spans = [(F(0), THIRD, TRIPLET), *((THIRD + F(k, 9), F(1, 9), NESTED) for k in range(6))]
    assert aligned_groups(spans, F(4)) is None
    assert [group.tuplet for group in tuplet_groups(spans, F(4)) or ()] == [TRIPLET]


SPANS = st.tuples(
    st.sampled_from([F(0), F(0), F(1, 2), F(1), THIRD, F(1, 6), F(1, 5), F(3, 4)]),  # the gap before
    st.sampled_from([F(1, 4), F(1, 2), F(1), F(3, 2), THIRD, 2 * THIRD, F(1, 6), F(1, 5), F(2, 5), F(3, 4)]),
    st.sampled_from([PLAIN, PLAIN, TRIPLET, TRIPLET, DUPLET, QUINTUPLET]),
)


@given(
    st.lists(SPANS, min_size=1, max_size=6), st.sampled_from([F(2), F(3), F(4), F(5, 2), F(7, 2), F(3, 2)])
)
def test_the_automaton_agrees_with_the_search(gaps: list[tuple[F, F, Tuplet]], length: F) -> None:
    spans, time = [], F(0)
    for gap, duration, tuplet in gaps:
        spans.append((time + gap, duration, tuplet))
        time += gap + duration
    aligned = aligned_groups(spans, length)
    assert accepted(spans, length) == (aligned is not None)
    assert (
        aligned is None or tuplet_groups(spans, length) == aligned
    )  # so the writer has notation for all of them


@given(st.lists(SPANS, min_size=1, max_size=6))
def test_groups_hold_their_notes_and_do_not_overlap(gaps: list[tuple[F, F, Tuplet]]) -> None:
    state, spans = VoiceState(F(4)), []
    for gap, duration, tuplet in gaps:
        span = (state.free_from + gap, duration, tuplet)
        if state.accepts(*span):
            state = state.after(*span)
            spans.append(span)
    groups = tuplet_groups(spans, F(4)) or []
    assert all(a.end <= b.start for a, b in pairwise(groups))
    for onset, duration, tuplet in spans:
        around = [g for g in groups if g.start < onset + duration and onset < g.end]
        assert [g.tuplet for g in around] == ([] if tuplet == PLAIN else [tuplet])
        assert all(g.start <= onset and onset + duration <= g.end for g in around)


@pytest.mark.parametrize(
    ("beats", "unit", "groups"),
    [
        (4, 4, (1, 1, 1, 1)),
        (3, 4, (1, 1, 1)),
        (6, 8, (3, 3)),
        (3, 8, (3,)),
        (12, 8, (3, 3, 3, 3)),
        (6, 4, (3, 3)),
        (5, 8, (3, 2)),
        (7, 8, (2, 2, 3)),
        (5, 4, (3, 2)),
        (4, 8, (2, 2)),
        (8, 8, (3, 3, 2)),
    ],
)
def test_metre_groups(beats: int, unit: int, groups: tuple[int, ...]) -> None:
    assert metre_groups(Metre(beats, unit)) == groups


def test_the_groups_that_a_metre_names_win() -> None:
    assert metre_groups(Metre(5, 8, (2, 3))) == (2, 3)


@pytest.mark.parametrize(
    ("measure", "beats", "eighths"),
    [
        (measure(4, 4), [0, 1, 2, 3, 4], [0, 2, 4]),
        (measure(3, 4), [0, 1, 2, 3], [0, 3]),
        (measure(2, 2), [0, 1, 2, 3, 4], [0, 2, 4]),
        (measure(6, 8), [0, F(3, 2), 3], [0, F(3, 2), 3]),
        (measure(7, 8), [0, 1, 2, F(7, 2)], [0, 1, 2, F(7, 2)]),
        (measure(5, 4), [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]),
        (measure(4, 4, F(3, 2), implicit=True), [0, F(1, 2), F(3, 2)], [0, F(3, 2)]),
        (Measure("1", F(5, 2), Metre(symbol="senza")), [0, 1, 2, F(5, 2)], [0, 1, 2, F(5, 2)]),
    ],
)
def test_beat_groups(measure: Measure, beats: list[F], eighths: list[F]) -> None:
    assert list(beat_groups(measure)) == beats
    assert list(eighth_groups(measure)) == eighths


@pytest.mark.parametrize(
    ("metre", "beat"),
    [
        (Metre(), 1),
        (Metre(2, 2), 1),
        (Metre(6, 8), F(3, 2)),
        (Metre(5, 8, (2, 3)), 1),
        (Metre(1, 8), F(1, 2)),
        (Metre(symbol="senza"), 1),
    ],
)
def test_the_beat_of_a_metre(metre: Metre, beat: F) -> None:
    assert beat_of(metre) == beat


def test_depth_follows_the_metre() -> None:
    simple, compound = measure_grid(measure(4, 4)), measure_grid(measure(6, 8))
    assert [simple.depth(F(k, 2)) for k in range(8)] == [0, 3, 2, 3, 1, 3, 2, 3]
    assert [compound.depth(F(k, 2)) for k in range(6)] == [0, 2, 2, 1, 2, 2]
    assert simple.inside(F(1, 2), F(7, 2)) == [(1, F(2))]
    assert simple.inside(F(0), F(1, 4)) == [(5, F(1, 8))]


def test_a_metre_of_even_groups_may_be_syncopated() -> None:
    assert measure_grid(measure(4, 8)).strict == 0
    assert measure_grid(measure(4, 8)).depth(F(1)) == 1
    assert measure_grid(measure(7, 8)).strict == 2
