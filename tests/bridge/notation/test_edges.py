"""What stays keeps its ties, whatever is written beside it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

from hypothesis import given
from hypothesis import strategies as st

from bridge.notation.edges import joined
from bridge.notation.voices import find_ties
from engine.pitch import Pitch
from engine.rhythm import VoiceState
from engine.score import Cell, Measure, Note
from tests.engine.strategies import METRES, cells

C, D, E = (Pitch(step, 0, 4) for step in "CDE")
FOUR = [Measure(str(n), F(4)) for n in range(3)]


def whole(pitch: Pitch = C, tied: bool = False) -> Note:
    return Note(F(0), F(4), pitch, tied=tied)


def middle(cell: Cell, before: list[Cell]) -> Cell:
    """The middle one of three cells, written anew."""
    return joined([before[0], cell, before[2]], before, {1}, FOUR)[1]


HELD: list[Cell] = [(whole(),), (whole(tied=True),), (whole(tied=True),)]
FREE: list[Cell] = [(whole(),), (whole(),), (whole(),)]


def test_a_note_held_into_the_cell_goes_on() -> None:
    quarters = tuple(Note(F(k), F(1), D) for k in range(3))
    written = middle(quarters, [HELD[0], HELD[1], FREE[2]])
    assert written == (Note(F(0), F(1), C, tied=True), *quarters[1:])


def test_a_chord_that_holds_the_note_already_stays_whole() -> None:
    chord = (whole(), Note(F(0), F(4), D))
    for tied in (False, True):
        written = middle((replace(chord[0], tied=tied), chord[1]), [HELD[0], HELD[1], FREE[2]])
        assert written == (replace(chord[0], tied=True), chord[1])


def test_a_note_held_out_of_the_cell_is_begun() -> None:
    quarters = tuple(Note(F(k), F(1), D) for k in range(4))
    assert middle(quarters, [FREE[0], FREE[1], HELD[2]]) == (*quarters[:3], Note(F(3), F(1), C))


def test_it_fills_the_rest_before_it() -> None:
    assert middle((Note(F(0), F(1), D),), [FREE[0], FREE[1], HELD[2]])[1:] == (Note(F(1), F(3), C),)
    assert middle((), HELD) == (whole(tied=True),)


def test_a_note_held_through_changes_half_way_where_it_must() -> None:
    before: list[Cell] = [HELD[0], HELD[1], (whole(D, tied=True),)]
    assert middle((whole(D),), before) == (Note(F(0), F(2), C, tied=True), Note(F(2), F(2), D))


def test_a_written_note_is_not_tied_to_one_that_was_not() -> None:
    assert middle((whole(tied=True),), FREE) == (whole(),)


def test_ties_within_what_is_written_stay() -> None:
    cells = joined([(whole(),), (whole(),), (whole(tied=True),)], FREE, {1, 2}, FOUR)
    assert cells[2] == (whole(tied=True),)


def test_a_tie_from_nowhere_within_what_is_written_goes() -> None:
    cells = joined([(whole(),), (whole(D),), (whole(tied=True),)], FREE, {1, 2}, FOUR)
    assert cells[2] == (whole(),)


def test_a_new_tie_comes_from_its_own_voice() -> None:
    lower = replace(whole(tied=True), voice=2)
    before: list[Cell] = [(whole(),), (whole(),), (whole(D),)]
    after = joined([before[0], before[1], (whole(D), lower)], before, {1, 2}, FOUR)
    assert set(after[2]) == {whole(D), replace(lower, tied=False)}


def test_a_tie_from_another_voice_that_was_there_stays() -> None:
    lower = replace(whole(tied=True), voice=2)
    before: list[Cell] = [(whole(),), (whole(),), (lower,)]
    assert joined([*before[:2], (whole(D), lower)], before, {1, 2}, FOUR)[2] == (whole(D), lower)


def test_such_a_tie_stays_with_a_new_pitch_that_its_note_before_has_too() -> None:
    """As where the rhythm is kept."""
    lower = replace(whole(tied=True), voice=2)
    before: list[Cell] = [(whole(),), (whole(),), (lower,)]
    for pitch, tied in ((E, True), (D, False)):
        after = joined([before[0], (whole(pitch),), (replace(lower, pitch=E),)], before, {1, 2}, FOUR)
        assert after[2] == (replace(lower, pitch=E, tied=tied),)


def test_voices_that_stay_are_left_alone() -> None:
    lower = replace(whole(D, tied=True), voice=2, staff=1)
    before: list[Cell] = [(whole(), replace(lower, tied=False)), (whole(), lower), (whole(),)]
    assert set(middle((whole(), lower), before)) == {whole(), lower}


def test_a_tie_into_another_voice_is_begun_in_its_own() -> None:
    lower = replace(whole(), voice=2)
    before: list[Cell] = [(), (whole(D), lower), (whole(tied=True),)]
    assert middle((whole(E), lower), before) == (whole(E), lower)
    assert set(middle((whole(D),), before)) == {whole(D), lower}


@given(st.data())
def test_neighbours_find_their_ties(data: st.DataObject) -> None:
    """Whatever was held over an edge is held still, and the written voices are notatable."""
    metre = data.draw(st.sampled_from(METRES))
    measures = [Measure(str(n), metre.duration, metre) for n in range(3)]
    before = [data.draw(cells(measure, 1)) for measure in measures]
    for index in (1, 2):
        ends = {(n.voice, n.pitch) for n in before[index - 1] if n.end == metre.duration}
        before[index] = tuple(
            replace(n, tied=n.onset == 0 and (n.voice, n.pitch) in ends) for n in before[index]
        )
    old = find_ties(before, measures)
    written = joined([before[0], data.draw(cells(measures[1], 1)), before[2]], before, {1}, measures)
    new = find_ties(written, measures)
    assert written[0] == before[0]
    assert written[2] == before[2]
    assert old[0].starts <= new[0].starts
    assert old[2].stops <= new[2].stops
    for voice in {note.voice for note in written[1]}:
        state = VoiceState.of(measures[1])
        for note in (n for n in written[1] if n.voice == voice):
            assert state.accepts(note.onset, note.duration, note.tuplet)
            state = state.after(note.onset, note.duration, note.tuplet)
