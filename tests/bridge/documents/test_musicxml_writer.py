"""Whatever a voice accepts is written as valid MusicXML that reads back as the same notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bridge.documents.checker import check
from bridge.documents.musicxml_reader import read_musicxml
from bridge.documents.musicxml_writer import write_musicxml
from bridge.errors import EngineError
from engine.pitch import Interval, Pitch
from engine.rhythm import VoiceState
from engine.score import (
    PLAIN,
    Cell,
    ChordSymbol,
    Key,
    Measure,
    Metre,
    Note,
    NoteValue,
    Part,
    Score,
    Tuplet,
    home_staff,
    note_order,
)

METRES = [
    Metre(4, 4),
    Metre(3, 4),
    Metre(6, 8),
    Metre(5, 8),
    Metre(7, 8),
    Metre(2, 2, symbol="cut"),
    Metre(5, 4, (2, 3)),
]
TUPLETS = [Tuplet(3, 2), Tuplet(6, 4), Tuplet(2, 3), Tuplet(5, 4)]
VALUES = [NoteValue(F(2) ** e, dots) for e in range(-2, 3) for dots in (0, 1)] + [
    NoteValue(F(2) ** e, 0, tuplet) for e in range(-2, 2) for tuplet in TUPLETS
]
STEPS = [(value.duration, value.tuplet) for value in VALUES] + [(F(5, 4), PLAIN), (F(9, 4), PLAIN)]
GAPS = [F(0)] * 4 + [F(1, 4), F(1, 2), F(1), F(1, 3), F(1, 5)]
TRANSPOSITIONS = [Interval(), Interval(-1, -2), Interval(-4, -7), Interval(-7, -12), Interval(5, 9)]


@st.composite
def measures(draw: st.DrawFn) -> Measure:
    metre, fifths = draw(st.sampled_from(METRES)), draw(st.integers(-7, 7))
    return Measure("1", metre.duration, metre, Key(fifths, draw(st.sampled_from(["", "major", "minor"]))))


@st.composite
def scores(draw: st.DrawFn) -> Score:
    bars = draw(st.lists(measures(), min_size=1, max_size=3))
    if draw(st.booleans()):
        bars[0] = replace(bars[0], implicit=True, duration=bars[0].duration - 1)
    numbered = tuple(replace(bar, number=str(n)) for n, bar in enumerate(bars))
    staves = draw(st.integers(1, 2))
    voices = draw(st.sets(st.sampled_from([1, 2, 5, 6][: 2 * staves]), min_size=1))
    cells = with_ties(draw, [draw(cell(bar, voices)) for bar in numbered], numbered)
    transposition = draw(st.sampled_from(TRANSPOSITIONS))
    instrument = "piano" if staves == 2 else draw(st.sampled_from(["flute", "cello", "viola"]))
    return Score(numbered, (Part("P1", instrument.title(), instrument, staves, cells, transposition),))


@st.composite
def cell(draw: st.DrawFn, measure: Measure, voices: Iterable[int]) -> Cell:
    return tuple(sorted((n for v in sorted(voices) for n in draw(voice(measure, v))), key=note_order))


@st.composite
def voice(draw: st.DrawFn, measure: Measure, number: int) -> list[Note]:
    state, notes = VoiceState.of(measure), []
    for _ in range(draw(st.integers(0, 6))):
        onset = state.free_from + draw(st.sampled_from(GAPS))
        if allowed := [step for step in STEPS if state.accepts(onset, *step)]:
            duration, tuplet = draw(st.sampled_from(allowed))
            state = state.after(onset, duration, tuplet)
            pitches = draw(
                st.sets(
                    st.builds(Pitch, st.sampled_from("CDEFGAB"), st.integers(-1, 1), st.integers(3, 5)),
                    min_size=1,
                    max_size=3,
                )
            )
            chord = {pitch.midi: pitch for pitch in pitches}.values()
            notes += [Note(onset, duration, p, number, home_staff(number), tuplet) for p in chord]
    return notes


def with_ties(draw: st.DrawFn, cells: list[Cell], bars: tuple[Measure, ...]) -> tuple[Cell, ...]:
    """Some notes that could continue another of their voice do."""
    ends = {(m, n.voice, n.end, n.pitch) for m, c in enumerate(cells) for n in c}
    ends |= {(m + 1, v, end - bars[m].duration, p) for m, v, end, p in ends if end == bars[m].duration}
    return tuple(
        tuple(replace(n, tied=(m, n.voice, n.onset, n.pitch) in ends and draw(st.booleans())) for n in c)
        for m, c in enumerate(cells)
    )


def reread(score: Score) -> Score:
    return read_musicxml(etree.fromstring(etree.tostring(write_musicxml(score))), "written")


def merged(cell: Cell) -> list[tuple[object, ...]]:
    """The notes of a cell with those tied inside it joined."""
    joined: list[Note] = []
    for note in cell:
        before = [
            n
            for n in joined
            if note.tied and (n.voice, n.pitch, n.end) == (note.voice, note.pitch, note.onset)
        ]
        if before:
            joined[joined.index(before[0])] = replace(before[0], duration=note.end - before[0].onset)
        else:
            joined.append(note)
    return sorted((n.onset, n.end, n.voice, n.staff, n.pitch.midi, str(n.pitch), n.tied) for n in joined)


def sums(measure: etree._Element) -> dict[str, int]:
    """Length of each voice in divisions."""
    result: dict[str, int] = {}
    for note in measure.iterfind("note"):
        if note.find("chord") is None:
            voice = note.findtext("voice") or ""
            result[voice] = result.get(voice, 0) + int(note.findtext("duration") or 0)
    return result


@settings(deadline=None, max_examples=60)
@given(scores())
def test_written_notes_read_back(score: Score) -> None:
    back = reread(score)
    assert back.measures == score.measures
    assert back.parts[0].transposition.chromatic == score.parts[0].transposition.chromatic
    for old, new in zip(score.parts[0].cells, back.parts[0].cells, strict=True):
        assert merged(new) == merged(old)
        if len(new) == len(old):
            assert new == old


@settings(deadline=None, max_examples=40)
@given(score=scores())
def test_documents_are_valid_and_sound(schema: etree.XMLSchema, score: Score) -> None:
    tree = write_musicxml(score)
    schema.assertValid(tree)
    assert check(tree) == []
    divisions = F(tree.getroot().findtext(".//divisions") or 0)
    for element, measure in zip(tree.iterfind(".//measure"), score.measures, strict=True):
        lengths = sums(element)
        assert set(lengths.values()) == {measure.duration * divisions}
        assert set(lengths) >= {str(4 * staff + 1) for staff in range(score.parts[0].staves)}


def one_part(*cells: Cell, **part: object) -> Score:
    bars = tuple(Measure(str(n), F(4)) for n in range(1, len(cells) + 1))
    return Score(bars, (replace(Part("P1", "Flute", "flute", cells=cells), **part),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "abbreviation"),
    [("Tenor Bass", "T. B."), ("Clarinet in B♭ 2", "Cl. 2"), ("Lead", None), ("E-Bass", None), ("", None)],
)
def test_only_a_standard_name_has_a_standard_abbreviation(name: str, abbreviation: str | None) -> None:
    tree = write_musicxml(one_part((), name=name, instrument="bass-voice"))
    assert tree.findtext("part-list/score-part/part-abbreviation") == abbreviation


def test_header_and_bar_lines(schema: etree.XMLSchema) -> None:
    score = one_part(*[()] * 5, name="Violin 2", instrument="violin")
    endings = [{}, {"start_repeat": True}, {"endings": (1,), "end_repeat": True}, {"endings": (2,)}, {}]
    bars = tuple(replace(bar, **more) for bar, more in zip(score.measures, endings, strict=True))  # type: ignore[arg-type]
    score = replace(score, measures=bars, title="Song", composer="A. N. Other")
    tree = write_musicxml(score)
    schema.assertValid(tree)
    assert (tree.findtext("work/work-title"), tree.findtext("identification/creator")) == (
        "Song",
        "A. N. Other",
    )
    assert tree.findtext("part-list/score-part/part-abbreviation") == "Vln. 2"
    assert [e.get("type") for e in tree.iterfind(".//ending")] == ["start", "stop", "start", "discontinue"]
    assert tree.findall(".//bar-style")[-1].text == "light-heavy"
    assert reread(score) == score


def test_chord_symbols_are_transposed_with_the_first_part() -> None:
    score = one_part((Note(F(0), F(4), Pitch("C", 0, 4)),), transposition=Interval(-1, -2))
    chords = (ChordSymbol(F(0), "Bb", "major", "D"), ChordSymbol(F(3), "F#", "half-diminished", text="m7b5"))
    score = replace(score, measures=(replace(score.measures[0], chords=chords),))
    tree = write_musicxml(score)
    assert tree.findtext(".//root-step") == "C"
    assert reread(score).measures == score.measures


def test_a_key_beyond_seven_sharps_is_respelled() -> None:
    score = one_part((Note(F(0), F(4), Pitch("F", 1, 4)),), transposition=Interval(-1, -2))
    score = replace(score, measures=(replace(score.measures[0], key=Key(6)),))
    tree = write_musicxml(score)
    assert tree.findtext(".//fifths") == "-4"
    assert (tree.findtext(".//pitch/step"), tree.findtext(".//pitch/alter")) == ("A", "-1")
    assert reread(score).parts[0].cells == score.parts[0].cells


def test_the_same_score_gives_the_same_bytes() -> None:
    score = one_part((Note(F(0), F(1), Pitch("C", 0, 5)),))
    assert etree.tostring(write_musicxml(score)) == etree.tostring(write_musicxml(score))


def test_a_rhythm_without_notation_is_named() -> None:
    score = one_part((), (Note(F(1, 3), F(1), Pitch("C", 0, 5)),))
    with pytest.raises(EngineError, match="part Flute, measure 2, voice 1"):
        write_musicxml(score)


def test_an_ending_without_a_repeat_has_a_style_too() -> None:
    """MuseScore complains of a bar line that has neither."""
    measures = tuple(Measure(str(n), F(4), endings=(1,) if n == 2 else ()) for n in range(1, 4))
    tree = write_musicxml(Score(measures, (Part("P1", "Voice", "voice", 1, ((),) * 3),)))
    lines = [line for line in tree.iter("barline") if line.find("ending") is not None]
    assert [line.findtext("bar-style") for line in lines] == ["regular", "regular"]
