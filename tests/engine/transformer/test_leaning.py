"""What the network's odds are moved by: chords, keys struck again, clashes, octaves, height."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from works import two_part_score

from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Passage, Sampling, written
from engine.pitch import Interval, Pitch
from engine.score import ChordSymbol, Measure, Note, Part
from engine.transformer import leaning, stream
from engine.transformer.cell import CellState
from engine.transformer.choir import around
from engine.transformer.leaning import (
    AGAIN,
    AGAIN_ALONE,
    AGAIN_IN_POP,
    CLASH,
    DOUBLED,
    FOLLOWING,
    REPEATING,
    RISING,
    WAITING,
    Leaning,
)
from engine.transformer.window import canonical, concert
from engine.vocabulary import END, ONSET, PITCH, Position
from tests.engine.transformer.untrained import untrained

F = Fraction
MEASURE = Measure("1", F(4))
C, D, E_FLAT, HIGH_C = Pitch("C", 0, 4), Pitch("D", 0, 4), Pitch("E", -1, 4), Pitch("C", 0, 6)


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    """What leans everywhere is left out but where it is tested."""
    for habit in ("RISING", "DOUBLED"):
        monkeypatch.setattr(leaning, habit, 0.0)


def note(onset, pitch, duration=1, voice=1):
    return Note(F(onset), F(duration), pitch, voice, 1 if voice < 5 else 2)


def cell_of(*notes, instrument="piano", measure=MEASURE, style="", **known):
    cell = CellState(measure, INSTRUMENTS[instrument], Controls(style=style), **known)
    for each in notes:
        cell.add(each)
    return cell


def heights(cell, voice=1, onset=0, duration=1, shift=Interval()):
    """What is added to each pitch, by its MIDI key in the score."""
    found = Leaning(shift).pitches(cell, F(onset), voice, F(duration))
    assert found.shape == (len(PITCH),)
    keys = {}
    for pitch, by in zip(PITCH.values, found[1:].tolist(), strict=True):
        assert keys.setdefault(concert(pitch, shift).midi, by) == by  # its name does not matter
    return keys


def pitches(cell, onset, voice=1, duration=1, shift=Interval()):
    """The same, of those that lean."""
    return {key: by for key, by in heights(cell, voice, onset, duration, shift).items() if by}


def keys_of(classes):
    return {concert(p, Interval()).midi for p in PITCH.values if p.midi % 12 in classes}


def test_chord_tones_are_likelier_and_most_where_they_are_chord_tones_all_the_time():
    measure = replace(MEASURE, chords=(ChordSymbol(F(0), "C", "major"), ChordSymbol(F(2), "F", "major")))
    spans = ((F(0), F(2), frozenset({0, 4, 7})), (F(2), F(4), frozenset({5, 9, 0})))
    found = pitches(cell_of(measure=measure, chords=spans), 0, duration=4)
    assert [found.get(60 + key) for key in (0, 2, 4, 5)] == [FOLLOWING, None, FOLLOWING / 2, FOLLOWING / 2]
    assert pitches(cell_of(), 0, duration=4) == {}


@pytest.mark.parametrize(
    ("instrument", "by"), [("piano", AGAIN), ("guitar", AGAIN), ("flute", AGAIN_ALONE), ("alto", AGAIN_ALONE)]
)
def test_keys_struck_just_before_are_unlikelier(instrument, by):
    assert AGAIN < AGAIN_ALONE < 0
    cell = cell_of(note(0, E_FLAT), note(1, C), note(1, HIGH_C), instrument=instrument)
    assert pitches(cell, 2) == {C.midi: by, HIGH_C.midi: by}


@pytest.mark.parametrize(("style", "by"), [("pop", AGAIN_IN_POP), ("song", AGAIN)])
def test_pop_strikes_keys_again(style, by):
    assert pitches(cell_of(note(0, D), style=style), 1) == {D.midi: by}
    assert AGAIN < AGAIN_IN_POP < 0


def test_what_is_struck_at_the_same_time_was_not_struck_before():
    chord = (note(1, C), note(1, Pitch("E", 0, 4)))
    assert C.midi not in pitches(cell_of(*chord), 1)
    assert pitches(cell_of(note(0, D), *chord), 1).get(D.midi) == AGAIN


def test_each_staff_has_keys_of_its_own():
    cell = cell_of(note(0, C, voice=5), note(0, HIGH_C))
    assert pitches(cell, 1, voice=5) == {C.midi: AGAIN}
    assert pitches(cell, 1, voice=2) == {HIGH_C.midi: AGAIN}


def test_the_first_note_on_a_staff_looks_at_the_cell_before():
    before = (note(0, D, voice=5), note(0, E_FLAT), note(3, C, voice=5), note(3, HIGH_C))
    cell = cell_of(note(0, HIGH_C), before=before)
    assert pitches(cell, 1, voice=5) == {C.midi: AGAIN}
    assert pitches(cell, 0, voice=5)[C.midi] == AGAIN
    assert pitches(cell_of(note(0, D), before=before), 1) == {D.midi: AGAIN}  # it has notes of its own


def test_keys_are_those_of_the_score_wherever_the_network_has_them():
    assert pitches(cell_of(note(0, C)), 1, shift=canonical(-3)) == {C.midi: AGAIN}


@pytest.mark.parametrize("own", [True, False])
def test_a_semitone_from_what_sounds_is_unlikelier_in_any_octave(own):
    other = ((F(0), F(2), D.midi), (F(2), F(4), 60))
    cell = cell_of(note(0, D, 2)) if own else cell_of(around=other)
    clashing = dict.fromkeys(keys_of({1, 3}), CLASH)
    again = {D.midi: AGAIN} if own else {}
    assert CLASH < 0 and len(clashing) > 10
    assert pitches(cell, 1) == clashing | again
    after = again if own else dict.fromkeys(keys_of({11, 1}), CLASH)  # it ends where the next one begins
    assert pitches(cell, 2) == after


def test_one_clash_counts_once_and_adds_to_the_rest():
    spans = ((F(0), F(4), frozenset({1})),)
    cell = cell_of(note(0, Pitch("C", 1, 4)), chords=spans, around=((F(0), F(4), 60), (F(0), F(4), 62)))
    found = heights(cell, onset=1)
    assert found[61] == pytest.approx(FOLLOWING + AGAIN + CLASH, abs=1e-9)
    assert found[73] == pytest.approx(FOLLOWING + CLASH)


def trio():
    """A given voice, and a piano and a flute that stand there and are to be written."""
    score = two_part_score(4)
    flute = Part("P3", "Flute", "flute", 1, score.parts[0].cells)
    return replace(score, parts=(*score.parts, flute))


def keys(line):
    return sorted(key for _, _, key in line)


def test_around_a_cell_is_what_is_given_and_what_is_written_already():
    score = trio()
    passage = Passage(score, frozenset((p, m) for p in (1, 2) for m in range(4)))
    given = sorted(n.pitch.midi for n in score.parts[0].cells[1])
    assert keys(around(passage, {}, 1, 2)) == given == keys(around(passage, {(1, 2): ()}, 1, 1))
    written_one = {(1, 1): (note(0, HIGH_C, 2),)}
    assert keys(around(passage, written_one, 1, 2)) == sorted([*given, HIGH_C.midi])
    assert keys(around(passage, written_one, 1, 1)) == given  # its own notes the cell knows itself
    assert (F(0), F(2), HIGH_C.midi) in around(passage, written_one, 1, 2)


def test_parts_that_are_not_listened_to_are_not_around_but_written_ones_are():
    passage = Passage(trio(), frozenset((p, m) for p in (1, 2) for m in range(4)), listen=frozenset({2}))
    assert around(passage, {}, 0, 1) == ()
    assert keys(around(passage, {(0, 1): (note(0, C),)}, 0, 2)) == [C.midi]


@pytest.fixture(scope="module")
def engine():
    return untrained(ending=2.5)


def test_cells_get_to_know_what_is_before_and_around_them(engine, monkeypatch):
    seen = []

    class Seen(CellState):
        def __init__(self, measure, *rest):
            super().__init__(measure, *rest)
            seen.append((int(measure.number) - 1, self.instrument, rest[-3], rest[-2]))

    monkeypatch.setattr(stream, "CellState", Seen)
    score = trio()
    passage = Passage(score, frozenset((p, m) for p in (1, 2) for m in (1, 2, 3)))
    found = {(w.part, w.measure): w.notes for w in written(engine, passage, Controls(), Sampling(3))}
    assert any(found.values()) and len(seen) == 6
    for measure, instrument, before, beside in seen:
        part = 1 if instrument == INSTRUMENTS["piano"] else 2
        assert before == found.get((part, measure - 1), score.parts[part].cells[measure - 1])
        others = [score.parts[0].cells[measure], *([found[1, measure]] if part == 2 else [])]
        assert keys(beside) == sorted(n.pitch.midi for cell in others for n in cell)


@pytest.mark.parametrize(("voice", "by"), [(1, RISING), (5, 0.0)])
def test_the_upper_staff_of_a_piano_rises(monkeypatch, voice, by):
    monkeypatch.setattr(leaning, "RISING", RISING)
    found = heights(cell_of(), voice)
    assert found[72] - found[60] == pytest.approx(by) and found[61] - found[60] == pytest.approx(by / 12)


@pytest.mark.parametrize("instrument", ["flute", "guitar", "soprano"])
def test_a_single_staff_does_not(monkeypatch, instrument):
    monkeypatch.setattr(leaning, "RISING", RISING)
    assert not any(heights(cell_of(instrument=instrument)).values())


def test_octaves_of_what_sounds_on_the_staff_are_likelier(monkeypatch):
    monkeypatch.setattr(leaning, "DOUBLED", DOUBLED)
    cell = cell_of(note(0, D, 2, voice=5), note(0, C, 2))
    by = pitches(cell, 0, voice=5)
    assert by[D.midi + 12] == by[D.midi - 12] == pytest.approx(DOUBLED)
    assert C.midi + 12 not in by and D.midi + 24 not in by
    assert pitches(cell, 2, voice=5).get(D.midi + 12) is None  # it is over


def test_an_octave_beyond_all_keys_is_none(monkeypatch):
    monkeypatch.setattr(leaning, "DOUBLED", DOUBLED)
    high = Pitch("G", 0, 9)  # key 127
    assert pitches(cell_of(note(0, high), instrument="flute"), 0).get(115) == pytest.approx(DOUBLED)


BROKEN = (note(0, C), note(1, E_FLAT), note(2, D), note(2, HIGH_C))


def repeats(*notes, onset, instrument="piano"):
    """The keys that repeating the measure before adds to, which has ``BROKEN``."""
    alike, free = (cell_of(*notes, instrument=instrument, before=before) for before in (BROKEN, ()))
    with_, without = (heights(cell, onset=onset) for cell in (alike, free))
    return {key: by - without[key] for key, by in with_.items() if by != without[key]}


def test_a_measure_that_has_come_again_for_two_notes_goes_on():
    assert repeats(*BROKEN[:2], onset=2) == {D.midi: pytest.approx(REPEATING)}
    assert repeats(*BROKEN[:3], onset=2) == {HIGH_C.midi: pytest.approx(REPEATING)}
    assert REPEATING > -AGAIN


@pytest.mark.parametrize(
    ("notes", "onset"),
    [
        (BROKEN[:2], 3),  # another rhythm
        ((note(0, C), note(1, D)), 2),
        ((note(0, D), note(1, E_FLAT)), 2),  # once another, always another
        (BROKEN, 2),  # it has no more
    ],
)
def test_one_that_does_not_is_free(notes, onset):
    assert repeats(*notes, onset=onset) == {}


def test_a_single_line_does_not_repeat_itself_more_than_it_does():
    assert repeats(*BROKEN[:2], onset=2, instrument="flute") == {}


def test_players_of_single_notes_do_not_wait_long():
    cell = cell_of(note(1, C), instrument="violin")
    found = Leaning(Interval()).onsets(cell)
    assert [found[ONSET.id(place)] for place in (Position(F(1)), Position(F(2)), Position(F(7, 2)), END)] == [
        pytest.approx(WAITING * quarters) for quarters in (0, 1, 2.5, 3)
    ]
    assert Leaning(Interval()).onsets(cell_of(instrument="violin"))[ONSET.id(END)] == pytest.approx(
        4 * WAITING
    )


@pytest.mark.parametrize("instrument", ["piano", "soprano", "guitar"])
def test_singers_breathe_and_who_has_chords_waits_as_it_is(instrument):
    assert Leaning(Interval()).onsets(cell_of(note(1, C), instrument=instrument)) == 0


def test_waiting_leans_on_what_is_drawn(monkeypatch):
    score = two_part_score(2)
    parts = (score.parts[0], replace(score.parts[0], id="P2", instrument="violin", cells=((), ())))
    passage = Passage(replace(score, parts=parts), frozenset({(1, 0), (1, 1)}))

    def onsets(waiting):
        monkeypatch.setattr(leaning, "WAITING", waiting)
        cells = [
            cell
            for seed in range(4)
            for cell in written(untrained(ending=0.0), passage, Controls(), Sampling(seed))
        ]
        return sum(len({n.onset for n in cell.notes}) for cell in cells)

    assert onsets(-50.0) > onsets(50.0)
