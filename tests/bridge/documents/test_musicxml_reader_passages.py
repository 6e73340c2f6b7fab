"""What real scores hold, passage by passage: each is read as a listener would count it."""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from lxml import etree

from bridge.documents.musicxml_reader import read_musicxml
from engine.pitch import Interval
from engine.score import Key, Metre, Score, Tuplet

KEY = "<key{}><fifths>{}</fifths></key>"
TIME = "<time{}><beats>{}</beats><beat-type>{}</beat-type></time>"
CLEF = "<clef{}><sign>{}</sign></clef>"
BACKUP = "<backup><duration>{}</duration></backup>"
FORWARD = "<forward><duration>{}</duration><voice>1</voice><staff>1</staff></forward>"
FOUR_FOUR = TIME.format("", 4, 4)


def attributes(*inner: str, divisions: int = 1) -> str:
    return f"<attributes><divisions>{divisions}</divisions>{''.join(inner)}</attributes>"


def change(*inner: str) -> str:
    return f"<attributes>{''.join(inner)}</attributes>"


def note(pitch: str, duration: object, before: str = "", after: str = "") -> str:
    place = f"<pitch><step>{pitch[0]}</step><octave>{pitch[-1]}</octave></pitch>"
    return f"<note>{before}{place}<duration>{duration}</duration>{after}</note>"


def rest(duration: object, after: str = "", whole: bool = False) -> str:
    attribute = ' measure="yes"' if whole else ""
    return f"<note><rest{attribute}/><duration>{duration}</duration>{after}</note>"


def transpose(diatonic: int, chromatic: int, more: str = "") -> str:
    return f"<transpose><diatonic>{diatonic}</diatonic><chromatic>{chromatic}</chromatic>{more}</transpose>"


def part(*measures: str) -> str:
    return "".join(f'<measure number="{i}">{m}</measure>' for i, m in enumerate(measures, 1))


def read(*parts: str, head: str = "", ids: str = "12345") -> Score:
    listed = "".join(f'<score-part id="P{i}"><part-name>Part {i}</part-name></score-part>' for i in ids)
    bodies = "".join(f'<part id="P{i}">{body}</part>' for i, body in enumerate(parts, 1))
    text = f"<score-partwise>{head}<part-list>{listed}</part-list>{bodies}</score-partwise>"
    return read_musicxml(etree.fromstring(text), "song.xml")


def sounds(score: Score, part: int = 0) -> list[list[tuple[F, str]]]:
    return [[(n.onset, str(n.pitch)) for n in cell] for cell in score.parts[part].cells]


def keys(*measures: str) -> list[int]:
    return [m.key.fifths for m in read(part(*measures)).measures]


# Keys


@pytest.mark.parametrize(
    ("accidentals", "fifths", "usual"),
    [
        ("F1 C1", 2, True),
        ("C1 F1", 2, True),
        ("B-1 E-1 A-1", -3, True),
        ("F1 C1 G1 D1 A1 E1 B1", 7, True),
        ("B-1 F1", 5, False),
        ("E-1", 5, False),
        ("F1 C2", 5, False),
        ("F0.5", 5, False),
    ],
)
def test_key_of_single_accidentals(accidentals: str, fifths: int, usual: bool) -> None:
    said = [f"<key-step>{a[0]}</key-step><key-alter>{a[1:]}</key-alter>" for a in accidentals.split()]
    score = read(
        part(
            attributes(KEY.format("", 5)) + note("C4", 4),
            change(f"<key>{''.join(said)}</key>") + note("C4", 4),
        )
    )
    assert score.measures[1].key == Key(fifths)
    assert score.losses == (() if usual else ("Part 1: 1 unusual key signatures left out",))


def test_key_of_another_staff() -> None:
    same = attributes(KEY.format(' number="1"', 2), KEY.format(' number="2"', 2), "<staves>2</staves>")
    other = change(KEY.format(' number="2"', -1))
    score = read(part(same + note("C4", 4), other + note("C4", 4)))
    assert [m.key.fifths for m in score.measures] == [2, 2]
    assert score.losses == ("Part 1: 1 keys of single staves left out",)


def test_metre_of_another_staff() -> None:
    times = attributes(FOUR_FOUR, TIME.format(' number="2"', 12, 8))
    score = read(part(times + note("C4", 4)))
    assert score.measures[0].metre == Metre(4, 4)
    assert score.losses == ("Part 1: 1 metres of single staves left out",)


def test_another_clarinet() -> None:
    flat = attributes(KEY.format("", 2), transpose(-1, -2)) + note("D4", 4)
    a = change(KEY.format("", -3), transpose(-2, -3)) + note("E4", 4)
    score = read(part(flat, a, note("E4", 4)))
    assert sounds(score) == [[(0, "C4")], [(0, "C#4")], [(0, "C#4")]]
    assert [m.key.fifths for m in score.measures] == [0, 0, 0]
    assert score.parts[0].transposition == Interval(-1, -2)


def test_doubling_at_the_octave_is_reported() -> None:
    score = read(
        part(attributes(transpose(0, 0, "<octave-change>-1</octave-change><double/>")) + note("C4", 4))
    )
    assert sounds(score) == [[(0, "C3")]]
    assert score.losses == ("Part 1: 1 doublings at the octave left out",)


def test_score_at_concert_pitch_sounds_as_it_is_written() -> None:
    head = "<defaults><concert-score/></defaults>"
    for_part = (
        "<for-part><part-clef><sign>G</sign></part-clef><part-transpose><diatonic>-1</diatonic>"
        "<chromatic>-2</chromatic></part-transpose></for-part>"
    )
    score = read(part(attributes(KEY.format("", 0), for_part) + note("C4", 4)), head=head)
    assert sounds(score) == [[(0, "C4")]] and score.measures[0].key == Key(0)
    assert score.parts[0].transposition == Interval()


# Measures


def test_changes_inside_a_measure_count_from_the_next() -> None:
    inside = attributes(FOUR_FOUR) + note("C4", 2) + change(TIME.format("", 3, 4)) + note("D4", 3)
    score = read(part(inside, note("C4", 3)))
    assert [(m.metre.beats, m.duration) for m in score.measures] == [(4, 5), (3, 3)]
    assert score.losses == ("Part 1: 1 changes of key or metre inside a measure count from the next one",)


def test_change_at_the_end_is_no_loss_though_a_voice_begins_again() -> None:
    end = (
        note("C4", 4) + change(KEY.format("", 3)) + BACKUP.format(4) + note("C3", 4, after="<voice>2</voice>")
    )
    assert read(part(attributes(FOUR_FOUR) + end, note("C4", 4))).losses == ()
    assert keys(attributes(FOUR_FOUR) + end, note("C4", 4)) == [0, 3]


@pytest.mark.parametrize(
    ("beats", "unit", "length"), [(5, 8, F(5, 2)), (7, 8, F(7, 2)), (3, 2, 6), (1, 16, F(1, 4))]
)
def test_uneven_and_rare_metres(beats: int, unit: int, length: F) -> None:
    score = read(part(attributes(TIME.format("", beats, unit)), rest(1, whole=True)))
    assert [m.duration for m in score.measures] == [length, length]


def test_senza_misura_without_a_note() -> None:
    senza = attributes("<time><senza-misura>X</senza-misura></time>")
    score = read(part(senza + rest(7, whole=True), FORWARD.format(5), rest(2) + rest(9, "<type>long</type>")))
    assert [m.duration for m in score.measures] == [7, 5, 11]


def test_multiple_rest() -> None:
    style = "<measure-style><multiple-rest>3</multiple-rest></measure-style>"
    score = read(
        part(attributes(FOUR_FOUR, style) + rest(4, whole=True), rest(4, whole=True), rest(4, whole=True))
    )
    assert [m.duration for m in score.measures] == [4, 4, 4]
    assert score.losses == ()


def test_measure_repeat_is_not_played_out_and_reported() -> None:
    style = '<measure-style><measure-repeat type="{}">1</measure-repeat></measure-style>'
    score = read(
        part(
            attributes(FOUR_FOUR) + note("C4", 4), change(style.format("start")), change(style.format("stop"))
        )
    )
    assert score.losses == ("Part 1: 1 repeat signs for single measures or beats not played out",)


@pytest.mark.parametrize(("implicit", "duration"), [("yes", 1), ("no", 4)])
def test_measure_of_nothing_but_a_forward(implicit: str, duration: int) -> None:
    body = f'<measure number="0" implicit="{implicit}">{attributes(FOUR_FOUR)}{FORWARD.format(1)}</measure>'
    score = read(body + part(note("C4", 4)))
    assert score.measures[0].duration == duration
    assert score.measures[0].implicit is (implicit == "yes")


def test_forward_stands_in_for_rests() -> None:
    upper = FORWARD.format(1) + note("E4", 1) + FORWARD.format(2)
    lower = BACKUP.format(4) + FORWARD.format(3) + note("C3", 1, after="<voice>2</voice>")
    score = read(part(attributes(FOUR_FOUR) + upper + lower))
    assert sounds(score) == [[(1, "E4"), (3, "C3")]]


def test_measures_of_several_lengths() -> None:
    short, long = attributes(FOUR_FOUR) + note("C4", 2), attributes(FOUR_FOUR) + note("C4", 3)
    assert read(part(short), part(long), part(attributes(FOUR_FOUR))).measures[0].duration == 3


def test_roadmap_signs_move_no_note() -> None:
    signs = (
        "<direction><direction-type><segno/></direction-type></direction>"
        '<direction><direction-type><words>D.S. al Coda</words></direction-type><sound dalsegno="s"/></direction>'
        '<barline location="right"><coda/><bar-style>light-light</bar-style></barline>'
    )
    score = read(part(attributes(FOUR_FOUR) + note("C4", 2) + signs + note("D4", 2)))
    assert sounds(score) == [[(0, "C4"), (2, "D4")]]
    assert not score.measures[0].end_repeat


def test_second_ending_after_the_first() -> None:
    def ending(number: str, kind: str, location: str, more: str = "") -> str:
        return f'<barline location="{location}"><ending number="{number}" type="{kind}"/>{more}</barline>'

    first = (
        ending("1", "start", "left")
        + note("C4", 4)
        + ending("1", "stop", "right", '<repeat direction="backward"/>')
    )
    second = ending("2", "start", "left") + note("C4", 4) + ending("2", "discontinue", "right")
    score = read(part(attributes(FOUR_FOUR) + note("C4", 4), first, second, note("C4", 4)))
    assert [(m.endings, m.end_repeat) for m in score.measures] == [
        ((), False),
        ((1,), True),
        ((2,), False),
        ((), False),
    ]


# Parts


def test_divisions_differ_per_part_and_midway() -> None:
    odd = part(
        attributes(divisions=3) + note("C4", 1) + note("D4", 2), attributes(divisions=10) + note("E4", 5)
    )
    even = part(attributes(divisions=480) + note("C4", 240), note("D4", 960))
    score = read(odd, even)
    assert [[n.duration for n in cell] for cell in score.parts[0].cells] == [[F(1, 3), F(2, 3)], [F(1, 2)]]
    assert [[n.duration for n in cell] for cell in score.parts[1].cells] == [[F(1, 2)], [2]]


def test_parts_without_measures_without_a_listing_and_listed_without_a_part() -> None:
    score = read(
        part(attributes() + note("C4", 4), note("D4", 4)), "", part(attributes() + note("E4", 4)), ids="19"
    )
    assert [(p.id, p.name, len(p.cells), p.pitched) for p in score.parts] == [
        ("P1", "Part 1", 2, True),
        ("P2", "", 2, True),
        ("P3", "", 2, True),
    ]
    assert sounds(score, 1) == [[], []]
    assert sounds(score, 2) == [[(0, "E4")], []]


def test_organ_with_three_staves() -> None:
    def on(pitch: str, voice: int, staff: int) -> str:
        return note(pitch, 4, after=f"<voice>{voice}</voice><staff>{staff}</staff>")

    body = on("C5", 1, 1) + BACKUP.format(4) + on("C4", 5, 2) + BACKUP.format(4) + on("C2", 9, 3)
    score = read(part(attributes(FOUR_FOUR, "<staves>3</staves>") + body))
    assert score.parts[0].staves == 3
    assert [(n.voice, n.staff, str(n.pitch)) for n in score.parts[0].cells[0]] == [
        (9, 3, "C2"),
        (5, 2, "C4"),
        (1, 1, "C5"),
    ]


def test_musicxml_1_0_piano_without_voices() -> None:
    upper = note("C5", 2, after="<staff>1</staff>") + note("E5", 2, after="<staff>1</staff>")
    lower = note("C3", 4, after="<staff>2</staff>")
    score = read(part(attributes(FOUR_FOUR, "<staves>2</staves>") + upper + BACKUP.format(4) + lower))
    assert [(n.onset, n.voice, n.staff) for n in score.parts[0].cells[0]] == [(0, 5, 2), (0, 1, 1), (2, 1, 1)]


# Notes


def test_chord_note_before_any_note_joins_nothing() -> None:
    assert sounds(read(part(attributes() + note("E4", 2, "<chord/>") + note("C4", 4)))) == [
        [(0, "C4"), (0, "E4")]
    ]


def test_the_same_note_twice_in_a_voice() -> None:
    score = read(part(attributes(FOUR_FOUR) + note("C4", 4) + note("C4", 4, "<chord/>")))
    assert sounds(score) == [[(0, "C4"), (0, "C4")]]


def test_chords_across_voices() -> None:
    upper = note("G4", 2, after="<voice>1</voice>") + note("B4", 2, "<chord/>", "<voice>1</voice>")
    lower = note("C4", 2, after="<voice>2</voice>") + note("E4", 2, "<chord/>", "<voice>2</voice>")
    score = read(part(attributes() + upper + BACKUP.format(2) + lower))
    assert [(n.voice, str(n.pitch)) for n in score.parts[0].cells[0]] == [
        (1, "G4"),
        (1, "B4"),
        (2, "C4"),
        (2, "E4"),
    ]


@pytest.mark.parametrize(
    ("kind", "dots", "duration"), [("breve", 1, 12), ("long", 0, 16), ("whole", 2, 7), ("half", 3, F(15, 4))]
)
def test_long_and_dotted_rests_last_as_long_as_they_say(kind: str, dots: int, duration: F) -> None:
    silence = f"<note><rest/><duration>{duration * 4}</duration><type>{kind}</type>{'<dot/>' * dots}</note>"
    untimed = f"<note><rest/><type>{kind}</type>{'<dot/>' * dots}</note>"
    for text in (silence, untimed):
        score = read(part(attributes(TIME.format("", 20, 4), divisions=4) + text + note("C4", 4)))
        assert sounds(score) == [[(duration, "C4")]]


def tuplet(actual: int, normal: int, kind: str) -> str:
    modification = f"<actual-notes>{actual}</actual-notes><normal-notes>{normal}</normal-notes>"
    return f"<type>{kind}</type><time-modification>{modification}</time-modification>"


@pytest.mark.parametrize(
    ("actual", "normal", "kind", "duration"),
    [
        (5, 4, "16th", F(1, 5)),
        (7, 8, "eighth", F(4, 7)),
        (11, 8, "32nd", F(1, 11)),
        (9, 4, "eighth", F(2, 9)),  # a triplet in a triplet
        (15, 8, "16th", F(2, 15)),  # a quintuplet in a triplet
        (2, 3, "eighth", F(3, 4)),  # a duplet
    ],
)
def test_odd_and_nested_tuplets(actual: int, normal: int, kind: str, duration: F) -> None:
    divisions = duration.denominator
    text = note("C4", duration.numerator, after=tuplet(actual, normal, kind))
    found = read(part(attributes(divisions=divisions) + text)).parts[0].cells[0][0]
    assert (found.duration, found.tuplet.ratio) == (duration, Tuplet(actual, normal).ratio)


def test_drums_among_pitches_are_reported() -> None:
    hit = "<note><unpitched/><duration>1</duration></note>"
    mixed = attributes() + note("C4", 1) + hit + change(CLEF.format("", "percussion")) + note("D4", 1)
    score = read(part(mixed + change(CLEF.format("", "G")) + note("E4", 1)))
    assert sounds(score) == [[(0, "C4"), (3, "E4")]]
    assert score.parts[0].pitched
    assert score.losses == ("Part 1: 2 notes of percussion or tablature not listened to",)


# Chord symbols


def harmony(inner: str) -> str:
    return f"<harmony>{inner}</harmony>"


ROOT = "<root><root-step>G</root-step></root>"


@pytest.mark.parametrize(
    ("inner", "roots", "loss"),
    [
        (ROOT + "<kind text='N.C.'>none</kind>", [], '"no chord" marks left out'),
        ("<function>V</function><kind>major</kind>", [], "chords without a root left out"),
        (
            "<numeral><numeral-root>5</numeral-root></numeral><kind>dominant</kind>"
            + ROOT
            + "<kind>major</kind>",
            ["G"],
            "chords without a root left out",
        ),
        (
            ROOT + "<kind>dominant</kind><degree><degree-value>9</degree-value></degree>",
            ["G"],
            "chord symbols held without their altered degrees",
        ),
        (
            ROOT + "<kind>major</kind><inversion>1</inversion>",
            ["G"],
            "chord symbols held without their inversion",
        ),
        (ROOT + "<kind>other</kind>", ["G"], ""),
    ],
)
def test_what_chord_symbols_cannot_hold_is_reported(inner: str, roots: list[str], loss: str) -> None:
    score = read(part(attributes() + harmony(inner) + note("C4", 4)))
    assert [c.root for c in score.measures[0].chords] == roots
    assert score.losses == ((f"Part 1: 1 {loss}",) if loss else ())


def test_bass_belongs_to_the_chord_before_it() -> None:
    bass = "<bass><bass-step>B</bass-step></bass>"
    stacked = ROOT + "<kind>major</kind>" + bass + ROOT.replace("G", "C") + "<kind>major</kind>"
    chords = read(part(attributes() + harmony(stacked) + note("C4", 4))).measures[0].chords
    assert [(c.root, c.bass) for c in chords] == [("G", "B"), ("C", "")]


def test_figured_bass_is_reported() -> None:
    figures = "<figured-bass><figure><figure-number>6</figure-number></figure></figured-bass>"
    assert read(part(attributes() + figures + note("C4", 4))).losses == (
        "Part 1: 1 figures of a figured bass left out",
    )


@pytest.mark.parametrize("marks", [("start", "stop"), ("start", ""), ("", "stop")])
def test_one_side_of_a_tie_is_enough(marks: tuple[str, str]) -> None:
    """Programs draw a tie from its start, and some write no other side."""
    ties = [f'<tie type="{mark}"/>' if mark else "" for mark in marks]
    notes = "".join(
        f"<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration>{tie}</note>"
        for tie in ties
    )
    root = etree.fromstring(
        f'<score-partwise><part id="P1"><measure number="1">{notes}</measure></part></score-partwise>'
    )
    assert [note.tied for note in read_musicxml(root, "test").parts[0].cells[0]] == [False, True]
