"""A song made as POP909 makes them, and what becomes of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from fractions import Fraction as F
from pathlib import Path

import mido
import pytest

from bridge.corpus import load_corpus
from bridge.corpus.melodies import load_melodies
from bridge.corpus.pop909 import read_melody, read_song
from bridge.documents.musicxml_writer import write_musicxml
from bridge.errors import InputError
from engine.score import ChordSymbol, Key, Metre, Part, Score

TICKS = 480
START = 0.3  # seconds until the first beat
Notes = Sequence[tuple[float, float, int]]  # from beat to beat, counted from the first, and the key
Song = Callable[..., Path]

MELODY: Notes = [(4, 4.9, 72), (5, 5.4, 74), (5.5, 6, 76), (6, 6.3, 77), (6.25, 6.5, 79), (8, 11.9, 76)]
PIANO: Notes = [
    note
    for beat, bass in zip(range(0, 32, 4), (36, 41, 43, 36, 45, 41, 43, 36), strict=True)
    for note in ((beat, beat + 4, bass), (beat + 1, beat + 2, 60), (beat + 2, beat + 4, 64))
]
CHORDS = [
    (0, 2, "N"),
    (2, 4, "C:maj"),
    (4, 6, "F:maj/3"),
    (6, 8, "F:maj/3"),
    (8, 16, "G:7"),
    (16, 40, "C:maj"),
]


@pytest.fixture
def song(tmp_path: Path) -> Song:
    """Writes a song into a folder; the tempo of the file changes at beat 9, that of the beats with it."""

    def write(
        melody: Notes = MELODY,
        bridge: Notes = (),
        piano: Notes = PIANO,
        downbeats: Sequence[int] = range(0, 41, 4),
        sizes: str = "2,2",
        pedal: Sequence[tuple[float, float]] = (),
        keys: Sequence[tuple[float, str]] = ((0, "C:maj"),),
    ) -> Path:
        folder = tmp_path / "pop909" / "007"
        folder.mkdir(parents=True)
        (folder.parent / "index.csv").write_text(
            "song_id,name,artist,modify_times,num_beats_per_measure,num_quavers_per_beat\n"
            f'007,"One, two",Somebody,1,{sizes}\n',
            encoding="utf-8",
        )
        halves = {d + k for d in downbeats for k in ((0, 2) if sizes == "2,2" else (0,))}
        _write(
            folder / "beat_midi.txt",
            [(seconds(b), float(b in halves), float(b in downbeats)) for b in range(41)],
        )
        _write(folder / "chord_midi.txt", [(seconds(a), seconds(b), label) for a, b, label in CHORDS])
        _write(folder / "key_audio.txt", [(seconds(a), 99.0, label) for a, label in keys])
        _midi(folder / "007.mid", {"MELODY": melody, "BRIDGE": bridge, "PIANO": piano}, pedal)
        return folder / "007.mid"

    return write


def seconds(beat: float) -> float:
    """120 beats a minute, from beat 9 on 90."""
    return START + min(beat, 9) / 2 + max(beat - 9, 0) / 1.5


def _write(path: Path, rows: Sequence[tuple[object, ...]]) -> None:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")


def _midi(path: Path, tracks: dict[str, Notes], pedal: Sequence[tuple[float, float]]) -> None:
    """Ticks that have nothing to do with the beats: 70 quarters a minute, then 123."""
    turn = round(70 / 60 * (seconds(9)) * TICKS)

    def tick(beat: float) -> int:
        early = seconds(beat) * 70 / 60 * TICKS
        late = turn + (seconds(beat) - seconds(9)) * 123 / 60 * TICKS
        return round(early if beat <= 9 else late)

    file = mido.MidiFile(ticks_per_beat=TICKS)
    first = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(70))
    second = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(123), time=turn)
    file.tracks.append(mido.MidiTrack([first, second]))
    for channel, (name, notes) in enumerate(tracks.items()):
        events = [
            (tick(a), mido.Message("note_on", channel=channel, note=n, velocity=80)) for a, _, n in notes
        ]
        events += [(tick(b), mido.Message("note_off", channel=channel, note=n)) for _, b, n in notes]
        if name == "PIANO":
            for treads, value in zip(zip(*pedal, strict=True), (127, 0), strict=False):
                message = mido.Message("control_change", channel=channel, control=64, value=value)
                events += [(tick(beat), message) for beat in treads]
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for at, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
            track.append(message.copy(time=at - now))
            now = at
        file.tracks.append(track)
    file.save(path)


def read(path: Path) -> Score:
    score = read_song(path)
    write_musicxml(score)  # raises an error where a rhythm has no notation
    return score


def heard(part: Part) -> list[tuple[int, F, F, int]]:
    """Measure, onset, duration and key of each head."""
    return [(i, n.onset, n.duration, n.pitch.midi) for i, cell in enumerate(part.cells) for n in cell]


def test_times_in_seconds_become_times_in_measures(song: Song) -> None:
    score = read(song())
    assert [(p.name, p.instrument, p.staves) for p in score.parts] == [
        ("Voice", "voice", 1),
        ("Piano", "piano", 2),
    ]
    assert [(m.metre, m.duration, m.key) for m in score.measures] == [(Metre(4, 4), 4, Key(0, "major"))] * 8
    assert [(i, onset, key) for i, onset, _, key in heard(score.parts[1]) if key < 48] == [
        (i, 0, key) for i, key in enumerate((36, 41, 43, 36, 45, 41, 43, 36))
    ]


def test_articulation_is_not_written(song: Song) -> None:
    voice = read(song()).parts[0]
    assert heard(voice) == [
        (1, 0, 1, 72),
        (1, 1, F(1, 2), 74),
        (1, F(3, 2), F(1, 2), 76),
        (1, 2, F(1, 4), 77),
        (1, F(9, 4), F(1, 4), 79),  # two beats of rest after it are a rest
        (2, 0, 4, 76),
    ]


def test_a_voice_sings_one_note_at_a_time(song: Song) -> None:
    voice = read(song(melody=[(4, 7.5, 72), (6, 8, 74)])).parts[0]
    assert heard(voice) == [(1, 0, 2, 72), (1, 2, 2, 74)]


def test_the_second_melody_is_a_part_of_its_own(song: Song) -> None:
    score = read(song(bridge=[(8, 9, 72), (8, 9, 76), (9, 12, 71)]))
    assert [p.instrument for p in score.parts] == ["voice", "other", "piano"]
    assert heard(score.parts[1]) == [(2, 0, 1, 72), (2, 0, 1, 76), (2, 1, 3, 71)]


def test_triplets_are_triplets(song: Song) -> None:
    runs = [(8 + k / 3, 8 + (k + 1) / 3, 70 + k % 2) for k in range(12)]
    voice = read(song(melody=runs)).parts[0]
    assert [(onset, duration) for _, onset, duration, _ in heard(voice)] == [
        (F(k, 3), F(1, 3)) for k in range(12)
    ]


def test_the_pedal_holds_the_piano(song: Song) -> None:
    short = [(a, min(b, a + 1), n) for a, b, n in PIANO]
    piano = read(song(piano=short, pedal=[(b + 2.5, b + 4) for b in range(0, 32, 4)])).parts[1]
    assert {(onset, duration) for _, onset, duration, key in heard(piano) if key == 64} == {(2, 2)}
    assert {duration for _, _, duration, key in heard(piano) if key < 48} == {1}


def test_chords_stand_where_they_change(song: Song) -> None:
    measures = read(song()).measures
    chords = [(i, chord) for i, measure in enumerate(measures) for chord in measure.chords]
    assert chords == [
        (0, ChordSymbol(F(2), "C", "major")),
        (1, ChordSymbol(F(0), "F", "major", "A")),
        (2, ChordSymbol(F(0), "G", "dominant")),
        (4, ChordSymbol(F(0), "C", "major")),
    ]


def test_keys_change_with_measures(song: Song) -> None:
    keys = [m.key for m in read(song(keys=[(0.4, "C:maj"), (17.4, "A:min"), (24, "G:maj")])).measures]
    assert keys == [Key(0, "major")] * 4 + [Key(0, "minor")] * 2 + [Key(1, "major")] * 2


def test_beats_of_three_eighths_are_6_8(song: Song) -> None:
    sixths = [(b + k / 6, b + (k + 1) / 6, 72 + k % 3) for b in range(4, 8) for k in range(6)]
    score = read(song(melody=sixths, sizes="2,3", downbeats=range(0, 41, 2)))
    assert {m.metre for m in score.measures} == {Metre(6, 8)}
    assert [n.onset for n in score.parts[0].cells[2]] == [F(k, 4) for k in range(12)]


def test_three_beats_are_3_4(song: Song) -> None:
    waltz = [(b, b + 3, 36 + (b % 2) * 5) for b in range(0, 30, 3)]
    score = read(song(piano=waltz, sizes="3,2", downbeats=range(0, 41, 3)))
    assert {m.metre for m in score.measures} == {Metre(3, 4)}


def test_an_inserted_half_measure_is_2_4(song: Song) -> None:
    later = [(a if a < 16 else a + 2, b if a < 16 else b + 2, n) for a, b, n in PIANO]
    score = read(song(piano=later, downbeats=[0, 4, 8, 12, 16, 18, 22, 26, 30, 34, 38]))
    assert [m.metre.beats for m in score.measures] == [4, 4, 4, 4, 2, 4, 4, 4, 4]


def shifted(notes: Notes, by: float) -> Notes:
    return [(a + by, b + by, n) for a, b, n in notes]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"downbeats": [0, 4, 6, 10, 12, 16, 18, 22, 24, 28, 30, 34, 38]}, "not whole"),
        ({"downbeats": range(1, 41, 4)}, "contradicts the downbeats"),
        ({"piano": shifted(PIANO, 0.42)}, "off every grid"),
        ({"keys": [(0, "F#:maj")]}, "in the key"),
        ({"melody": []}, "no melody"),
    ],
)
def test_songs_that_cannot_be_trusted_are_left_out(song: Song, changes: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_song(song(**changes))


@pytest.mark.parametrize(
    "name", ["007.mid", "beat_midi.txt", "chord_midi.txt", "key_audio.txt", "../index.csv"]
)
def test_files_that_are_missing_or_broken_are_named(song: Song, name: str) -> None:
    path = song()
    (path.parent / name).write_text("once upon a time\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"007\.mid"):
        read_song(path)
    (path.parent / name).unlink()
    with pytest.raises(InputError, match=r"007\.mid"):
        read_song(path)


def test_songs_are_pop_without_composers(song: Song, tmp_path: Path) -> None:
    song()
    header = "id,collection,path,composer,kind,split,m21_match,sha256_16\n"
    rows = "p,pop909,pop909/007/007.mid,Somebody (artist),pop melody+bridge+piano,train,,1\n"
    (tmp_path / "manifest.csv").write_text(header + rows, encoding="utf-8")
    (work,) = load_corpus(tmp_path, "train", tmp_path / "cache")
    assert (work.id, work.style, work.composer) == ("p", "pop", "")
    assert len(work.score.chords) == 4
    shutil.rmtree(tmp_path / "pop909")
    assert [w.id for w in load_corpus(tmp_path, "train", tmp_path / "cache")] == ["p"]


def test_a_melody_as_it_was_played_is_in_quarters_and_without_accidentals(song: Song) -> None:
    path = song(keys=((0, "G:maj"),), melody=[(a, b, key - 5) for a, b, key in MELODY])
    notes = read_melody(path)
    assert [note.midi for note in notes] == [key for _, _, key in MELODY]
    assert [float(note.start) for note in notes] == pytest.approx([a for a, _, _ in MELODY], abs=0.01)
    assert [float(note.end) for note in notes] == pytest.approx([b for _, b, _ in MELODY], abs=0.01)
    assert {note.velocity for note in notes} == {80}


def test_melodies_are_read_once_and_broken_songs_left_out(song: Song, tmp_path: Path) -> None:
    song()
    header = "id,collection,path,composer,kind,split,m21_match,sha256_16\n"
    rows = [f"{name},pop909,pop909/{name}.mid,Somebody,pop,train,,1\n" for name in ("007/007", "008/008")]
    (tmp_path / "manifest.csv").write_text(header + "".join(rows), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    (melody,) = load_melodies(tmp_path, "train", tmp_path / "cache", lambda *done: seen.append(done))
    assert melody.shape == (len(MELODY), 4) and seen == [(1, 2), (2, 2)]
    assert melody[0].tolist() == pytest.approx([4, 0.9, 72, 80], abs=0.01)
    shutil.rmtree(tmp_path / "pop909")
    assert load_melodies(tmp_path, "train", tmp_path / "cache")[0].tolist() == melody.tolist()
    with pytest.raises(InputError, match="no song of POP909"):
        load_melodies(tmp_path, "valid", tmp_path / "cache")
