"""What a Standard MIDI file says, before any of it is notated."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction as F
from io import BytesIO

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.documents.midi_file import Performance, Sounding, Strand, clear_unisons, open_midi
from bridge.documents.midi_instruments import instrument_for, instrument_of_program
from bridge.documents.midi_pedal import pedalled
from bridge.documents.midi_timeline import Starts
from engine.instruments import INSTRUMENTS
from engine.score import Key, Metre

TICKS = 96


def track(*events: tuple[int, mido.Message]) -> mido.MidiTrack:
    """A track of messages at ticks."""
    result, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        result.append(message.copy(time=tick - now))
        now = tick
    return result


def opened(*tracks: mido.MidiTrack, type_: int = 1) -> Performance:
    file = mido.MidiFile(type=type_, ticks_per_beat=TICKS)
    file.tracks.extend(tracks)
    data = BytesIO()
    file.save(file=data)
    return open_midi(data.getvalue(), "tune.mid")


def key(
    midi: int, start: int, end: int, channel: int = 0, velocity: int = 64
) -> list[tuple[int, mido.Message]]:
    on = mido.Message("note_on", note=midi, channel=channel, velocity=velocity)
    return [(start, on), (end, mido.Message("note_off", note=midi, channel=channel))]


def meta(tick: int, kind: str, **values: object) -> tuple[int, mido.Message]:
    return tick, mido.MetaMessage(kind, **values)


def program(number: int, channel: int = 0, tick: int = 0) -> tuple[int, mido.Message]:
    return tick, mido.Message("program_change", program=number, channel=channel)


def pedal(tick: int, value: int, channel: int = 0) -> tuple[int, mido.Message]:
    return tick, mido.Message("control_change", control=64, value=value, channel=channel)


def test_keys_are_struck_as_hard_as_the_file_says() -> None:
    held = (90, mido.Message("note_on", note=64, velocity=30))  # never ended
    (strand,) = opened(track(*key(60, 0, 96, velocity=100), *key(60, 96, 120, velocity=20), held)).strands
    assert [(n.midi, n.velocity) for n in strand.notes] == [(60, 100), (60, 20), (64, 30)]


def test_channels_and_programs_of_type_0() -> None:
    events = [program(40, 3), program(41, 3, 10), *key(60, 0, 96, 3), *key(36, 0, 48, 9), program(73, 5)]
    strands = opened(track(*events), type_=0).strands
    assert [(s.channel, s.program) for s in strands] == [(3, 40), (9, None)]
    assert strands[0].notes == [Sounding(F(0), F(1), 60)]
    assert strands[1].notes == [Sounding(F(0), F(1, 2), 36)]


def test_empty_tracks_and_tracks_on_other_ports() -> None:
    here = track(meta(0, "track_name", name="Here"), meta(0, "midi_port", port=0), *key(60, 0, 96))
    there = track(meta(0, "track_name", name="There"), meta(0, "midi_port", port=1), *key(64, 0, 96))
    strands = opened(track(), here, track(meta(0, "track_name", name="Nobody")), there).strands
    assert [(s.name, s.channel, s.notes[0].midi) for s in strands] == [("Here", 0, 60), ("There", 0, 64)]


def test_signatures_and_tempos_of_all_tracks() -> None:
    first = track(
        meta(0, "set_tempo", tempo=500_000),
        meta(0, "time_signature", numerator=3, denominator=8),
        meta(96, "set_tempo", tempo=400_000),
        meta(192, "set_tempo", tempo=500_000),
    )
    second = track(
        meta(48, "time_signature", numerator=2, denominator=2),
        meta(48, "key_signature", key="F#m"),
        *key(60, 0, 9),
    )
    performance = opened(first, second)
    assert performance.metres == ((F(0), Metre(3, 8)), (F(1, 2), Metre(2, 2)))
    assert performance.keys == ((F(1, 2), Key(3, "minor")),)
    assert performance.tempos == ((F(0), F(120)), (F(1), F(150)), (F(2), F(120)))


def test_a_tempo_that_is_said_again_counts_once() -> None:
    said = [meta(0, "set_tempo", tempo=400_000), meta(96, "set_tempo", tempo=400_000)]
    assert opened(track(*said, *key(60, 0, 9))).tempos == ((F(0), F(150)),)


def test_pedals_of_each_channel() -> None:
    events = [pedal(0, 127), pedal(10, 100), pedal(96, 63), pedal(96, 0), pedal(192, 64), pedal(96, 127, 1)]
    strands = opened(track(*events, *key(60, 0, 96), *key(60, 0, 96, 1), meta(288, "end_of_track"))).strands
    assert strands[0].pedal == [(F(0), F(1)), (F(2), F(3))]
    assert strands[1].pedal == [(F(1), F(3))]


def strand(*notes: tuple[float, float, int], pedals: Sequence[tuple[float, float]]) -> Strand:
    sounding = [Sounding(F(start), F(end), midi) for start, end, midi in notes]
    return Strand("", 0, None, sounding, [(F(down), F(up)) for down, up in pedals])


@pytest.mark.parametrize(
    ("pedals", "ends"),
    [
        ([], [1, 3, 5]),
        ([(0, 8)], [2, 4, 8]),  # each to the next one, the last to the end of the pedal
        ([(0.5, 1.5), (2, 4)], [1.5, 4, 5]),
        ([(0, 1)], [1, 3, 5]),  # up as the key goes up
        ([(3, 4)], [1, 4, 5]),
        ([(1.5, 2)], [1, 3, 5]),  # too late to hold anything
    ],
)
def test_what_the_pedal_holds(pedals: list[tuple[float, float]], ends: list[float]) -> None:
    played = strand((0, 1, 60), (2, 3, 62), (4, 5, 64), pedals=pedals)
    (held,) = pedalled(Performance(TICKS, "", (played,), (), ())).strands
    assert [note.end for note in held.notes] == ends
    assert [note.start for note in held.notes] == [0, 2, 4]


def test_a_key_struck_again_ends_its_note_and_of_two_together_the_longer_stays() -> None:
    notes = [
        Sounding(F(0), F(4), 60),
        Sounding(F(1), F(2), 60),
        Sounding(F(1), F(3), 60),
        Sounding(F(1), F(3), 62),
    ]
    assert clear_unisons(reversed(notes)) == [
        Sounding(F(0), F(1), 60),
        Sounding(F(1), F(3), 60),
        Sounding(F(1), F(3), 62),
    ]


times = st.fractions(min_value=0, max_value=1000, max_denominator=960)


@given(st.sets(times, min_size=1, max_size=20), times)
def test_the_stretch_that_holds_a_time(starts: set[F], time: F) -> None:
    ordered = sorted(starts | {F(0)})
    assert Starts(ordered).index(time) == bisect_right(ordered, time) - 1


def test_stretches_closer_than_floats_can_tell() -> None:
    start = F(1) + F(1, 10**20)
    assert Starts([F(0), start]).index(F(1)) == 0
    assert Starts([F(0), start]).index(start) == 1


def test_every_instrument_is_found_by_a_program_of_its_family() -> None:
    for instrument in INSTRUMENTS.values():
        if instrument.sound:
            found = INSTRUMENTS[instrument_of_program(instrument.program)]
            assert (found.family, found.staves) == (instrument.family, instrument.staves)


@pytest.mark.parametrize(
    ("name", "number", "instrument"),
    [
        ("", None, "piano"),
        ("", 0, "piano"),
        ("", 48, "violin"),  # a string ensemble
        ("", 66, "clarinet"),  # a saxophone
        ("", 127, "other"),
        ("Oboe", 0, "oboe"),
    ],
)
def test_instrument_of_a_track(name: str, number: int | None, instrument: str) -> None:
    assert instrument_for(name, number) == instrument
