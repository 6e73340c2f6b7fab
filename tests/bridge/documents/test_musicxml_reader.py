from __future__ import annotations

from fractions import Fraction as F

import pytest
from lxml import etree

from bridge.documents.musicxml_reader import read_musicxml
from bridge.errors import InputError
from engine.pitch import Interval
from engine.score import Note, NoteValue, Score, Tuplet


def note(pitch: str, duration: object, inner: str = "", tail: str = "") -> str:
    """A note such as ``note("C4", 2)``; ``inner`` goes before the pitch, ``tail`` after the duration."""
    alter = "<alter>1</alter>" if "#" in pitch else "<alter>-1</alter>" if "b" in pitch else ""
    place = f"<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>"
    return f"<note>{inner}{place}<duration>{duration}</duration>{tail}</note>"


def rest(duration: object, whole: bool = False) -> str:
    attribute = ' measure="yes"' if whole else ""
    return f"<note><rest{attribute}/><duration>{duration}</duration></note>"


def attributes(inner: str = "", divisions: object = 1) -> str:
    return f"<attributes><divisions>{divisions}</divisions>{inner}</attributes>"


TIME = "<time><beats>{}</beats><beat-type>{}</beat-type></time>"
BACKUP = "<backup><duration>{}</duration></backup>"
FORWARD = "<forward><duration>{}</duration></forward>"


def part(*measures: str, first: int = 1) -> str:
    """Measures numbered from ``first``; one that starts with "<measure" is taken as it is."""
    return "".join(
        m if m.startswith("<measure") else f'<measure number="{first + i}">{m}</measure>'
        for i, m in enumerate(measures)
    )


def read(*parts: str, names: tuple[str, ...] = (), head: str = "") -> Score:
    labels = names + ("",) * (len(parts) - len(names))
    listed = "".join(
        f'<score-part id="P{i}"><part-name>{name}</part-name></score-part>'
        for i, name in enumerate(labels, 1)
    )
    bodies = "".join(f'<part id="P{i}">{body}</part>' for i, body in enumerate(parts, 1))
    text = f"<score-partwise>{head}<part-list>{listed}</part-list>{bodies}</score-partwise>"
    return read_musicxml(etree.fromstring(text), "song.xml")


def notes(score: Score, part: int = 0) -> list[Note]:
    return [n for cell in score.parts[part].cells for n in cell]


def brief(score: Score, part: int = 0) -> list[tuple[object, object, str]]:
    return [(n.onset, n.duration, str(n.pitch)) for n in notes(score, part)]


def test_divisions_change_between_notes() -> None:
    score = read(part(attributes() + note("C4", 1) + attributes(divisions=4) + note("D4", 1) + note("E4", 3)))
    assert brief(score) == [(0, 1, "C4"), (1, F(1, 4), "D4"), (F(5, 4), F(3, 4), "E4")]


def test_divisions_persist_and_may_be_decimal() -> None:
    score = read(part(attributes(divisions="0.5") + note("C4", 1), note("D4", "0.25")))
    assert [n.duration for n in notes(score)] == [2, F(1, 2)]


def test_backup_forward_chords_and_voices() -> None:
    upper = note("C5", 2, tail="<voice>1</voice>") + note("E5", 2, "<chord/>", "<voice>1</voice>")
    lower = BACKUP.format(2) + FORWARD.format(1) + note("G4", 1, tail="<voice>2</voice>")
    score = read(part(attributes() + upper + lower))
    assert [(n.voice, str(n.pitch)) for n in notes(score)] == [(1, "C5"), (1, "E5"), (2, "G4")]
    assert [n.onset for n in notes(score)] == [0, 0, 1]


def test_backup_before_the_measure_stops_at_its_start() -> None:
    assert brief(read(part(attributes() + note("C4", 1) + BACKUP.format(9) + note("D4", 1))))[1][0] == 0


def test_comments_and_unknown_elements_are_passed_over() -> None:
    score = read(part(attributes() + "<!-- x --><?y?><print/><sound/>" + note("C4", 1, "<!-- z -->")))
    assert brief(score) == [(0, 1, "C4")]


def staff_note(pitch: str, voice: str, staff: int) -> str:
    return note(pitch, 1, tail=f"<voice>{voice}</voice><staff>{staff}</staff>")


def voices(*labels_and_staves: tuple[str, int]) -> list[int]:
    body = "".join(staff_note("C4", label, staff) for label, staff in labels_and_staves)
    return [n.voice for n in notes(read(part(attributes("<staves>2</staves>") + body)))]


@pytest.mark.parametrize(
    ("labels_and_staves", "expected"),
    [
        ([("1", 1), ("2", 1), ("5", 2), ("6", 2)], [1, 2, 5, 6]),
        ([("1", 1), ("2", 2), ("3", 2)], [1, 5, 6]),  # labels that run through all staves
        ([("2", 1), ("soprano", 1), ("", 1)], [2, 1, 3]),
        ([("5", 2), ("1", 2)], [5, 6]),
        ([("5", 2), ("5", 2), ("5", 1)], [5, 5, 5]),  # crosses over, keeps its home
        ([("1", 1), ("1", 2), ("1", 2), ("5", 2)], [1, 1, 1, 5]),  # is mostly on the other side
        ([("1", 1), ("2", 2), ("2", 2), ("2", 1)], [1, 5, 5, 5]),  # labels do not count four to a staff here
        ([("9", 1), ("1", 1)], [2, 1]),  # a later label keeps its own number
    ],
)
def test_voice_numbers(labels_and_staves: list[tuple[str, int]], expected: list[int]) -> None:
    assert voices(*labels_and_staves) == expected


def test_fifth_voice_of_a_staff_joins_the_fourth_and_is_reported() -> None:
    body = "".join(staff_note("C4", str(v), 1) for v in range(1, 6))
    score = read(part(attributes() + body), names=("Organ",))
    assert [n.voice for n in notes(score)] == [1, 2, 3, 4, 4]
    assert score.losses == ("Organ: 1 voices beyond the fourth of a staff merged into it",)


def test_label_used_on_two_staves_at_once_is_two_voices() -> None:
    score = read(part(attributes() + staff_note("C5", "1", 1) + BACKUP.format(1) + staff_note("C3", "1", 2)))
    assert [(n.voice, n.staff) for n in notes(score)] == [(5, 2), (1, 1)]
    assert score.parts[0].staves == 2


def test_cross_staff_note_keeps_its_voice() -> None:
    body = staff_note("C5", "1", 1) + staff_note("D5", "1", 1) + staff_note("C3", "1", 2)
    assert [(n.voice, n.staff) for n in notes(read(part(attributes() + body)))] == [(1, 1), (1, 1), (1, 2)]


TRIPLET = (
    "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification>"
)


@pytest.mark.parametrize(
    ("divisions", "length", "tail", "duration", "tuplet"),
    [
        (3, 1, "<type>eighth</type>" + TRIPLET, F(1, 3), Tuplet(3, 2)),
        (3, 1, "", F(1, 3), Tuplet(3, 2)),  # not said, derived
        (5, 1, "<type>16th</type>", F(1, 5), Tuplet(5, 4)),
        (2, 1, "<type>eighth</type>" + TRIPLET, F(1, 3), Tuplet(3, 2)),  # cannot be counted, rounded up
        (480, 69, "<type>16th</type>" + TRIPLET.replace("3", "7").replace("2<", "4<"), F(1, 7), Tuplet(7, 4)),
        (6, 6, "<type>eighth</type>" + TRIPLET, F(1), Tuplet(1, 1)),  # contradiction: the duration counts
        (2, 1, "<type>quarter</type>" + TRIPLET.replace("3", "2").replace("2</n", "1</n"), F(1, 2), Tuplet()),
        (4, 3, "<type>eighth</type><dot/>", F(3, 4), Tuplet()),
        (4, 5, "", F(5, 4), Tuplet()),  # no single value
        (1, 3, "<type>quarter</type>", F(3), Tuplet()),
    ],
)
def test_length_and_tuplet(divisions: int, length: int, tail: str, duration: F, tuplet: Tuplet) -> None:
    found = notes(read(part(attributes(divisions=divisions) + note("C4", length, tail=tail))))[0]
    assert (found.duration, found.tuplet) == (duration, tuplet)
    assert (NoteValue.from_duration(duration, tuplet) is None) == (duration == F(5, 4))


def test_rounded_septuplet_fills_its_beat_exactly() -> None:
    septuplet = TRIPLET.replace("3", "7").replace("2<", "4<")
    lengths = (69, 68, 69, 68, 69, 68, 69)
    body = "".join(note("C4", n, tail="<type>16th</type>" + septuplet) for n in lengths) + note("D4", 480)
    score = read(part(attributes(divisions=480) + body + BACKUP.format(960) + note("E4", 960)))
    assert [n.onset for n in notes(score) if n.pitch.step == "D"] == [1]
    assert [n.onset for n in notes(score) if n.pitch.step == "E"] == [0]


def tie(kind: str) -> str:
    return f'<tie type="{kind}"/>'


@pytest.mark.parametrize(
    ("first", "second", "tied"),
    [
        (note("C4", 4, tail=tie("start")), note("C4", 4, tail=tie("stop")), True),
        (note("C4", 4), note("C4", 4, tail='<notations><tied type="stop"/></notations>'), True),
        (note("C#4", 4), note("Db4", 4, tail=tie("stop")), True),  # the same sound
        (note("C4", 4), note("D4", 4, tail=tie("stop")), False),
        (note("C4", 3) + rest(1), note("C4", 4, tail=tie("stop")), False),
        (rest(4, whole=True), note("C4", 4, tail=tie("stop")), False),
        (note("C4", 4), note("C4", 4, tail=tie("start")), False),
        (note("C4", 4), note("C4", 4), False),
        (note("C4", 4), note("C4", 2) + BACKUP.format(1) + note("C4", 2, tail=tie("stop")), False),
    ],
)
def test_tie_needs_a_note_that_ends_there(first: str, second: str, tied: bool) -> None:
    assert notes(read(part(attributes(TIME.format(4, 4)) + first, second)))[-1].tied is tied


def test_tie_inside_a_measure() -> None:
    assert [
        n.tied for n in notes(read(part(attributes() + note("C4", 1) + note("C4", 1, tail=tie("stop")))))
    ] == [
        False,
        True,
    ]


def test_grace_cue_and_zero_notes_are_left_out_and_counted() -> None:
    grace = "<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>"
    score = read(
        part(attributes() + grace + note("E4", 1, "<cue/>") + note("F4", 0) + note("C4", 1)), names=("A",)
    )
    assert brief(score) == [(1, 1, "C4")]
    assert score.losses == (
        "A: 1 grace notes left out",
        "A: 1 cue notes left out",
        "A: 1 notes without length left out",
    )


def test_microtone_is_rounded_and_counted() -> None:
    quarter_sharp = (
        "<note><pitch><step>C</step><alter>0.8</alter><octave>4</octave></pitch><duration>1</duration></note>"
    )
    score = read(part(attributes() + quarter_sharp))
    assert brief(score) == [(0, 1, "C#4")]
    assert score.losses == ("P1: 1 microtones rounded",)


UNPITCHED = "<note><unpitched/><duration>1</duration></note>"
CLEF = '<clef number="{}"><sign>{}</sign></clef>'


@pytest.mark.parametrize(
    ("body", "pitched"),
    [
        (attributes() + UNPITCHED, False),
        (attributes(CLEF.format(1, "percussion")) + note("C4", 1), False),
        (attributes(CLEF.format(1, "TAB")) + note("C4", 1), False),
        (attributes(CLEF.format(1, "percussion")) + rest(4), False),
        (attributes(CLEF.format(1, "G")) + rest(4), True),
    ],
)
def test_percussion_and_tablature_are_not_listened_to(body: str, pitched: bool) -> None:
    found = read(part(body)).parts[0]
    assert found.pitched is pitched
    assert found.cells == ((),)


def test_tablature_staff_that_doubles_a_pitched_one() -> None:
    clefs = "<staves>2</staves>" + CLEF.format(1, "G") + CLEF.format(2, "TAB")
    body = staff_note("C4", "1", 1) + BACKUP.format(1) + staff_note("C4", "5", 2)
    found = read(part(attributes(clefs) + body)).parts[0]
    assert found.pitched and [n.staff for n in found.cells[0]] == [1]


def transpose(diatonic: object, chromatic: int, octaves: int = 0, number: str = "") -> str:
    said = "" if diatonic is None else f"<diatonic>{diatonic}</diatonic>"
    change = f"<octave-change>{octaves}</octave-change>"
    return f"<transpose{number}>{said}<chromatic>{chromatic}</chromatic>{change}</transpose>"


@pytest.mark.parametrize(
    ("element", "sounding", "interval"),
    [
        (transpose(-1, -2), "Bb3", Interval(-1, -2)),
        (transpose(None, -2), "Bb3", Interval(-1, -2)),
        (transpose(0, -2), "Bb3", Interval(-1, -2)),  # diatonic contradicts chromatic
        (transpose(-4, -7), "F3", Interval(-4, -7)),
        (transpose(0, 0, -1), "C3", Interval(-7, -12)),
        (transpose(None, -9, -1), "Eb2", Interval(-12, -21)),
        (transpose(None, 3), "Eb4", Interval(2, 3)),
        ("<clef><sign>G</sign><clef-octave-change>-1</clef-octave-change></clef>", "C4", Interval()),
    ],
)
def test_transposition(element: str, sounding: str, interval: Interval) -> None:
    score = read(part(attributes(element) + note("C4", 1)))
    assert brief(score) == [(0, 1, sounding)]
    assert score.parts[0].transposition == interval


def test_transposition_changes_midway_and_the_first_is_kept() -> None:
    change = f"<attributes>{transpose(-2, -3)}</attributes>"
    score = read(part(attributes(transpose(-1, -2)) + note("C5", 1) + change + note("C5", 1)))
    assert [str(n.pitch) for n in notes(score)] == ["Bb4", "A4"]
    assert score.parts[0].transposition == Interval(-1, -2)


def test_transposition_of_one_staff() -> None:
    only_second = transpose(-7, -12, 0, ' number="2"')
    body = staff_note("C4", "1", 1) + staff_note("C4", "5", 2)
    assert [str(n.pitch) for n in notes(read(part(attributes(only_second) + body)))] == ["C4", "C3"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (note("H4", 1), "step 'H'"),
        ("<note><pitch><octave>4</octave></pitch><duration>1</duration></note>", "step ''"),
        ("<note><pitch><step>C</step></pitch><duration>1</duration></note>", "octave is missing"),
        (note("C4", 1).replace("<octave>4", "<octave>44"), "octave"),
        (note("C#4", 1).replace("<alter>1", "<alter>7"), "alter is 7"),
        (note("C#4", 1).replace("<alter>1", "<alter>x"), "alter is 'x'"),
        (note("C4", -1), "duration is -1"),
        (note("C4", "1e9999999"), "duration"),
        (note("C4", "9" * 5000), "duration"),
        (note("C4", 99999), "4096"),
        (note("C4", 4000) * 2, "4096"),
        ("<note><pitch><step>C</step><octave>4</octave></pitch></note>", "neither duration nor type"),
        ("<note><duration>1</duration></note>", "neither pitch nor rest"),
        (note("C4", 1, tail="<staff>1000000</staff>"), "staff"),
        (attributes(divisions=0), "divisions"),
        (attributes(divisions=-1), "divisions"),
        (attributes("<staves>1000000</staves>"), "staves"),
        (attributes("<time><beats>4</beats></time>"), "time signature"),
        (attributes(TIME.format(4, 3)), "beat-type"),
        (attributes(TIME.format("x", 4)), "beats"),
        (attributes(transpose(0, 999)), "chromatic"),
        ("<backup><duration/></backup>", "duration is missing"),
        ("<harmony><root><root-step>X</root-step></root><kind>major</kind></harmony>", "root 'X'"),
    ],
)
def test_nonsense_is_named_with_its_place(bad: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(part(attributes() + note("C4", 1), bad))
    assert caught.value.message.startswith("song.xml: part P1, measure 2: ")
    assert words in caught.value.message
    assert len(caught.value.message) < 150
