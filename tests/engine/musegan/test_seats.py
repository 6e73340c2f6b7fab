"""Who sits where: members of the ensemble on their seats, what leads on the first one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.interface import Passage
from engine.musegan.ensembles import ENSEMBLES
from engine.musegan.seats import NOBODY, Seating, seating_of
from engine.pitch import Pitch
from engine.score import Measure, Note, Part, Score
from engine.staves import Track

F = Fraction


def seating(*parts: str, listen: frozenset[int] = frozenset(), octave: int = 5) -> Seating:
    """Of parts by instrument; those with a + are to be written, those with a - are silent."""
    found = []
    for index, text in enumerate(parts):
        name = text.strip("+-")
        staves = 2 if name == "piano" else 1
        notes = [Note(F(0), F(4), Pitch("A", 0, octave), 4 * s + 1, s + 1) for s in range(staves)]
        found.append(Part(f"P{index}", name, name, staves, (() if text[-1] in "+-" else tuple(notes),)))
    mask = frozenset((index, 0) for index, text in enumerate(parts) if text.endswith("+"))
    return seating_of(Passage(Score((Measure("1", F(4)),), tuple(found)), mask, listen))


def test_a_given_first_violin_sits_first_and_needs_no_leader() -> None:
    found = seating("violin", "violin+", "viola+", "cello+")
    assert found.tracks == tuple(map(Track, range(4)))
    assert (found.given, found.written, found.leader) == ({0}, {1, 2, 3}, None)


def test_one_violin_to_the_others_of_a_quartet() -> None:
    found = seating("violin+", "violin", "viola", "cello")
    assert (found.given, found.written, found.leader) == ({1, 2, 3}, {0}, None)


def test_a_song_leads_a_quartet_from_the_first_seat() -> None:
    found = seating("voice", "piano", "violin+", "violin+", "viola+", "cello+")
    assert found.tracks == tuple(map(Track, range(2, 6)))
    assert (found.given, found.written, found.leader) == (set(), {0, 1, 2, 3}, 0)


def test_the_voice_leads_whatever_stands_above_it() -> None:
    assert seating("flute", "voice", "piano+").leader is None  # it sits on its own seat
    assert seating("flute", "soprano", "piano+").leader == 1
    assert seating("flute", "oboe", "piano+").leader == 0
    assert seating("flute", "oboe", "piano+", listen=frozenset({1})).leader == 1


def test_who_is_silent_does_not_lead() -> None:
    assert seating("voice-", "flute", "violin+").leader == 1
    found = seating("flute-", "violin+")
    assert (found.leader, found.given) == (None, set())


def test_a_single_violin_sits_first_and_nobody_on_the_other_seats() -> None:
    found = seating("voice", "violin+")
    assert found.tracks == (Track(1), NOBODY, NOBODY, NOBODY)
    assert (found.written, found.leader) == ({0}, 0)


def test_more_players_than_seats_leave_the_seats_to_those_that_are_written() -> None:
    found = seating("violin", "violin", "violin+", "cello")
    assert found.tracks == (Track(0), Track(2), NOBODY, Track(3))
    assert found.written == {1}


def test_the_hands_of_a_piano_have_a_seat_each() -> None:
    found = seating("voice", "piano+")
    assert found.tracks == (Track(0), Track(1, 1), Track(1, 2))
    assert (found.given, found.written) == ({0}, {1, 2})


@pytest.mark.parametrize(("octave", "moved"), [(5, 0), (4, 1), (2, 3), (6, -1)])
def test_the_leader_is_moved_to_where_the_first_seat_plays(octave: int, moved: int) -> None:
    assert seating("flute", "violin+", octave=octave).octaves == moved


def test_players_of_two_ensembles_have_no_seats() -> None:
    with pytest.raises(ValueError, match="no ensemble of alto, violin"):
        seating("alto+", "violin+")


def test_tracks_of_a_work_are_those_of_a_score_for_just_the_ensemble() -> None:
    piano = ENSEMBLES["piano"]
    assert piano.instruments == ("voice", "piano")
    assert piano.tracks(["voice", "piano"]) == (Track(0), Track(1, 1), Track(1, 2))
    assert piano.tracks(["voice", "voice", "piano"]) is None
    assert ENSEMBLES["satb"].tracks(["soprano", "alto", "tenor", "bass-voice"]) == tuple(map(Track, range(4)))
