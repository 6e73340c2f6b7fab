"""What is written comes back: every measure, onset, sounding length and key."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from fractions import Fraction as F
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from music21 import corpus

from bridge.documents.document import open_document
from bridge.documents.midi_file import clear_unisons
from bridge.documents.midi_reader import read_midi
from bridge.documents.midi_writer import sounding_notes, write_midi
from engine.pitch import Pitch
from engine.rhythm import VoiceState
from engine.score import PLAIN, Cell, Key, Measure, Metre, Note, NoteValue, Part, Score, Tuplet, note_order

Heard = Counter[tuple[int, F, F, int]]

METRES = [Metre(4, 4), Metre(3, 4), Metre(6, 8), Metre(5, 8), Metre(2, 2), Metre(9, 16)]
PLAIN_VALUES = [NoteValue(F(base), dots) for base in ("1/2", "1", "2") for dots in (0, 1)]
PLAIN_VALUES.append(NoteValue(F(1, 4)))  # undotted: tuplets then begin on sixteenths, as in real scores
TUPLET_VALUES = {
    tuplet: [NoteValue(F(base), 0, tuplet) for base in ("1/4", "1/2", "1")]
    for tuplet in (Tuplet(3, 2), Tuplet(5, 4), Tuplet(7, 4))
}
CORPUS = [
    "bach/bwv1.6.mxl",
    "bach/bwv248.5.mxl",
    "mozart/k156/movement3.mxl",
    "haydn/opus1no1/movement4.mxl",
    "schumann_robert/dichterliebe_no2.xml",
    "monteverdi/madrigal.3.1.mxl",
    "joplin/maple_leaf_rag.mxl",
    "schubert/Lindenbaum.xml",
    "corelli/opus3no1/1grave.xml",
    "ciconia/quod_jactatur.xml",
    "handel/rinaldo/Lascia_chio_pianga.mxl",
]


def heard(score: Score) -> list[Heard]:
    """Of every part that sounds: (measure, onset, sounding length, key number), unisons as one."""
    starts = list(accumulate((m.duration for m in score.measures), initial=F(0)))
    parts = []
    for part in score.parts:
        notes = clear_unisons(sounding_notes(part, starts))
        places = [bisect_right(starts, note.start) - 1 for note in notes]
        entries = zip(places, notes, strict=True)
        parts.append(Counter((i, n.start - starts[i], n.end - n.start, n.midi) for i, n in entries))
    return [part for part in parts if part]


def assert_notatable(score: Score) -> None:
    """Every voice is accepted, every note is one value, and every tie begins somewhere."""
    for part in score.parts:
        ends: set[tuple[int, int, F, int]] = set()
        for index, (measure, cell) in enumerate(zip(score.measures, part.cells, strict=True)):
            states: dict[int, VoiceState] = {}
            for note in cell:
                state = states.get(note.voice, VoiceState.of(measure))
                assert state.accepts(note.onset, note.duration, note.tuplet), (measure.number, note)
                states[note.voice] = state.after(note.onset, note.duration, note.tuplet)
                assert NoteValue.from_duration(note.duration, note.tuplet), note
                assert not note.tied or (note.voice, index, note.onset, note.pitch.midi) in ends
                full = note.end == measure.duration
                place = (index + 1, F(0)) if full else (index, note.end)
                ends.add((note.voice, *place, note.pitch.midi))


@st.composite
def cells(draw: st.DrawFn, measure: Measure, voices: list[int], tuplet: Tuplet) -> Cell:
    notes: list[Note] = []
    for voice in voices:
        state = VoiceState.of(measure)
        for _ in range(draw(st.integers(0, 8))):
            onset = state.free_from + draw(st.sampled_from([F(0), F(0), F(0), F(1, 4), F(1, 2)]))
            values = PLAIN_VALUES + TUPLET_VALUES[tuplet] * 3
            fitting = [v for v in values if state.accepts(onset, v.duration, v.tuplet)]
            if not fitting:
                break
            value = draw(st.sampled_from(fitting))
            state = state.after(onset, value.duration, value.tuplet)
            for midi in draw(st.sets(st.integers(40, 80), min_size=1, max_size=3)):
                pitch = Pitch.from_fifths((7 * midi + 5) % 12 - 5, 4)
                pitch = Pitch(pitch.step, pitch.alter, 4 + (midi - pitch.midi) // 12)
                tied = onset == 0 and draw(st.booleans())  # in vain unless that key sounded before
                notes.append(Note(onset, value.duration, pitch, voice, (voice + 3) // 4, value.tuplet, tied))
    return tuple(sorted(notes, key=note_order))


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """A voice and a piano, one to four measures; the first may be a pickup."""
    metre, key = draw(st.sampled_from(METRES)), Key(draw(st.integers(-7, 7)), "major")
    tuplet = draw(st.sampled_from(list(TUPLET_VALUES)))
    measures = [Measure(str(i), metre.duration, metre, key) for i in range(1, draw(st.integers(2, 5)))]
    if draw(st.booleans()):
        measures.insert(0, Measure("0", F(draw(st.integers(1, 3)), 4), metre, key, implicit=True))
    voice, piano = (
        tuple(draw(cells(measure, voices, tuplet)) for measure in measures) for voices in ([1], [1, 2, 5])
    )
    parts = Part("P1", "Voice", "voice", 1, voice), Part("P2", "Piano", "piano", 2, piano)
    return Score(tuple(measures), parts)


@settings(max_examples=25, deadline=None)
@given(scores())
def test_random_scores_come_back(score: Score) -> None:
    assume(heard(score))
    back = read_midi(write_midi(score), "random.mid")
    assert_notatable(back)
    assert heard(back) == heard(score)
    assert back.measures[0].metre == score.measures[0].metre or len(back.measures) == 1
    assert {m.key for m in back.measures} == {score.measures[0].key}


@pytest.mark.parametrize("name", CORPUS)
def test_published_scores_come_back(name: str) -> None:
    path = next(p for p in map(Path, corpus.getCorePaths()) if p.as_posix().endswith(name))
    score = open_document(path).score
    back = read_midi(write_midi(score), name)
    assert_notatable(back)
    assert heard(back) == heard(score)


def test_writing_what_was_read_changes_nothing() -> None:
    notes = tuple(Note(F(k, 3), F(1, 3), Pitch("C", 0, 5), tuplet=Tuplet(3, 2)) for k in range(3))
    notes += (Note(F(1), F(3), Pitch("E", 0, 5), tuplet=PLAIN),)
    parts = (Part("P1", "Flute", "flute", cells=(notes,)),)
    data = write_midi(Score((Measure("1", F(4), key=Key(0, "major")),), parts, "Air"))
    back = read_midi(data, "air.mid")
    assert back.parts[0].cells == (notes,)
    assert write_midi(back) == data
