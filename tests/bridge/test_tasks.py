"""Fill, harmonize, continue and writing into parts: what they ask for, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import music21
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from bridge.documents.checker import check
from bridge.documents.document import Document, open_bytes, open_document
from bridge.documents.musicxml_reader import read_musicxml
from bridge.errors import EmptyScoreError, RequestError
from bridge.options import TASKS
from bridge.service import Take, write
from bridge.tasks import plan_for
from engine.score import Score
from tests.bridge.conftest import HIT, NOTE, REST, SONG, measures_xml, score_xml
from tests.bridge.random_engine import RandomEngine, sounds

Make = Callable[..., Path]
CORPUS = Path(music21.__file__).parent / "corpus"
WORKS = {
    "chorale": "bach/bwv66.6.mxl",
    "quartet": "mozart/k155/movement2.mxl",
    "song": "schubert/Lindenbaum.xml",
}
DOCUMENTS: dict[str, Document] = {}


def document(name: str) -> Document:
    if name not in DOCUMENTS:
        DOCUMENTS[name] = open_document(CORPUS / WORKS[name])
    return DOCUMENTS[name]


def take_of(document: Document, task: str, **options: Any) -> Take:
    parsed = TASKS[task].parse({"seed": 1, **options})
    return next(e for e in write(document, parsed, RandomEngine()) if isinstance(e, Take))


def heard(score: Score) -> dict[str, Any]:
    return {part.id: sounds(part, score.measures) for part in score.parts}


@pytest.fixture
def ragged(tmp_path: Path) -> Document:
    """The voice has measures 1-3, the piano ends after 1, the flute begins at 2."""
    voice, piano, flute = (
        measures_xml([NOTE.format(step="G")] * count, first) for count, first in ((3, 1), (1, 1), (2, 2))
    )
    path = tmp_path / "ragged.musicxml"
    path.write_text(score_xml(Voice=voice, Piano=piano, Flute=flute), encoding="utf-8")
    return open_document(path)


STAFF_NOTE = NOTE.replace("</type>", "</type><staff>{staff}</staff>").replace(">1</voice", ">{voice}</voice")


@pytest.fixture
def organ(tmp_path: Path) -> Document:
    """An organ on three staves, with a note on each in both measures, below a voice."""
    sounding = [STAFF_NOTE.format(step="C", staff=n, voice=4 * n - 3) for n in (1, 2, 3)]
    staves = "<attributes><staves>3</staves></attributes>"
    measure = staves + "<backup><duration>4</duration></backup>".join(sounding)
    path = tmp_path / "organ.musicxml"
    voice, three = measures_xml([NOTE.format(step="G")] * 2), measures_xml([measure] * 2)
    path.write_text(score_xml(Voice=voice, Organ=three), encoding="utf-8")
    return open_document(path)


@pytest.fixture
def guitar(tmp_path: Path) -> Document:
    """A guitar of which staff 2 is tablature, silent on staff 1 in measure 2, below a voice that claps there."""
    clefs = "".join(f'<clef number="{n}"><sign>{sign}</sign></clef>' for n, sign in ((1, "G"), (2, "TAB")))
    fingers = "<backup><duration>4</duration></backup>" + STAFF_NOTE.format(step="C", staff=2, voice=5)
    first = f"<attributes><staves>2</staves>{clefs}</attributes>" + NOTE.format(step="C") + fingers
    path = tmp_path / "guitar.musicxml"
    voice, both = measures_xml([NOTE.format(step="G"), HIT]), measures_xml([first, REST + fingers])
    path.write_text(score_xml(Voice=voice, Guitar=both), encoding="utf-8")
    return open_document(path)


requests = st.fixed_dictionaries(
    {
        "work": st.sampled_from(list(WORKS)),
        "task": st.sampled_from(["fill", "into", "staff", "harmonize", "continue"]),
        "part": st.integers(0, 3),
        "first": st.integers(0, 60),
        "length": st.integers(1, 3),
        "seed": st.integers(0, 99),
    }
)


def request(wish: dict[str, Any], score: Score) -> tuple[str, dict[str, Any]]:
    """The task and options of a wish, fitted to the score."""
    first = wish["first"] % len(score.measures)
    chosen = score.measures[first : first + wish["length"]]
    measures = ",".join(measure.number for measure in chosen)
    part = str(wish["part"] % len(score.parts) + 1)
    options = {
        "fill": ("fill", {"measures": measures, "into": [part]}),
        "into": ("accompany", {"measures": measures, "into": [part], "replace": True}),
        "staff": ("accompany", {"measures": measures, "into": [f"{part}:1"], "replace": True}),
        "harmonize": ("harmonize", {"measures": measures, "part": [part]}),
        "continue": ("continue", {"count": wish["length"]}),
    }
    task, given = options[wish["task"]]
    return task, {**given, "seed": wish["seed"]}


@settings(max_examples=14, phases=(Phase.generate,))
@given(requests)
def test_the_document_becomes_the_score_and_nothing_else_changes(wish: dict[str, Any]) -> None:
    source = document(wish["work"])
    task, options = request(wish, source.score)
    take = take_of(source, task, **options)
    back = read_musicxml(take.tree.getroot(), "result")
    assert heard(back) == heard(take.score)
    written = set(take.measures)
    for old, new in zip(source.tree.iter("part"), _old_parts(source, take), strict=True):
        kept = len(source.score.measures) - (task == "continue")  # the last bar line moves
        for index, (before, after) in enumerate(zip(_measures(old), _measures(new), strict=False)):
            if index not in written and index < kept:
                assert etree.tostring(before) == etree.tostring(after), (task, index)


def _measures(part: Any) -> list[Any]:
    return list(part.iterchildren("measure"))


def _old_parts(source: Document, take: Take) -> list[Any]:
    ids = {part.id for part in source.score.parts}
    return [part for part in take.tree.iter("part") if part.get("id") in ids]


def test_fill_masks_the_chosen_cells(make_score: Make, fake_engine: Any) -> None:
    duo = open_document(make_score("duo"))
    plan = plan_for(TASKS["fill"].parse({"measures": "2", "into": ["Piano"]}), duo)
    assert plan.passage.mask == {(1, 1)}
    assert plan.parts == ("Piano",)
    assert plan_for(TASKS["fill"].parse({"measures": "2", "part": ["Piano"]}), duo).passage == plan.passage
    everything = plan_for(TASKS["fill"].parse({"measures": "2"}), duo)
    assert everything.passage.mask == {(0, 1), (1, 1)}


def test_into_refuses_notes_unless_they_may_be_replaced(make_score: Make, fake_engine: Any) -> None:
    duo = open_document(make_score("duo"))
    with pytest.raises(RequestError, match="Piano holds notes in measures 1-3"):
        plan_for(TASKS["accompany"].parse({"into": ["Piano"]}), duo)
    plan = plan_for(TASKS["accompany"].parse({"into": ["Piano"], "replace": True}), duo)
    assert plan.passage.mask == {(1, 0), (1, 1), (1, 2)}


def test_into_refuses_cue_notes_unless_they_may_be_replaced(make_score: Make, fake_engine: Any) -> None:
    duo = open_document(make_score("duo"))
    for note in duo.tree.getroot()[-1].iterdescendants("note"):
        note.insert(0, etree.Element("cue"))
    cued = open_bytes(etree.tostring(duo.tree), "cued")
    with pytest.raises(RequestError, match="Piano holds cue notes in measures 1-3"):
        plan_for(TASKS["accompany"].parse({"into": ["Piano"]}), cued)
    plan = plan_for(TASKS["accompany"].parse({"into": ["Piano"], "replace": True}), cued)
    assert plan.passage.mask == {(1, 0), (1, 1), (1, 2)}


def test_into_a_staff_keeps_the_other() -> None:
    song = document("song")
    piano = len(song.score.parts)
    take = take_of(song, "accompany", measures="9-10", into=[f"{piano}:2"], replace=True)
    for measure in (8, 9):
        upper = [[n for n in s.parts[-1].cells[measure] if n.voice < 5] for s in (song.score, take.score)]
        assert upper[0] == upper[1]
        assert song.score.parts[-1].cells[measure] != take.score.parts[-1].cells[measure]


@pytest.mark.parametrize(("task", "options"), [("fill", {"measures": "2"}), ("continue", {"count": 1})])
def test_a_third_staff_stays_as_it_was_where_no_part_is_named(
    organ: Document, task: str, options: dict[str, Any]
) -> None:
    take = take_of(organ, task, **options)
    pedal = [[n for n in cell if n.staff == 3] for cell in take.score.parts[1].cells]
    assert [len(notes) for notes in pedal] == [1, 1, 0][: len(pedal)]


@pytest.mark.parametrize(
    ("task", "options", "words", "hint"),
    [
        ("fill", {"measures": "1"}, "Guitar has tablature or percussion in measure 1", '--into "Guitar:1"'),
        (
            "accompany",
            {"measures": "2", "into": ["Guitar"]},
            "Guitar has .* in measure 2",
            '--into "Guitar:1"',
        ),
        (
            "accompany",
            {"into": ["2:2"], "replace": True},
            "Guitar has .* in measures 1-2",
            "--measures",
        ),
        ("accompany", {"measures": "2", "into": ["Voice"]}, "Voice has .* in measure 2", "--measures"),
    ],
)
def test_what_is_not_heard_is_not_written_over(
    guitar: Document, task: str, options: dict[str, Any], words: str, hint: str
) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        plan_for(TASKS[task].parse(options), guitar)
    assert hint in caught.value.hint


def test_a_staff_beside_tablature_is_written_where_it_is_named(guitar: Document) -> None:
    plan = plan_for(TASKS["accompany"].parse({"measures": "2", "into": ["Guitar:1"]}), guitar)
    assert (plan.passage.mask, plan.passage.staves) == ({(1, 1)}, {1: (1,)})


def test_tablature_is_not_continued(guitar: Document) -> None:
    assert plan_for(TASKS["continue"].parse({"count": 1}), guitar).passage.staves == {1: (1,)}


@pytest.mark.parametrize(
    ("into", "staves"),
    [
        (["Organ:1", "Organ:2"], {1: (1, 2)}),
        (["Organ:2", "Organ"], {1: (1, 2)}),
        (["Organ:2", "2:2"], {1: (2,)}),
        (["Organ:1", "Voice"], {1: (1,)}),
    ],
)
def test_all_that_is_named_of_a_part_is_written(
    organ: Document, into: list[str], staves: dict[int, tuple[int, ...]]
) -> None:
    plan = plan_for(TASKS["fill"].parse({"measures": "2", "into": into}), organ)
    assert plan.passage.staves == staves
    assert len(set(plan.parts)) == len(plan.parts) == len(plan.passage.mask)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"into": ["Piano:3"], "replace": True}, ["Piano has one staff"]),
        ({"into": ["Piano:0"], "replace": True}, ["staff 0 cannot be written"]),
        ({"into": ["Organ"]}, ["Organ", "1 Violin", "2 Piano"]),
        ({"replace": True}, ["replace", "into"]),
    ],
)
def test_what_cannot_be_written_into(make_score: Make, options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(RequestError) as caught:
        plan_for(TASKS["accompany"].parse(options), open_document(make_score("duo")))
    assert all(word in caught.value.message for word in words)


def test_percussion_is_not_written_into(make_score: Make) -> None:
    with pytest.raises(RequestError, match="no notes with a pitch"):
        plan_for(TASKS["fill"].parse({"measures": "1", "into": ["1"]}), open_document(make_score("drums")))


def test_filling_everything_leaves_nothing_to_go_by(make_score: Make) -> None:
    melody = open_document(make_score())
    with pytest.raises(EmptyScoreError, match="are to be written anew") as caught:
        plan_for(TASKS["fill"].parse({"measures": "1-4"}), melody)
    assert "--measures" in caught.value.hint
    with pytest.raises(EmptyScoreError):
        plan_for(TASKS["fill"].parse({"measures": "1-4", "vary": 1}), melody)


def test_a_melody_may_be_varied_from_end_to_end(make_score: Make) -> None:
    melody = open_document(make_score())
    plan = plan_for(TASKS["fill"].parse({"measures": "1-4", "vary": 0.5}), melody)
    assert plan.passage.mask == {(0, measure) for measure in range(4)}


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [("continue", {"count": 2}, "go on"), ("harmonize", {}, "harmonize in measures 1-4")],
)
def test_what_goes_by_notes_wants_some(
    task: str, options: dict[str, Any], words: str, make_score: Make
) -> None:
    path = make_score()
    tree = etree.parse(path)
    for note in tree.iterfind("part/measure/note"):
        note.replace(note[0], etree.Element("rest"))
    chord = "<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>"
    tree.find("part/measure").append(etree.fromstring(chord))
    tree.write(path)
    with pytest.raises(EmptyScoreError, match=words):
        plan_for(TASKS[task].parse(options), open_document(path))


def test_one_voice_is_harmonized_and_the_message_tells_which_there_are(make_score: Make) -> None:
    with pytest.raises(RequestError, match="2 parts are to be harmonized: 1 Violin, 2 Piano") as caught:
        plan_for(TASKS["harmonize"].parse({"part": ["1", "2"]}), open_document(make_score("duo")))
    assert "number" in caught.value.hint


def test_a_part_of_one_staff_is_written_without_a_colon(make_score: Make) -> None:
    with pytest.raises(RequestError) as caught:
        plan_for(
            TASKS["fill"].parse({"measures": "1", "into": ["Piano:2"]}), open_document(make_score("duo"))
        )
    assert caught.value.hint == "Leave the colon away."


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("fill", {"measures": "1-3", "into": ["Piano"]}, "Piano has no measures 2-3"),
        ("fill", {"measures": "3", "into": ["Piano"], "vary": 0.5}, "Piano has no measure 3"),
        ("fill", {"measures": "1-2"}, "Piano has no measure 2"),
        ("fill", {"measures": "1", "into": ["Flute"]}, "Flute has no measure 1"),
        ("accompany", {"measures": "2", "into": ["Piano"]}, "Piano has no measure 2"),
        ("harmonize", {"staves": 2, "part": ["Piano"]}, "Piano has no measures 2-3"),
    ],
)
def test_measures_that_a_part_has_not_are_refused_before_anything_is_written(
    ragged: Document, task: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(RequestError) as caught:
        plan_for(TASKS[task].parse(options), ragged)
    assert caught.value.message == words
    assert "--measures" in caught.value.hint


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("fill", {"measures": "1", "into": ["Piano"]}),
        ("fill", {"measures": "2-3", "into": ["Flute"]}),
        ("accompany", {"add": ["organ"]}),
        ("harmonize", {"part": ["Piano"]}),
        ("harmonize", {"staves": 2, "measures": "1", "part": ["Piano"]}),
    ],
)
def test_a_part_that_ends_early_is_written_where_it_has_measures(
    ragged: Document, task: str, options: dict[str, Any]
) -> None:
    take = take_of(ragged, task, **options)
    assert read_musicxml(take.tree.getroot(), "result").measures == take.score.measures


def test_where_the_rhythm_is_kept_nothing_comes_into_measures_that_are_not_there(ragged: Document) -> None:
    options = TASKS["fill"].parse({"measures": "1-3", "into": ["Piano"], "rhythm": "keep"})
    assert plan_for(options, ragged).measures == (0, 1, 2)


def test_what_is_harmonized_is_a_voice_of_the_choir(make_score: Make) -> None:
    options = TASKS["harmonize"].parse({"part": ["Violin"]})
    assert plan_for(options, open_document(make_score("duo"))).passage.choir == {0}


def test_harmonizing_puts_each_voice_on_a_staff(make_score: Make, fake_engine: Any) -> None:
    take = take_of(open_document(make_score("duo")), "harmonize")
    assert [part.name for part in take.score.parts] == ["Violin", "Alto", "Tenor", "Bass", "Piano"]
    assert take.parts == ("Alto", "Tenor", "Bass")


def test_harmonizing_on_two_staves(make_score: Make) -> None:
    take = take_of(open_document(make_score()), "harmonize", staves=2)
    assert [(part.name, {n.voice for c in part.cells for n in c}) for part in take.score.parts] == [
        ("Voice", {1, 2}),
        ("Tenor Bass", {1, 2}),
    ]
    assert [clef.findtext("sign") for clef in take.tree.iter("clef")] == ["G", "F"]
    assert not check(take.tree)


def named(make_score: Make, name: str) -> Document:
    """A score of one part of that name."""
    path = make_score()
    path.write_text(path.read_text("utf-8").replace("<part-name>Voice", f"<part-name>{name}"), "utf-8")
    return open_document(path)


@pytest.mark.parametrize(
    ("given", "options", "parts"),
    [
        ("Bass", {}, ["Soprano", "Alto", "Tenor", "Bass"]),
        ("Tenor", {"add": ["bass", "alto"]}, ["Alto", "Tenor", "Bass"]),
        ("Tenor", {"staves": 2}, ["Soprano Alto", "Tenor"]),
        ("Tenor", {"staves": 2, "add": ["soprano", "bass"]}, ["Soprano", "Tenor"]),
        ("Alto", {"staves": 2, "add": ["tenor", "bass"]}, ["Alto", "Tenor Bass"]),
        ("Soprano", {"add": ["soprano"]}, ["Soprano", "Soprano 2"]),
    ],
)
def test_the_voices_of_a_choir_stand_in_their_order(
    make_score: Make, given: str, options: dict[str, Any], parts: list[str]
) -> None:
    take = take_of(named(make_score, given), "harmonize", **options)
    assert [part.name for part in take.score.parts] == parts
    assert not check(take.tree)


def test_a_higher_voice_is_not_put_under_the_given_one(make_score: Make) -> None:
    with pytest.raises(RequestError, match="Tenor is higher"):
        plan_for(TASKS["harmonize"].parse({"staves": 2}), named(make_score, "Bass"))


def test_a_staff_of_two_voices_has_no_room_for_an_alto() -> None:
    with pytest.raises(RequestError, match="Piano has 2 staves"):
        plan_for(TASKS["harmonize"].parse({"staves": 2, "part": ["2"]}), document("song"))
    divisi = open_document(CORPUS / "demos/two-voices.xml")
    with pytest.raises(RequestError, match="no room"):
        plan_for(TASKS["harmonize"].parse({"staves": 2}), divisi)


def test_only_voices_of_a_choir_are_harmonized() -> None:
    with pytest.raises(RequestError, match="tuba"):
        TASKS["harmonize"].parse({"add": ["tuba"]})
    assert TASKS["harmonize"].parse({"add": ["Bass"]}).instruments == ("bass-voice",)


def test_continuing_appends_measures_in_every_part(make_score: Make) -> None:
    take = take_of(open_document(make_score("duo")), "continue", count=2)
    assert [m.number for m in take.score.measures] == ["1", "2", "3", "4", "5"]
    assert take.measures == (3, 4)
    assert [len(part.findall("measure")) for part in take.tree.iter("part")] == [5, 5]


def test_measures_that_are_not_counted_are_continued_by_those_that_are() -> None:
    song = open_bytes(SONG.replace('number="4"', f'number="{"9" * 5000}"').encode(), "song.musicxml")
    assert [measure.number for measure in take_of(song, "continue", count=2).score.measures[4:]] == ["4", "5"]


def test_a_score_whose_parts_begin_late_or_end_early_is_continued(ragged: Document) -> None:
    take = take_of(ragged, "continue", count=2)
    assert [len(part.findall("measure")) for part in take.tree.iter("part")] == [5, 5, 4]
    assert read_musicxml(take.tree.getroot(), "result").measures == take.score.measures


def test_a_last_measure_short_for_a_pickup_is_completed_first() -> None:
    greensleeves = open_document(Path("examples/greensleeves.musicxml"))
    score = greensleeves.score
    assert score.measures[-1].duration < score.measures[-1].metre.duration
    take = take_of(greensleeves, "continue", count=1)
    rest, full = take.score.measures[-2:]
    assert score.measures[-1].duration + rest.duration == full.duration == full.metre.duration
    assert rest.implicit
    assert not full.implicit


def test_suggested_chords_stand_above_the_written_measures(make_score: Make, fake_engine: Any) -> None:
    lead = open_document(make_score("lead"))
    assert take_of(lead, "accompany", chords="suggest").score.measures == lead.score.measures
    song = open_document(CORPUS / WORKS["chorale"])
    take = take_of(song, "fill", measures="2-3", into=["4"], chords="suggest")
    back = read_musicxml(take.tree.getroot(), "result")
    assert back.measures == take.score.measures
    assert [bool(measure.chords) for measure in back.measures[:5]] == [False, False, True, True, False]
    longer = take_of(song, "continue", count=2, chords="suggest")
    assert read_musicxml(longer.tree.getroot(), "result").measures == longer.score.measures
    assert longer.score.measures[-2].chords
