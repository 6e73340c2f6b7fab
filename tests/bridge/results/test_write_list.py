"""A write list says the score's own notes, as the document writes them, and a cursor can write them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction as F
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.documents.document import open_document
from bridge.documents.musicxml_writer import write_musicxml
from bridge.notation.notes import TYPES
from bridge.results.chord_names import chord_name
from bridge.results.entries import WriteList
from bridge.results.write_list import write_list
from engine.pitch import Interval, Pitch
from engine.score import PLAIN, ChordSymbol, Key, Measure, Metre, Note, Part, Score, Tuplet, home_staff
from tests.bridge.random_scores import scores
from tests.bridge.results.replay import merged, notes_of, quarters, replayed

ROOT = Path(__file__).parents[3]
REAL = (
    *(ROOT / f"examples/{name}.musicxml" for name in ("auld-lang-syne", "barcarole", "dance-in-five")),
    *(ROOT / f"../shared/data/lieder/{name}.mxl" for name in ("lc6211877", "lc5991189", "lc6125479")),
)
FEW = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
COMMON, NO_KEY = Metre(), Key()
CLARINET = Interval(-1, -2)


def note(
    onset: str, duration: str, name: str = "C4", voice: int = 1, tuplet: Tuplet = PLAIN, tied: bool = False
) -> Note:
    pitch = Pitch(name[0], name.count("#") - name.count("b"), int(name[-1]))
    return Note(F(onset), F(duration), pitch, voice, home_staff(voice), tuplet, tied)


def score_of(
    *cells: Iterable[Note], metre: Metre = COMMON, first: F | None = None, key: Key = NO_KEY, **part: object
) -> Score:
    measures = [Measure(str(i), metre.duration, metre, key) for i in range(1, len(cells) + 1)]
    if first is not None:
        measures[0] = Measure("0", first, metre, key, implicit=True)
    return Score(tuple(measures), (Part("P1", "It", cells=tuple(map(tuple, cells)), **part),))  # type: ignore[arg-type]


def listed(score: Score) -> WriteList:
    found = write_list(score, [0], range(len(score.measures)))
    replayed(found)
    return found


def values(found: WriteList, voice: int = 1) -> list[tuple[str, F | None]]:
    """Kind and written value, in quarters, of the events of one voice of the first staff."""
    return [
        (event.kind, event.value and quarters(event.value))
        for event in found.events
        if (event.staff, event.voice) == (1, voice)
    ]


@FEW
@given(score=scores(), data=st.data())
def test_it_says_the_notes_of_any_score(score: Score, data: st.DataObject) -> None:
    parts = sorted(data.draw(st.sets(st.sampled_from(range(len(score.parts))), min_size=1)))
    measures = sorted(data.draw(st.sets(st.sampled_from(range(len(score.measures))), min_size=1)))
    found = write_list(score, parts, measures)
    assert sorted(replayed(found)) == sorted(notes_of(score, parts, measures))
    assert WriteList.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_it_says_the_notes_of_real_scores(path: Path) -> None:
    if not path.exists():
        pytest.skip("no training scores")
    score = open_document(path).score
    parts, measures = range(len(score.parts)), range(len(score.measures))
    found = replayed(write_list(score, parts, measures))
    assert merged(found) == merged(notes_of(score, parts, measures))


@FEW
@given(score=scores())
def test_it_is_what_the_document_says(score: Score) -> None:
    names = dict(zip(TYPES.values(), TYPES, strict=True))
    divisions, written = F(1), []
    for number, part in enumerate(write_musicxml(score).getroot().iterchildren("part")):
        for index, measure in enumerate(part):
            divisions = F(measure.findtext("attributes/divisions") or divisions)
            for element in measure.iterchildren("note"):
                if element.find("chord") is not None:
                    written[-1][-1].append(element.findtext("accidental") is not None)
                    continue
                kind = element.findtext("type")
                value = names[kind] * (2 - F(1, 2 ** len(element.findall("dot")))) if kind else None
                heads = (
                    [] if element.find("rest") is not None else [element.findtext("accidental") is not None]
                )
                length = F(element.findtext("duration", "")) / divisions
                hidden = element.get("print-object") == "no"
                marks = {mark.get("type") for mark in element.iterfind("notations/tuplet")}
                voice = int(element.findtext("voice", ""))
                written.append((index, number, voice, length, value, hidden, marks, heads))
    said = []
    for event in write_list(score, range(len(score.parts)), range(len(score.measures))).events:
        group = event.tuplet
        ends = (("start", group.index == 0), ("stop", group.last)) if group else ()
        marks = {kind for kind, there in ends if there}
        voice = 4 * (event.staff - 1) + event.voice
        value = event.value and quarters(event.value)
        heads = [bool(head.accidental) for head in event.notes]
        said.append(
            (
                event.measure,
                event.part,
                voice,
                quarters(event.duration),
                value,
                not event.visible,
                marks,
                heads,
            )
        )
    assert said == sorted(written, key=lambda row: row[:3])


def test_a_triplet_begins_and_ends() -> None:
    third = [note(f"{i}/3", "1/3", tuplet=Tuplet(3, 2)) for i in range(3)]
    found = listed(score_of(third))
    tuplets = [event.tuplet for event in found.events[:3]]
    assert [(t.actual, t.normal, t.duration, t.index, t.last) for t in tuplets if t] == [
        (3, 2, (1, 4), 0, False),
        (3, 2, (1, 4), 1, False),
        (3, 2, (1, 4), 2, True),
    ]
    assert [event.value for event in found.events[:3]] == [(1, 8)] * 3


def test_a_duplet_in_six_eighth() -> None:
    duplet = [note(onset, "3/4", tuplet=Tuplet(2, 3)) for onset in ("0", "3/4")]
    found = listed(score_of(duplet, metre=Metre(6, 8)))
    first = found.events[0]
    assert (first.duration, first.value) == ((3, 16), (1, 8))
    assert first.tuplet and (first.tuplet.actual, first.tuplet.normal, first.tuplet.duration) == (
        2,
        3,
        (3, 8),
    )


def test_five_eighth_are_cut_where_the_metre_says() -> None:
    found = listed(score_of([note("0", "5/2")], metre=Metre(5, 8)))
    assert values(found) == [("chord", F(3, 2)), ("chord", F(1))]
    assert [(n.tie_back, n.tie) for event in found.events for n in event.notes] == [
        (False, True),
        (True, False),
    ]


def test_a_pickup_is_as_short_as_it_is() -> None:
    found = listed(score_of([note("0", "1")], [note("0", "4")], first=F(1)))
    assert [(m.index, m.number, m.duration, m.metre, m.implicit) for m in found.measures] == [
        (0, "0", (1, 4), (4, 4), True),
        (1, "2", (1, 1), (4, 4), False),
    ]
    assert values(found) == [("chord", F(1)), ("chord", F(4))]


def test_a_clarinet_is_written_higher_than_it_sounds() -> None:
    score = score_of([note("0", "4", "Bb3")], key=Key(-2), instrument="clarinet", transposition=CLARINET)
    found = listed(score)
    [head] = found.events[0].notes
    assert (head.pitch, head.tpc1, head.tpc2) == (58, 12, 14)
    assert found.measures[0].fifths == -2
    assert (found.parts[0].transposition.diatonic, found.parts[0].transposition.chromatic) == (-1, -2)
    assert found.parts[0].sound.startswith("wind.reed.clarinet")


def test_a_second_voice_hides_its_rests() -> None:
    found = listed(score_of([note("0", "4", "C5"), note("2", "1", "E4", voice=2)]))
    second = [event for event in found.events if event.voice == 2]
    assert [(event.kind, event.visible) for event in second] == [
        ("rest", False),
        ("chord", True),
        ("rest", False),
    ]


def test_a_silent_staff_rests_for_the_measure() -> None:
    found = listed(score_of([note("0", "4")], instrument="piano", staves=2))
    assert [(e.staff, e.kind, e.value) for e in found.events] == [(1, "chord", (1, 1)), (2, "rest", None)]
    assert [(clef.staff, clef.sign) for clef in found.parts[0].clefs] == [(1, "G"), (2, "F")]


def test_ties_lead_over_the_edges_of_the_list() -> None:
    score = score_of([note("0", "4")], [note("0", "4", tied=True)], [note("0", "4", tied=True)])
    [event] = write_list(score, [0], [1]).events
    assert (event.notes[0].tie_back, event.notes[0].tie) == (True, True)


def test_a_staff_changes_its_clef_for_long_high_passages() -> None:
    low, high = [note(str(i), "1", "C3") for i in range(4)], [note(str(i), "1", "C6") for i in range(4)]
    score = score_of(low, high, instrument="cello")
    found = write_list(score, [0], [1])
    assert found.parts[0].clefs[0].sign == "F"
    assert [(c.measure, c.onset, c.clef.sign) for c in found.clef_changes] == [(1, (0, 1), "G")]


def test_chords_stand_beside_the_parts() -> None:
    score = score_of([note("0", "4")])
    chords = (ChordSymbol(F(0), "A", "minor-seventh"), ChordSymbol(F(2), "F", "major", "A"))
    measure = Measure("1", F(4), chords=chords)
    found = write_list(Score((measure,), score.parts), [0], [0])
    assert [(c.measure, c.onset, c.text) for c in found.chords] == [(0, (0, 1), "Am7"), (0, (1, 2), "F/A")]


@pytest.mark.parametrize(
    ("chord", "name"),
    [
        (ChordSymbol(F(0), "Bb", "major-seventh"), "Bbmaj7"),
        (ChordSymbol(F(0), "F#", "half-diminished", "E"), "F#m7b5/E"),
        (ChordSymbol(F(0), "C", "dominant", text="7b9"), "C7b9"),
        (ChordSymbol(F(0), "G", "Neapolitan"), "G"),
    ],
)
def test_chords_are_typed(chord: ChordSymbol, name: str) -> None:
    assert chord_name(chord) == name
