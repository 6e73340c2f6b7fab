from __future__ import annotations

from fractions import Fraction as F

from hypothesis import given
from strategies import scores
from works import two_part_score

from engine.notator.sounds import Placed, Sound, pages_of, placed_of, sound_order, sounds_of, voice_of
from engine.pitch import Pitch
from engine.score import Cell, Measure, Note, Part, Score, home_staff

C, E, G = Pitch("C", 0, 4), Pitch("E", 0, 4), Pitch("G", 0, 4)


def placed(*cells: Cell) -> list[tuple[F, F, str, int]]:
    measures = [Measure(str(i), F(4)) for i in range(len(cells))]
    part = Part("P1", "Piano", "piano", 2, cells)
    return [(p.sound.onset, p.sound.duration, str(p.pitch), p.voice) for p in placed_of(part, measures)]


def test_tied_heads_are_one_sound_where_the_first_one_is() -> None:
    first = (Note(F(2), F(2), C, 5, 2),)
    second = (Note(F(0), F(4), C, 1, 1, tied=True),)
    third = (Note(F(0), F(1), C, 1, 1, tied=True), Note(F(1), F(1), C, 1, 1))
    assert placed(first, second, third) == [(F(2), F(7), "C4", 5), (F(9), F(1), "C4", 1)]


def test_a_tie_from_nothing_begins_a_sound() -> None:
    assert placed((Note(F(1), F(1), C, tied=True),)) == [(F(1), F(1), "C4", 1)]


def test_of_two_that_end_together_only_one_is_tied_on() -> None:
    first = (Note(F(0), F(4), C, 1), Note(F(2), F(2), C, 2))
    second = (Note(F(0), F(1), C, 1, tied=True),)
    assert sorted(duration for _, duration, _, _ in placed(first, second)) in ([2, 5], [3, 4])


def test_ranks_count_the_voices_of_the_measure() -> None:
    alone = (Note(F(0), F(4), C, 3),)
    three = tuple(Note(F(0), F(4), p, v) for p, v in ((G, 1), (E, 2), (C, 4)))
    assert [voice for *_, voice in placed(alone, three)] == [1, 2, 2, 1]


def test_the_staff_is_the_home_of_the_voice() -> None:
    assert placed((Note(F(0), F(1), E, 6, 1),))[0][3] == 5


def test_staff_and_rank_say_what_the_voice_does() -> None:
    for staff in (1, 2):
        for rank in range(4):
            note = Placed(Sound(F(0), F(1), 60), C, voice_of(staff, rank))
            assert (note.staff, note.rank) == (staff, rank)
    assert [voice_of(1, 0), voice_of(1, 1), voice_of(2, 0), voice_of(2, 1)] == [1, 2, 5, 6]


@given(scores())
def test_no_time_of_any_key_is_lost(score: Score) -> None:
    for part in score.parts:
        sounds = sounds_of(part, score.measures)
        heads = [note for cell in part.cells for note in cell]
        assert sum(s.duration for s in sounds) == sum(note.duration for note in heads)
        assert len(sounds) >= sum(not note.tied for note in heads)
        assert sounds == sorted(sounds, key=sound_order)


def test_sounds_are_those_of_the_placed_notes() -> None:
    score = two_part_score()
    piano = score.parts[1]
    found = placed_of(piano, score.measures)
    assert sounds_of(piano, score.measures) == [note.sound for note in found]
    assert [note.pitch.midi for note in found] == [note.sound.midi for note in found]
    assert {home_staff(note.voice) for note in found} == {1, 2}


def test_beside_each_page_the_others_are_heard() -> None:
    score = two_part_score(seed=2)
    (voice, sung, beside_it), (piano, played, beside_that) = pages_of(score.parts, score.measures)
    assert (voice, piano) == score.parts
    assert sung == beside_that == placed_of(voice, score.measures)
    assert played == beside_it == placed_of(piano, score.measures)
