"""Whole scores drawn at random, as regular as a document can hold them: what the writer must bring back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction as F

from hypothesis import strategies as st

from bridge.notation.attributes import transposition_in
from bridge.notation.voices import find_ties, without_overlaps, written_voices
from engine.instruments import INSTRUMENTS
from engine.pitch import Interval, Pitch
from engine.rhythm import Span, VoiceState
from engine.score import (
    PLAIN,
    VOICES_PER_STAFF,
    Cell,
    ChordSymbol,
    Key,
    Measure,
    Metre,
    Note,
    NoteValue,
    Part,
    Score,
    Tempo,
    Tuplet,
    first_voice,
    home_staff,
    note_order,
)

METRES = (
    *(Metre(beats, unit) for beats, unit in ((2, 4), (3, 4), (4, 4), (5, 4), (3, 2), (2, 2), (4, 8))),
    *(Metre(beats, 8) for beats in (3, 5, 6, 7, 9, 12)),
    Metre(5, 8, (3, 2)),
    Metre(5, 8, (2, 3)),
    Metre(8, 8, (3, 3, 2)),
    Metre(4, 4, symbol="common"),
    Metre(2, 2, symbol="cut"),
    Metre(symbol="senza"),
)
TUPLETS = tuple(
    Tuplet(*ratio) for ratio in ((3, 2), (5, 4), (6, 4), (7, 4), (7, 8), (9, 8), (2, 3), (4, 3), (5, 6))
)
LENGTHS = {PLAIN: [NoteValue(F(2) ** e, dots).duration for e in range(-3, 3) for dots in (0, 1, 2)]} | {
    tuplet: [NoteValue(F(2) ** e, dots, tuplet).duration for e in range(-2, 2) for dots in (0, 1)]
    for tuplet in TUPLETS
}
GAPS = [F(0)] * 6 + [F(1, 4), F(1, 2), F(1), F(3, 2), F(2), F(1, 3), F(2, 3), F(1, 5)]
TRANSPOSITIONS = (
    Interval(),
    Interval(-1, -2),
    Interval(-4, -7),
    Interval(-7, -12),
    Interval(5, 9),
    Interval(-8, -14),
)
KINDS = ("major", "minor", "dominant", "half-diminished", "suspended-fourth", "major-seventh")
ROOTS = st.sampled_from([step + sign for sign in ("", "#", "b") for step in "CDEFGAB"])
NAMES = tuple(
    name for name, instrument in INSTRUMENTS.items() if name != "other" and instrument.family != "other"
)
PITCHES = st.sampled_from(
    [
        Pitch(step, alter, octave)
        for octave in (4, 5, 3, 2, 6)
        for alter in (0, 1, -1, 2, -2)
        for step in "CDEFGAB"
    ]
)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """One to three parts over one to five measures.

    What no document says, or says in one way only, is drawn in that way: rhythms are cut as they are written,
    ties lead from a note of their voice, a voice is mostly on its home staff.
    """
    measures = draw(_measures())
    parts = [draw(_part(number, measures)) for number in range(1, draw(st.integers(1, 3)) + 1)]
    if not any(part.pitched for part in parts):
        parts[0] = replace(parts[0], pitched=True)
    titles = st.sampled_from(("", "Song", "Lied & Tanz <1>", "Größe"))
    return Score(measures, tuple(parts), draw(titles), draw(titles))


@st.composite
def _measures(draw: st.DrawFn) -> tuple[Measure, ...]:
    metre, key = draw(st.sampled_from(METRES)), Key()
    found: list[Measure] = []
    for number in range(draw(st.integers(1, 5))):
        metre = draw(st.sampled_from([metre, metre, draw(st.sampled_from(METRES))]))
        key = draw(
            st.sampled_from([key, Key(draw(st.integers(-7, 7)), draw(st.sampled_from(("", "minor"))))])
        )
        chords, tempos = draw(_chords(metre.duration)), draw(_tempos(metre.duration))
        found.append(Measure(str(number), metre.duration, metre, key, chords, tempos=tempos))
    if draw(st.booleans()):
        found[0] = _short(found[0], draw(st.sampled_from((F(1), F(1, 2), F(3, 2), F(1, 4)))), implicit=True)
    if draw(st.integers(0, 3)) == 0:
        found[-1:] = _halves(found[-1], draw(st.sampled_from((F(1), F(1, 2), F(3, 4)))))
    return tuple(draw(_with_repeats(found)))


def _short(measure: Measure, duration: F, implicit: bool) -> Measure:
    chords = tuple(chord for chord in measure.chords if chord.onset < duration)
    tempos = tuple(tempo for tempo in measure.tempos if tempo.onset < duration)
    return replace(measure, duration=duration, implicit=implicit, chords=chords, tempos=tempos)


def _halves(measure: Measure, first: F) -> list[Measure]:
    """A measure that something cuts in two, so that only its first half is counted."""
    if measure.duration <= first:
        return [measure]
    second = replace(_short(measure, measure.duration - first, implicit=True), number=f"X{measure.number}")
    return [_short(measure, first, implicit=measure.implicit), second]


@st.composite
def _chords(draw: st.DrawFn, length: F) -> tuple[ChordSymbol, ...]:
    onsets = [F(0), length / 2, length - F(1, 2)]
    return tuple(
        ChordSymbol(onset, draw(ROOTS), draw(st.sampled_from(KINDS)), draw(st.just("") | ROOTS),
                    draw(st.sampled_from(("", "m7b5"))))
        for onset in onsets
        if draw(st.integers(0, 3)) == 0
    )  # fmt: skip


@st.composite
def _tempos(draw: st.DrawFn, length: F) -> tuple[Tempo, ...]:
    onsets = draw(st.sampled_from(((), (), (F(0),), (length / 2,), (F(0), length / 3))))
    return tuple(Tempo(onset, draw(st.sampled_from((F(60), F(92), F(181, 2))))) for onset in onsets)


@st.composite
def _with_repeats(draw: st.DrawFn, measures: list[Measure]) -> list[Measure]:
    """Some measures with repeats and endings."""
    kind = draw(st.sampled_from(("none", "none", "repeat", "endings")))
    if kind == "none" or len(measures) < 4:
        return measures
    more: list[dict[str, object]] = [{"start_repeat": True}, {"end_repeat": True}, {"start_repeat": True}, {}]
    if kind == "endings":
        first, second = draw(st.sampled_from([((1,), (2,)), ((1, 2), (3,)), ((1,), (1,))]))
        more = [{"start_repeat": True}, {"endings": first, "end_repeat": True}, {"endings": second}, {}]
    changed = [replace(measure, **extra) for measure, extra in zip(measures, more, strict=False)]  # type: ignore[arg-type]
    return changed + measures[4:]


@st.composite
def _part(draw: st.DrawFn, number: int, measures: tuple[Measure, ...]) -> Part:
    instrument = INSTRUMENTS[draw(st.sampled_from(NAMES))]
    staves = draw(st.integers(1, 3))
    part = Part(f"P{number}", draw(st.sampled_from(("", instrument.label))), instrument.name, staves)
    if draw(st.integers(0, 9)) == 0:
        return replace(part, pitched=False, cells=((),) * len(measures))
    part = replace(part, transposition=draw(st.sampled_from(_transpositions(part, measures))))
    possible = [first_voice(staff) + n for staff in range(1, staves + 1) for n in range(VOICES_PER_STAFF)]
    voices = draw(st.sets(st.sampled_from(possible), min_size=1, max_size=5))
    lines = [draw(_voice(measures, voice, staves)) for voice in sorted(voices)]
    cells = [tuple(note for notes in column for note in notes) for column in zip(*lines, strict=True)]
    return replace(part, cells=_regular(cells, measures, staves))


def _transpositions(part: Part, measures: Sequence[Measure]) -> list[Interval]:
    """Those in which no key needs more than seven accidentals; others are respelled."""
    moved = [replace(part, transposition=interval) for interval in TRANSPOSITIONS]
    return [
        p.transposition for p in moved if all(transposition_in(p, m.key) == p.transposition for m in measures)
    ]


@st.composite
def _voice(draw: st.DrawFn, measures: Sequence[Measure], voice: int, staves: int) -> list[list[Note]]:
    """The notes of one voice in each measure."""
    result, last = list[list[Note]](), list[Note]()
    for measure in measures:
        notes: list[Note] = []
        for onset, duration, tuplet in draw(_spans(measure)):
            for pitch in _heads(draw, last):
                staff = draw(st.integers(1, staves)) if draw(st.integers(0, 5)) == 0 else home_staff(voice)
                notes.append(Note(onset, duration, pitch, voice, staff, tuplet, tied=draw(st.booleans())))
            last = notes[-1:]
        result.append(notes)
    return result


@st.composite
def _spans(draw: st.DrawFn, measure: Measure) -> list[Span]:
    """A rhythm that a voice can have, often one up to the end of the measure."""
    state, spans = VoiceState.of(measure), list[Span]()
    for _ in range(draw(st.integers(0, 7))):
        onset = state.free_from + draw(st.sampled_from(GAPS))
        tuplet = draw(st.sampled_from((PLAIN, PLAIN, *[span[2] for span in spans[-1:]], *TUPLETS)))
        rest = measure.duration - onset
        lengths = LENGTHS[tuplet] if draw(st.integers(0, 3)) else [rest]
        if allowed := [
            length for length in lengths if 0 < length <= rest and state.accepts(onset, length, tuplet)
        ]:
            spans.append((onset, draw(st.sampled_from(allowed)), tuplet))
            state = state.after(*spans[-1])
    return spans


def _heads(draw: st.DrawFn, last: list[Note]) -> list[Pitch]:
    """The pitches of a chord, none sounding twice; often one of them was there before."""
    heads = draw(st.lists(PITCHES, min_size=1, max_size=3))
    if last and draw(st.booleans()):
        heads.append(last[0].pitch)
    return list({pitch.midi: pitch for pitch in heads}.values())


def _regular(cells: Sequence[Cell], measures: Sequence[Measure], staves: int) -> tuple[Cell, ...]:
    cut = [_cut(cell, measure, staves) for cell, measure in zip(cells, measures, strict=True)]
    return _with_real_ties(_mostly_at_home(cut), measures)


def _mostly_at_home(cells: Sequence[Cell]) -> list[Cell]:
    """A document tells a voice's home only by where most of its notes are."""
    counts = Counter((note.voice, note.staff) for cell in cells for note in cell)
    totals = Counter(note.voice for cell in cells for note in cell)
    away = {v for v, total in totals.items() if 2 * counts[v, home_staff(v)] <= total}
    return [
        tuple(replace(note, staff=home_staff(note.voice)) if note.voice in away else note for note in cell)
        for cell in cells
    ]


def _cut(cell: Cell, measure: Measure, staves: int) -> Cell:
    """Every note as the values that show the beats; cutting one may open another way to group the tuplets."""
    ties = find_ties([cell], [measure])[0]
    voices = written_voices(without_overlaps(cell, measure.duration), ties, staves, measure)
    notes = [
        replace(
            head.note,
            onset=event.onset,
            duration=event.duration,
            tuplet=event.value.tuplet if event.value else PLAIN,
            tied=head.note.tied or event.onset > head.note.onset,
        )
        for events in voices.values()
        for event in events
        for head in event.heads
    ]
    result = tuple(sorted(notes, key=note_order))
    return result if len(result) == len(cell) else _cut(result, measure, staves)


def _with_real_ties(cells: Sequence[Cell], measures: Sequence[Measure]) -> tuple[Cell, ...]:
    """``tied`` only where a note of that voice and spelling ends, and the only one there of that sound."""
    result: list[Cell] = []
    before: set[tuple[F, int, Pitch]] = set()
    for cell, measure in zip(cells, measures, strict=True):
        ends = before | {(n.end, n.voice, n.pitch) for n in cell}
        kept = [replace(n, tied=n.tied and (n.onset, n.voice, n.pitch) in ends) for n in cell]
        result.append(tuple(kept))
        before = {(n.end - measure.duration, n.voice, n.pitch) for n in kept}
    return tuple(result)
