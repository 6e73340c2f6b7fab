"""Scores drawn at random, for property tests of the engine."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from engine.pitch import Pitch
from engine.rhythm import VoiceState
from engine.score import Cell, Key, Measure, Metre, Note, Part, Score, Tuplet, note_order
from engine.vocabulary import DURATION, ONSET, Position

METRES = (Metre(4, 4), Metre(3, 4), Metre(6, 8), Metre(5, 8), Metre(2, 2), Metre(7, 8), Metre(9, 8))
_VALUES = [
    v for v in DURATION.values if v.duration <= 2 and v.tuplet in (Tuplet(), Tuplet(3, 2), Tuplet(5, 4))
]

pitches = st.builds(Pitch, st.sampled_from("CDEFGAB"), st.integers(-1, 1), st.integers(2, 5))


@st.composite
def cells(draw: st.DrawFn, measure: Measure, staves: int) -> Cell:
    """Up to two voices on each staff, each notatable, with chords."""
    notes: list[Note] = []
    for voice in draw(st.sets(st.sampled_from([1, 2, 5, 6][: 2 * staves]))):
        state = VoiceState.of(measure)
        for _ in range(draw(st.integers(0, 6))):
            onset = state.free_from + draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 2)]))
            fitting = [v for v in _VALUES if state.accepts(onset, v.duration, v.tuplet)]
            if not fitting or Position(onset) not in ONSET:
                break
            value = draw(st.sampled_from(fitting))
            state = state.after(onset, value.duration, value.tuplet)
            for pitch in draw(st.sets(pitches, min_size=1, max_size=3)):
                notes.append(Note(onset, value.duration, pitch, voice, (voice - 1) // 4 + 1, value.tuplet))
    return tuple(sorted(notes, key=note_order))


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """One to four measures of a voice and a piano."""
    metre, key = draw(st.sampled_from(METRES)), Key(draw(st.integers(-7, 7)))
    measures = tuple(Measure(str(i + 1), metre.duration, metre, key) for i in range(draw(st.integers(1, 4))))
    parts = tuple(
        Part(f"P{i}", name, name, staves, tuple(draw(cells(m, staves)) for m in measures))
        for i, (name, staves) in enumerate((("voice", 1), ("piano", 2)))
    )
    return Score(measures, parts)
