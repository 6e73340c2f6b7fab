"""MIDI files as other programs and players make them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction as F
from io import BytesIO
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.documents import midi_file
from bridge.documents.document import open_bytes
from bridge.documents.midi_reader import read_midi
from bridge.documents.midi_writer import write_midi
from bridge.documents.musicxml_writer import write_musicxml
from bridge.errors import EmptyScoreError, InputError, ObbligatoError, UnsafeInputError
from engine.score import Key, Metre, Part, Score, Tuplet

TICKS = 480
POP909 = Path(__file__).parents[3] / "../shared/data/pop909"
Timed = tuple[int, mido.Message]


def played(notes: Sequence[tuple[float, float, int]], channel: int = 0) -> list[Timed]:
    """Events for notes (start, end in quarters, key number)."""
    events: list[Timed] = []
    for start, end, key in notes:
        events.append((round(start * TICKS), mido.Message("note_on", channel=channel, note=key, velocity=64)))
        events.append((round(end * TICKS), mido.Message("note_off", channel=channel, note=key)))
    return events


def meta(time: float, kind: str, **values: object) -> Timed:
    return round(time * TICKS), mido.MetaMessage(kind, **values)


def file_of(*tracks: Sequence[Timed], type_: int = 1, names: Sequence[str] = ()) -> bytes:
    file = mido.MidiFile(type=type_, ticks_per_beat=TICKS, charset="utf-8")
    for number, events in enumerate(tracks):
        track = mido.MidiTrack()
        if number < len(names):
            track.append(mido.MetaMessage("track_name", name=names[number]))
        now = 0
        for tick, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    data = BytesIO()
    file.save(file=data)
    return data.getvalue()


def read(*tracks: Sequence[Timed], type_: int = 1, names: Sequence[str] = ()) -> Score:
    score = read_midi(file_of(*tracks, type_=type_, names=names), "tune.mid")
    write_musicxml(score)  # raises an error where a rhythm has no notation
    return score


def lines(part: Part) -> list[list[tuple[F, F, str]]]:
    return [[(n.onset, n.duration, str(n.pitch)) for n in cell] for cell in part.cells]


SCALE = [(k, k + 1, key) for k, key in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]
MELODY = [(F(0), F(1), 67), (F(1), F(3, 2), 69), (F(3, 2), F(2), 71), (F(2), F(4), 72)]
MELODY += [
    (F(4), F(11, 2), 74),
    (F(11, 2), F(6), 72),
    (F(6), F(7), 71),
    (F(8), F(10), 69),
    (F(10), F(12), 67),
]
TRIPLETS = [(F(k, 3), F(k + 1, 3), 60 + k % 5) for k in range(12)] + [(F(4), F(8), 67)]


def test_type_0_is_split_by_channel() -> None:
    program = (0, mido.Message("program_change", channel=1, program=40))
    events = [*played(SCALE), program, *played([(0, 4, 55)], channel=1)]
    score = read(events, type_=0, names=["Evening"])
    assert score.title == "Evening"
    assert [(p.name, p.instrument, p.staves) for p in score.parts] == [
        ("Piano", "piano", 2),
        ("Violin", "violin", 1),
    ]
    assert [n.pitch.midi for cell in score.parts[0].cells for n in cell] == [key for _, _, key in SCALE]


def test_tracks_are_parts_and_names_come_before_programs() -> None:
    guitar = [(0, mido.Message("program_change", program=73)), *played(SCALE)]
    flute = [(0, mido.Message("program_change", channel=1, program=73)), *played(SCALE, 1)]
    score = read([], guitar, flute, names=["Étude", "Guitare / Gitarre", "Lead 2x"])
    assert score.title == "Étude"
    assert [p.instrument for p in score.parts] == ["guitar", "voice"]
    assert read([], flute, names=["", "Solo"]).parts[0].instrument == "flute"


def test_two_tracks_of_one_keyboard_are_its_staves() -> None:
    score = read(played([(0, 4, 50)]), played([(0, 4, 62)]), names=["Piano", "Piano"])
    (piano,) = score.parts
    assert [(n.pitch.midi, n.staff) for n in piano.cells[0]] == [(62, 2), (50, 1)]


HANDS = [
    ("Piano RH", "Piano LH", "Piano"),
    ("Piano (right hand)", "Piano (left hand)", "Piano"),
    ("R.H.", "L.H.", "Piano"),
    ("Right", "Left", "Piano"),
    ("Harpsichord - Right Hand", "Harpsichord - Left Hand", "Harpsichord"),
]


@pytest.mark.parametrize(("right", "left", "name"), HANDS)
@pytest.mark.parametrize("left_first", [False, True])
def test_tracks_called_after_hands_are_a_keyboards_staves(
    right: str, left: str, name: str, left_first: bool
) -> None:
    tracks = [(right, played([(0, 4, 50)])), (left, played([(0, 4, 62)], channel=1))]
    names, events = zip(*(tracks[::-1] if left_first else tracks), strict=True)
    (keyboard,) = read(*events, names=names).parts
    assert keyboard.name == name
    assert [(n.pitch.midi, n.staff) for n in keyboard.cells[0]] == [(62, 2), (50, 1)]


@pytest.mark.parametrize(
    "names", [("Bright Piano", "Piano Left"), ("Guitar right", "Guitar left"), ("Right Hand", "Right Hand 2")]
)
def test_other_tracks_are_parts_of_their_own(names: tuple[str, str]) -> None:
    assert len(read(played([(0, 4, 62)]), played([(0, 4, 50)], channel=1), names=names).parts) == 2


def test_running_status_and_velocity_0() -> None:
    body = bytes.fromhex("00 90 3c 40  83 60 3c 00  00 3e 40  83 60 3e 00  00 ff 2f 00")
    header = b"MThd" + bytes.fromhex("00000006 0000 0001 01e0")
    data = header + b"MTrk" + len(body).to_bytes(4, "big") + body
    assert lines(read_midi(data, "a.mid").parts[0]) == [[(F(0), F(1), "C4"), (F(1), F(1), "D4")]]


def test_the_pedal_does_not_lengthen_notes() -> None:
    down = (0, mido.Message("control_change", control=64, value=127))
    up = (4 * TICKS, mido.Message("control_change", control=64, value=0))
    assert lines(read([down, *played([(0, 1, 72), (2, 3, 74)]), up]).parts[0]) == [
        [(F(0), F(1), "C5"), (F(2), F(1), "D5")]
    ]


def test_a_key_that_is_never_released_ends_with_the_track() -> None:
    on = (0, mido.Message("note_on", note=72, velocity=64))
    end = (2 * TICKS, mido.MetaMessage("end_of_track"))
    assert lines(read([on, end]).parts[0]) == [[(F(0), F(2), "C5")]]


def test_programs_are_kept_where_the_instrument_has_another() -> None:
    lead = [(0, mido.Message("program_change", program=54)), *played(SCALE)]
    flute = [(0, mido.Message("program_change", channel=1, program=73)), *played(SCALE, 1)]
    drums = played([(0, 1, 36)], channel=9)
    data = file_of(lead, flute, drums, names=["Lead", "Flute", "Kit"])
    assert [part.program for part in read_midi(data, "band.mid").parts] == [55, 0, 0]
    document = open_bytes(data, "band.mid")
    again = read_midi(write_midi(document.score), "again.mid")
    assert [part.program for part in again.parts] == [55, 0]
    assert document.tree.findtext(".//midi-program") == "55"
    assert document.score.losses == ("Kit: 1 notes without pitch left out",)
    assert document.remarks == ("band.mid: Kit: 1 notes without pitch left out",)


def test_drums_are_kept_as_a_silent_part() -> None:
    score = read(played(SCALE), played([(0, 1, 36)], channel=9), names=["Flute", "Kit"])
    assert [(p.name, p.pitched) for p in score.parts] == [("Flute", True), ("Kit", False)]
    assert score.parts[1].cells == ((), ()) and score.losses == ("Kit: 1 notes without pitch left out",)


def test_metres_change_where_they_say_and_cut_measures() -> None:
    metres = [
        meta(0, "time_signature", numerator=3, denominator=4),
        meta(3, "time_signature", numerator=6, denominator=8),
        meta(7.5, "time_signature", numerator=2, denominator=4),
    ]
    score = read([*metres, *played([(k, k + 1, 60) for k in range(10)])])
    assert [(m.metre.beats, m.metre.unit, m.duration) for m in score.measures] == [
        (3, 4, F(3)), (6, 8, F(3)), (6, 8, F(3, 2)), (2, 4, F(2)), (2, 4, F(2)),
    ]  # fmt: skip


def test_a_short_first_measure_is_a_pickup() -> None:
    metres = [
        meta(0, "time_signature", numerator=1, denominator=4),
        meta(1, "time_signature", numerator=4, denominator=4),
    ]
    score = read([*metres, *played(SCALE)])
    assert [(m.number, m.implicit, m.duration) for m in score.measures] == [
        ("0", True, F(1)), ("1", False, F(4)), ("2", False, F(4)),
    ]  # fmt: skip
    assert score.measures[0].metre == Metre(4, 4)


def test_keys_come_from_the_file_and_spell_the_notes() -> None:
    keys = [meta(0, "key_signature", key="Ebm"), meta(4, "key_signature", key="E")]
    score = read([*keys, *played([(0, 4, 71), (4, 8, 68)])])
    assert [m.key for m in score.measures] == [Key(-6, "minor"), Key(4, "major")]
    assert [str(n.pitch) for cell in score.parts[0].cells for n in cell] == ["Cb5", "G#4"]


@pytest.mark.parametrize(
    ("keys", "key", "names"),
    [
        ([60, 64, 67, 60, 62, 64, 65, 67, 69, 71, 72], Key(0, "major"), {"C", "D", "E", "F", "G", "A", "B"}),
        ([69, 72, 76, 69, 71, 72, 74, 76, 68, 69, 69], Key(0, "minor"), {"A", "B", "C", "D", "E", "G#"}),
        (
            [63, 67, 70, 63, 65, 67, 68, 70, 72, 74, 75],
            Key(-3, "major"),
            {"Eb", "F", "G", "Ab", "Bb", "C", "D"},
        ),
        (
            [66, 70, 73, 66, 68, 70, 71, 73, 75, 77, 78],
            Key(6, "major"),
            {"F#", "G#", "A#", "B", "C#", "D#", "E#"},
        ),
    ],
)
def test_the_key_is_found_where_none_is_given(keys: list[int], key: Key, names: set[str]) -> None:
    score = read(played([(k, k + 1, midi) for k, midi in enumerate(keys)]), names=["Flute"])
    assert score.measures[0].key == key
    assert {str(n.pitch)[:-1] for cell in score.parts[0].cells for n in cell} == names


def test_long_notes_are_tied_over_the_bar_line_in_single_values() -> None:
    (part,) = read(played([(1.5, 6.5, 72)]), names=["Flute"]).parts
    assert [(n.onset, n.duration, n.tied) for cell in part.cells for n in cell] == [
        (F(3, 2), F(1, 2), False), (F(2), F(2), True), (F(0), F(2), True), (F(2), F(1, 2), True),
    ]  # fmt: skip


def test_layers_of_a_staff_become_two_voices() -> None:
    upper = [(k, k + 1, 76 + k) for k in range(4)]
    (part,) = read(played([(0, 4, 64), (0, 4, 67), *upper]), names=["Guitar"]).parts
    voices = {voice: [n.pitch.midi for n in part.cells[0] if n.voice == voice] for voice in (1, 2)}
    assert voices == {1: [76, 77, 78, 79], 2: [64, 67]}


def test_hands_of_a_piano() -> None:
    bass = [(k, k + 1, 43 if k % 2 else 36) for k in range(8)]
    tune = [(k, k + 1, 72 - k) for k in range(8)] + [(k, k + 1, 76) for k in range(8)]
    (part,) = read(played(bass + tune), names=["Piano"]).parts
    staves = {staff: {n.pitch.midi for c in part.cells for n in c if n.staff == staff} for staff in (1, 2)}
    assert staves == {1: {key for _, _, key in tune}, 2: {36, 43}}


@pytest.mark.parametrize("tune", [MELODY, TRIPLETS], ids=["melody", "triplets"])
@pytest.mark.parametrize("seed", range(5))
def test_a_humanised_tune_comes_back(tune: list[tuple[F, F, int]], seed: int) -> None:
    chance = random.Random(seed)
    jitter = [(s + chance.uniform(0, 5) / TICKS, e + chance.uniform(-5, 5) / TICKS, k) for s, e, k in tune]
    plain = read(played([(float(s), float(e), k) for s, e, k in tune]), names=["Flute"])
    human = read(played([(float(s), float(e), k) for s, e, k in jitter]), names=["Flute"])
    assert human.parts == plain.parts
    starts = [i * 4 + n.onset for i, cell in enumerate(plain.parts[0].cells) for n in cell if not n.tied]
    assert starts == [start for start, _, _ in tune]


def test_small_gaps_are_articulation_in_what_was_played() -> None:
    held = (0.8, 0.9, 0.77, 0.93)
    tune = [(s + 0.003 * (k % 3), s + held[k % 4], key) for k, (s, _, key) in enumerate(SCALE)]
    (part,) = read(played(tune), names=["Flute"]).parts
    assert [n.duration for cell in part.cells for n in cell] == [1] * 8


def test_a_quintuplet_is_found_where_nothing_else_fits() -> None:
    tune = [(k / 5, (k + 1) / 5, 60 + k) for k in range(5)] + [(1, 4, 67)]
    (part,) = read(played(tune), names=["Flute"]).parts
    assert [n.tuplet for n in part.cells[0]] == [Tuplet(5, 4)] * 5 + [Tuplet()]


def good() -> bytes:
    return file_of(played(SCALE))


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"RIFF0000", InputError, "not a MIDI file"),
        (b"", InputError, "not a MIDI file"),
        (good()[:40], InputError, "cut short"),
        (good()[:12] + b"\xe7\x28" + good()[14:], InputError, "SMPTE"),
        (good()[:12] + b"\0\0" + good()[14:], InputError, "0 ticks"),
        (good()[:9] + b"\x02" + good()[10:], InputError, "type 2"),
        (file_of([]), EmptyScoreError, "no notes"),
        (file_of(played([(0, 1, 36)], channel=9)), EmptyScoreError, "no notes with a pitch"),
        (file_of(played([(0, 1, 60), (16_100, 16_101, 60)])), UnsafeInputError, "4,000 measures"),
    ],
    ids=["riff", "empty", "truncated", "smpte", "timeless", "type 2", "silent", "drums", "long"],
)
def test_errors_name_the_file(data: bytes, error: type[ObbligatoError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        read_midi(data, "bad.mid")
    assert type(caught.value) is error
    assert caught.value.message.startswith("bad.mid: ") and caught.value.hint


def test_too_many_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_file, "MAX_NOTES", 7)
    with pytest.raises(UnsafeInputError, match="more than 7 notes"):
        read_midi(good(), "big.mid")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(good()) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_files_are_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(good())
    for place, value in changes:
        data[place] = value
    try:
        score = read_midi(bytes(data), "damaged.mid")
    except InputError:
        return
    write_musicxml(score)  # raises an error where a rhythm has no notation


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(1, 3000), st.integers(36, 84)), min_size=1, max_size=40
    ),
    st.sampled_from([(4, 4), (6, 8), (5, 16), (3, 2)]),
    st.sampled_from(["Piano", "Guitar"]),
)
def test_any_playing_can_be_notated(
    notes: list[tuple[int, int, int]], metre: tuple[int, int], name: str
) -> None:
    tune = [(start / TICKS, (start + length) / TICKS, key) for start, length, key in notes]
    signature = meta(0, "time_signature", numerator=metre[0], denominator=metre[1])
    score = read([signature, *played(tune)], names=[name])
    assert {n.pitch.midi for c in score.parts[0].cells for n in c} == {key for _, _, key in tune}


def performances() -> list[Path]:
    return sorted(POP909.glob("*/*.mid"))[237::460]


@pytest.mark.skipif(not POP909.exists(), reason="the corpora are not here")
@pytest.mark.parametrize("number", range(2))
def test_performances_can_be_notated(number: int) -> None:
    path = performances()[number]
    score = read_midi(path.read_bytes(), path.name)
    write_musicxml(score)  # raises an error where a rhythm has no notation
    assert sum(len(cell) for part in score.parts for cell in part.cells) > 500


def test_notes_are_sorted_as_the_score_wants_them() -> None:
    (part,) = read(played([(0, 1, 72), (0, 1, 48), (0, 1, 76)]), names=["Piano"]).parts
    assert [(n.staff, n.pitch.midi) for n in part.cells[0]] == [(2, 48), (1, 72), (1, 76)]
