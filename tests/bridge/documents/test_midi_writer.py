"""MIDI files as they are written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from io import BytesIO

import mido
import pytest

from bridge.documents.midi_writer import write_midi
from engine.instruments import INSTRUMENTS
from engine.pitch import Pitch
from engine.score import Cell, Key, Measure, Metre, Note, Part, Score, Tuplet

C5, E5 = Pitch("C", 0, 5), Pitch("E", 0, 5)
FULL = (Note(F(0), F(4), C5),)


def score_of(*parts: Part, measures: tuple[Measure, ...] = (Measure("1", F(4)),)) -> Score:
    return Score(measures, parts, "Title")


def part_of(*cells: Cell, name: str = "Flute", instrument: str = "flute") -> Part:
    return Part("P1", name, instrument, cells=cells)


def tracks(score: Score) -> list[list[mido.Message]]:
    return [list(track) for track in parsed(score).tracks]


def parsed(score: Score) -> mido.MidiFile:
    return mido.MidiFile(file=BytesIO(write_midi(score)), charset="utf-8")


def sounds(track: list[mido.Message]) -> list[tuple[str, int, int]]:
    return [(m.type, m.note, m.time) for m in track if m.type.startswith("note")]


def test_one_track_per_part_after_the_conductors() -> None:
    flute, piano = part_of(FULL, name="Flöte B♭"), part_of(FULL, name="Piano", instrument="piano")
    conductor, first, second = tracks(score_of(flute, piano))
    assert [(m.type, m.time) for m in conductor] == [
        ("track_name", 0), ("set_tempo", 0), ("time_signature", 0), ("key_signature", 0), ("end_of_track", 1920),
    ]  # fmt: skip
    assert mido.tempo2bpm(conductor[1].tempo) == 100
    assert (first[0].name, first[1].program, first[2].velocity) == ("Flöte B♭", 73, 80)
    assert (second[0].name, second[1].program, second[2].velocity) == ("Piano", 0, 72)


def test_ties_are_merged_and_repeated_notes_are_not() -> None:
    first = (Note(F(0), F(2), C5), Note(F(2), F(2), C5))
    second = (Note(F(0), F(1), C5, tied=True), Note(F(1), F(1), C5, tied=True))
    score = score_of(part_of(first, second), measures=(Measure("1", F(4)), Measure("2", F(4))))
    assert sounds(tracks(score)[1]) == [
        ("note_on", 72, 0), ("note_off", 72, 960), ("note_on", 72, 0), ("note_off", 72, 1920),
    ]  # fmt: skip


def test_a_tie_from_nowhere_is_a_new_note() -> None:
    score = score_of(part_of((Note(F(1), F(1), C5, tied=True),)))
    assert sounds(tracks(score)[1]) == [("note_on", 72, 480), ("note_off", 72, 480)]


def test_unisons_of_two_voices_are_one_key() -> None:
    cell = (Note(F(0), F(4), C5, 1), Note(F(0), F(1), C5, 2), Note(F(2), F(1), C5, 2))
    assert sounds(tracks(score_of(part_of(cell)))[1]) == [
        ("note_on", 72, 0), ("note_off", 72, 960), ("note_on", 72, 0), ("note_off", 72, 480),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tuplet", "ticks"), [(Tuplet(3, 2), 480), (Tuplet(5, 4), 480), (Tuplet(7, 4), 3360)]
)
def test_the_resolution_makes_every_tuplet_exact(tuplet: Tuplet, ticks: int) -> None:
    value = F(1, 4) * tuplet.ratio
    cell = tuple(Note(k * value, value, C5, tuplet=tuplet) for k in range(tuplet.actual))
    file = parsed(score_of(part_of(cell)))
    assert file.ticks_per_beat == ticks
    lengths = [m.time for m in file.tracks[1] if m.type == "note_off"]
    assert lengths == [value * ticks] * tuplet.actual


def test_signatures_are_written_where_they_change() -> None:
    third = Metre(3, 4)
    measures = (
        Measure("0", F(1, 2), third, Key(-3, "minor"), implicit=True),
        Measure("1", F(3), third, Key(-3, "minor")),
        Measure("2", F(3), third, Key(6, "major")),
        Measure("3", F(3), Metre(6, 8), Key(6, "")),
    )
    conductor = tracks(score_of(part_of((), (), (), ()), measures=measures))[0]
    now, found = 0, []
    for message in conductor:
        now += message.time
        if message.type == "time_signature":
            found.append((now, f"{message.numerator}/{message.denominator}"))
        elif message.type == "key_signature":
            found.append((now, message.key))
    assert found == [(0, "1/8"), (0, "Cm"), (240, "3/4"), (1680, "F#"), (3120, "6/8")]


@pytest.mark.parametrize(
    ("metre", "written"), [(Metre(256, 4), (128, 2)), (Metre(257, 8), (255, 8)), (Metre(256, 1), (255, 1))]
)
def test_a_metre_has_as_many_beats_as_a_file_can_say(metre: Metre, written: tuple[int, int]) -> None:
    measures = (Measure("1", metre.duration, metre),)
    (message,) = [
        m for m in tracks(score_of(part_of(()), measures=measures))[0] if m.type == "time_signature"
    ]
    assert (message.numerator, message.denominator) == written


@pytest.mark.parametrize("fifths", range(-7, 8))
@pytest.mark.parametrize("mode", ["major", "minor", "dorian"])
def test_every_key_can_be_written(fifths: int, mode: str) -> None:
    measures = (Measure("1", F(4), key=Key(fifths, mode)),)
    names = [
        m.key for m in tracks(score_of(part_of(FULL), measures=measures))[0] if m.type == "key_signature"
    ]
    assert len(names) == 1 and names[0].endswith("m") == (mode == "minor")


def test_channels_leave_out_the_drums() -> None:
    parts = [replace(part_of(FULL), id=f"P{i}") for i in range(15)]
    channels = [track[1].channel for track in tracks(score_of(*parts))[1:]]
    assert channels == [*range(9), *range(10, 16)]


def test_many_parts_share_channels_by_program() -> None:
    names = [name for name in INSTRUMENTS if name != "other"] * 2
    found = tracks(score_of(*(part_of(FULL, name=name, instrument=name) for name in names)))[1:]
    by_program: dict[int, set[int]] = {}
    for track in found:
        by_program.setdefault(track[1].program, set()).add(track[1].channel)
    assert all(len(channels) == 1 and 9 not in channels for channels in by_program.values())


def test_the_same_score_gives_the_same_bytes() -> None:
    score = score_of(part_of((Note(F(0), F(1), C5), Note(F(0), F(1), E5))))
    assert write_midi(score) == write_midi(score)
    assert write_midi(score).startswith(b"MThd\0\0\0\6\0\1\0\2\1\xe0")


def test_keys_beyond_midi_are_left_out() -> None:
    cell = (Note(F(0), F(1), Pitch("C", 0, -2)), Note(F(0), F(1), C5))
    assert sounds(tracks(score_of(part_of(cell)))[1]) == [("note_on", 72, 0), ("note_off", 72, 480)]
