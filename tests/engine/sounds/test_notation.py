"""What a track sounds like comes back as notes that can be written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import music21
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.documents.document import open_document
from engine.encoding import encode
from engine.evaluation.pieces import TICKS, line_of
from engine.frames import can_be_written
from engine.pitch import Pitch
from engine.score import Cell, Measure, Metre, Note, Score, Tuplet, note_order
from engine.sounds.notation import (
    EXACT,
    PLAIN,
    Chord,
    Grids,
    Piece,
    Timeline,
    joined,
    pieces_of,
    snapped,
    voices_of,
)
from engine.sounds.rolls import QUARTERS, STEPS, Ints, Sound, filled, frames_of, sounds_of, spans_of
from engine.staves import Track

CORPUS = Path(music21.__file__).parent / "corpus"
F = Fraction
FOUR, THREE, SIX = Metre(4, 4), Metre(3, 4), Metre(6, 8)
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
CHROMATIC = [Pitch(name[0], len(name) - 1, 0) for name in NAMES]


def timeline(count: int, metre: Metre = FOUR) -> Timeline:
    measures = [Measure(str(i), metre.duration, metre) for i in range(count)]
    return Timeline(measures, np.array([[0, int(metre.duration * STEPS)]] * count))


def cells_of(pieces: list[Piece], count: int) -> list[Cell]:
    """The pieces as notes."""
    notes: list[list[Note]] = [[] for _ in range(count)]
    for piece in pieces:
        for key in piece.keys:
            pitch = replace(CHROMATIC[key % 12], octave=key // 12 - 1)
            voice = piece.voice + 1
            note = Note(piece.onset, piece.value.duration, pitch, voice, 1, piece.value.tuplet, piece.tied)
            notes[piece.measure].append(note)
    return [tuple(sorted(cell, key=note_order)) for cell in notes]


def written(sounds: list[Sound], time: Timeline, grids: Grids = EXACT, most: int = 1) -> list[Cell]:
    lines = voices_of(snapped(sounds, time, grids), most)
    pieces = [piece for voice, line in enumerate(lines) for piece in pieces_of(line, voice, time)]
    return cells_of(pieces, len(time.measures))


def heard(cells: list[Cell], measures: list[Measure]) -> list[Sound]:
    step = TICKS // STEPS
    return [Sound(on // step, off // step, key) for on, off, key in line_of(cells, measures).tolist()]


def assert_legal(cells: list[Cell], measures: list[Measure]) -> None:
    assert all(can_be_written(cell, measure) for cell, measure in zip(cells, measures, strict=True))


def real_parts(work: str) -> list[tuple[list[Sound], Timeline]]:
    """The sounds of each part, in measures that have a frame."""
    score: Score = open_document(CORPUS / work).score
    fitting = [i for i, measure in enumerate(score.measures) if measure.duration <= QUARTERS]
    parts = tuple(replace(part, cells=tuple(part.cells[i] for i in fitting)) for part in score.parts)
    score = replace(score, measures=tuple(score.measures[i] for i in fitting), parts=parts)
    encoded = encode(score)
    frames: Ints = frames_of(encoded)
    tracks = [Track(index) for index in range(len(parts))]
    roll = filled(spans_of(encoded, tracks, frames), 0, len(frames), len(tracks))
    time = Timeline(score.measures, frames)
    return [(sounds_of(roll[:, index], frames), time) for index in range(len(tracks))]


@pytest.mark.parametrize("work", ["bach/bwv66.6.mxl", "bach/bwv7.7.mxl"])
def test_real_lines_of_single_notes_come_back_exactly(work: str) -> None:
    for sounds, time in real_parts(work):
        cells = written(sounds, time)
        assert heard(cells, list(time.measures)) == sounds
        assert_legal(cells, list(time.measures))


@pytest.mark.parametrize(
    ("work", "share"),
    [
        ("mozart/k155/movement2.mxl", 0.99),
        ("haydn/opus74no1/movement3.mxl", 0.97),
        ("schubert/Lindenbaum.xml", 0.8),
    ],
)
@pytest.mark.parametrize("grids", [EXACT, PLAIN])
def test_any_real_part_can_be_written(work: str, share: float, grids: Grids) -> None:
    for sounds, time in real_parts(work):
        cells = written(sounds, time, grids, most=2)
        assert_legal(cells, list(time.measures))
        if grids == EXACT:
            assert len(set(heard(cells, list(time.measures))) & set(sounds)) >= share * len(sounds)


noises = st.lists(
    st.builds(
        lambda on, length, key: Sound(on, on + length, key),
        st.integers(0, 180),
        st.integers(1, 60),
        st.integers(40, 90),
    ),
    max_size=40,
)


@given(noises, st.sampled_from([FOUR, THREE, SIX]), st.sampled_from([EXACT, PLAIN]), st.integers(1, 2))
def test_whatever_sounds_can_be_written(sounds: list[Sound], metre: Metre, grids: Grids, most: int) -> None:
    time = timeline(4, metre)
    total = int(time.starts[-1])
    sounds = sorted({replace(s, off=min(s.off, total)) for s in sounds}, key=lambda s: (s.on, s.pitch))
    assert_legal(written(sounds, time, grids, most), list(time.measures))


def rhythm(sounds: list[tuple[int, int]], metre: Metre = FOUR, count: int = 1) -> list[tuple[F, F, bool]]:
    cells = written([Sound(on, off, 60) for on, off in sounds], timeline(count, metre))
    return [(note.onset, note.duration, note.tied) for cell in cells for note in cell]


def test_triplets_are_tuplets_and_end_with_their_beat() -> None:
    cells = written([Sound(0, 8, 60), Sound(8, 40, 62)], timeline(1))
    assert [(n.onset, n.duration, n.tuplet, n.tied) for n in cells[0]] == [
        (F(0), F(1, 3), Tuplet(3, 2), False),
        (F(1, 3), F(2, 3), Tuplet(3, 2), False),
        (F(1), F(2, 3), Tuplet(3, 2), True),
    ]


def test_a_note_over_the_bar_line_is_tied() -> None:
    assert rhythm([(72, 120)], count=2) == [(F(3), F(1), False), (F(0), F(1), True)]


def test_what_no_single_value_lasts_is_tied() -> None:
    assert rhythm([(0, 60)]) == [(F(0), F(2), False), (F(2), F(1, 2), True)]
    assert rhythm([(0, 36), (36, 48)]) == [(F(0), F(3, 2), False), (F(3, 2), F(1, 2), False)]


def test_tied_values_meet_on_a_beat_where_they_can() -> None:
    assert rhythm([(0, 60)], SIX) == [(F(0), F(3, 2), False), (F(3, 2), F(1), True)]
    assert rhythm([(12, 72)]) == [(F(1, 2), F(3, 2), False), (F(2), F(1), True)]


def test_edges_go_to_the_grid_that_fits_their_beat_best() -> None:
    assert rhythm([(1, 11), (11, 25)]) == [(F(0), F(1, 2), False), (F(1, 2), F(1, 2), False)]
    assert [length for _, length, _ in rhythm([(0, 7), (7, 17), (17, 24)])] == [F(1, 3)] * 3


def test_compound_beats_have_no_triplets() -> None:
    time = timeline(1, SIX)
    assert time.beats(0) == [(0, 36), (36, 72)]
    assert all(sound.on % 3 == 0 for sound in snapped([Sound(8, 30, 60), Sound(44, 72, 60)], time))


def test_beats_of_a_pickup_are_those_of_the_metre() -> None:
    measure = Measure("0", F(3, 2), FOUR, implicit=True)
    assert Timeline([measure], np.array([[60, 96]])).beats(0) == [(0, 12), (12, 36)]


def test_notes_too_short_for_the_grid_go() -> None:
    assert snapped([Sound(0, 2, 60), Sound(24, 48, 62)], timeline(1), PLAIN) == [Sound(24, 48, 62)]


def test_held_notes_and_moving_ones_are_two_voices() -> None:
    sounds = [Sound(0, 96, 48), Sound(0, 24, 72), Sound(24, 48, 74)]
    assert voices_of(sounds, 2) == [[Chord(0, 24, (72,)), Chord(24, 48, (74,))], [Chord(0, 96, (48,))]]


def test_a_voice_that_would_cross_cuts_what_sounds() -> None:
    sounds = [Sound(0, 96, 60), Sound(24, 48, 72), Sound(24, 96, 48)]
    assert voices_of(sounds, 2) == [[Chord(0, 24, (60,)), Chord(24, 48, (72,))], [Chord(24, 96, (48,))]]
    assert voices_of([Sound(0, 96, 60), Sound(24, 48, 72)], 1) == [
        [Chord(0, 24, (60,)), Chord(24, 48, (72,))]
    ]


def test_more_ends_than_voices_are_one_chord() -> None:
    sounds = [Sound(0, 12, 48), Sound(0, 24, 60), Sound(0, 96, 72)]
    assert voices_of(sounds, 2) == [[Chord(0, 96, (72,))], [Chord(0, 12, (48, 60))]]


def test_short_rests_between_chords_are_closed_and_long_ones_stay() -> None:
    line = [Chord(0, 12, (60,)), Chord(24, 30, (62,)), Chord(48, 60, (64,))]
    assert joined(line, 12) == [Chord(0, 24, (60,)), Chord(24, 30, (62,)), Chord(48, 60, (64,))]
    assert joined(line, 18)[1] == Chord(24, 48, (62,)) and joined([], 12) == []


def test_a_sound_ends_where_the_next_begins() -> None:
    line = [Sound(0, 30, 60), Sound(24, 44, 62), Sound(48, 60, 64)]
    assert joined(line, 3) == [Sound(0, 24, 60), *line[1:]]
    assert joined(line, 4) == [Sound(0, 24, 60), Sound(24, 48, 62), line[2]]


def test_a_single_edge_makes_no_triplet_of_music_that_was_made_up() -> None:
    assert [(s.on, s.off) for s in snapped([Sound(0, 8, 60)], timeline(1), PLAIN)] == [(0, 6)]
    three = [Sound(0, 8, 60), Sound(8, 16, 62), Sound(16, 24, 64)]
    assert snapped(three, timeline(1), PLAIN) == three


def test_a_shortest_value_is_the_grid_of_the_measure_and_nothing_is_shorter() -> None:
    sounds = [Sound(2, 5, 60), Sound(50, 70, 62), Sound(90, 96, 64)]
    moved = snapped(sounds, timeline(1), PLAIN, 48)
    assert [(s.on, s.off) for s in moved] == [(0, 48), (48, 96)]
