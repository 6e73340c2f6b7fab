from __future__ import annotations

from fractions import Fraction as F

import pytest
from lxml import etree

from bridge.documents.musicxml_reader import read_musicxml
from engine.score import ChordSymbol, Key, Metre, Score

TIME = "<time{}><beats>{}</beats><beat-type>{}</beat-type></time>"
QUARTER = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>{}</duration></note>"
REST = '<note><rest measure="yes"/><duration>{}</duration></note>'
BACKUP = "<backup><duration>{}</duration></backup>"


def time(beats: object, unit: object, attribute: str = "") -> str:
    return TIME.format(attribute, beats, unit)


def attributes(inner: str = "") -> str:
    return f"<attributes><divisions>1</divisions>{inner}</attributes>"


def part(*measures: str, first: int = 1) -> str:
    """Measures numbered from ``first``; one that starts with "<measure" is taken as it is."""
    return "".join(
        m if m.startswith("<measure") else f'<measure number="{first + i}">{m}</measure>'
        for i, m in enumerate(measures)
    )


def read(*parts: str, head: str = "", listed: str = "") -> Score:
    bodies = "".join(f'<part id="P{i}">{body}</part>' for i, body in enumerate(parts, 1))
    text = f"<score-partwise>{head}<part-list>{listed}</part-list>{bodies}</score-partwise>"
    return read_musicxml(etree.fromstring(text), "song.xml")


def durations(*parts: str) -> list[F]:
    return [m.duration for m in read(*parts).measures]


@pytest.mark.parametrize(
    ("element", "metre"),
    [
        (time(3, 4), Metre(3, 4)),
        (time("3+2", 8), Metre(5, 8, (3, 2))),
        (time(4, 4, ' symbol="common"'), Metre(4, 4, (), "common")),
        (time(2, 2, ' symbol="cut"'), Metre(2, 2, (), "cut")),
        (time(4, 4, ' symbol="single-number"'), Metre(4, 4)),
        ("<time><senza-misura/></time>", Metre(symbol="senza")),
        (
            "<time><beats>3</beats><beat-type>8</beat-type><beats>2</beats><beat-type>4</beat-type></time>",
            Metre(7, 8, (3, 4)),
        ),
    ],
)
def test_metre(element: str, metre: Metre) -> None:
    assert read(part(attributes(element) + QUARTER.format(1), REST.format(1))).measures[1].metre == metre


def test_metre_and_key_persist_and_change() -> None:
    key = "<key><fifths>{}</fifths><mode>minor</mode></key>"
    score = read(
        part(attributes(key.format(2) + time(3, 4)), "", attributes(key.format(-1) + time(2, 4)), "")
    )
    assert [m.key.fifths for m in score.measures] == [2, 2, -1, -1]
    assert [m.metre.beats for m in score.measures] == [3, 3, 2, 2]
    assert score.measures[0].key.mode == "minor"


def test_change_at_the_end_of_a_measure_counts_from_the_next() -> None:
    body = attributes(time(2, 4)) + QUARTER.format(2) + attributes(time(3, 4))
    assert [m.metre.beats for m in read(part(body, QUARTER.format(3))).measures] == [2, 3]


@pytest.mark.parametrize(
    ("written", "transposition", "concert"),
    [
        (2, (-1, -2), 0),
        (1, (-4, -7), 0),
        (0, (-7, -12), 0),
        (7, (2, 3), 4),
        (6, (-2, -4), 2),
        (-6, (1, 1), 1),
    ],
)
def test_key_at_concert_pitch(written: int, transposition: tuple[int, int], concert: int) -> None:
    diatonic, chromatic = transposition
    transpose = f"<transpose><diatonic>{diatonic}</diatonic><chromatic>{chromatic}</chromatic></transpose>"
    score = read(part(attributes(f"<key><fifths>{written}</fifths></key>{transpose}")))
    assert score.measures[0].key == Key(concert)


def test_most_parts_decide_the_key_and_silence_is_no_vote() -> None:
    def keyed(fifths: int, clef: str = "G") -> str:
        return part(attributes(f"<key><fifths>{fifths}</fifths></key><clef><sign>{clef}</sign></clef>"))

    assert read(keyed(0), keyed(3), keyed(3), part(attributes())).measures[0].key == Key(3)
    assert read(keyed(0, "percussion"), keyed(0, "percussion"), keyed(3)).measures[0].key == Key(3)


def test_pickup_short_and_long_measures() -> None:
    body = part(
        f'<measure number="0" implicit="yes">{attributes(time(4, 4))}{QUARTER.format(1)}</measure>',
        QUARTER.format(4),
        QUARTER.format(3),
        QUARTER.format(6),
        REST.format(4),
        "",
    )
    score = read(body)
    assert [m.duration for m in score.measures] == [1, 4, 3, 6, 4, 4]
    assert [m.implicit for m in score.measures] == [True] + [False] * 5
    assert score.measures[0].number == "0"


def test_longest_part_gives_the_length_of_a_pickup() -> None:
    start = attributes(time(4, 4))
    assert durations(
        part(start + QUARTER.format(1)), part(start + QUARTER.format(2)), part(start + REST.format(4))
    ) == [2]


def test_measure_rest_counts_as_long_as_the_metre_unless_implicit() -> None:
    start = attributes(time(3, 4))
    assert durations(part(start + REST.format(4))) == [3]
    assert durations(part(f'<measure number="X1" implicit="yes">{start}{REST.format(1)}</measure>')) == [1]


def test_senza_misura_is_as_long_as_its_notes() -> None:
    assert durations(part(attributes("<time><senza-misura/></time>") + QUARTER.format(11))) == [11]


def test_voice_that_overruns_by_error_is_cut() -> None:
    overrun = attributes(time(2, 4)) + QUARTER.format(1) + QUARTER.format(2) + QUARTER.format(1)
    right = part(attributes(time(2, 4)) + QUARTER.format(2))
    score = read(part(overrun), right, right)
    assert score.measures[0].duration == 2
    assert [n.end for n in score.parts[0].cells[0]] == [1, 2]
    assert score.losses == ("P1: 2 notes beyond the end of their measure left out or cut",)


def test_measure_that_most_voices_overfill_is_long() -> None:
    long = part(attributes(time(2, 4)) + QUARTER.format(3))
    assert durations(long, long, part(attributes(time(2, 4)) + QUARTER.format(2))) == [3]


def test_parts_that_start_late_or_stop_early() -> None:
    full = part(attributes(), "", "", "")
    late = part(attributes() + QUARTER.format(4), QUARTER.format(4), first=3)
    early = part(attributes() + QUARTER.format(4))
    score = read(full, late, early)
    assert [[len(c) for c in p.cells] for p in score.parts] == [[0] * 4, [0, 0, 1, 1], [1, 0, 0, 0]]


def barline(inner: str) -> str:
    return f"<barline>{inner}</barline>"


def ending(number: str, kind: str) -> str:
    return barline(f'<ending number="{number}" type="{kind}"/>')


def test_repeats_and_endings() -> None:
    back = barline('<ending number="1, 2" type="stop"/><repeat direction="backward"/>')
    score = read(
        part(
            attributes() + barline('<repeat direction="forward"/>'),
            ending("1, 2", "start"),
            back,
            ending("3", "start") + ending("3", "discontinue"),
            "",
        )
    )
    assert [m.start_repeat for m in score.measures] == [True, False, False, False, False]
    assert [m.end_repeat for m in score.measures] == [False, False, True, False, False]
    assert [m.endings for m in score.measures] == [(), (1, 2), (1, 2), (3,), ()]


def test_ending_never_closed_covers_one_measure() -> None:
    assert [m.endings for m in read(part(ending("2", "start"), "", "")).measures] == [(2,), (), ()]


def harmony(root: str, kind: str = "major", extra: str = "", text: str = "") -> str:
    alter = "<root-alter>-1</root-alter>" if "b" in root else ""
    name = f"<root><root-step>{root[0]}</root-step>{alter}</root>"
    return f'<harmony>{name}<kind text="{text}">{kind}</kind>{extra}</harmony>'


def test_chord_symbols_with_offset_bass_and_text() -> None:
    bass = "<bass><bass-step>G</bass-step><bass-alter>1</bass-alter></bass>"
    body = (
        attributes()
        + harmony("C")
        + QUARTER.format(1)
        + harmony("Bb", "minor-seventh", bass, "m7")
        + QUARTER.format(3)
    )
    score = read(part(body + harmony("F", extra="<offset>-1</offset>")))
    assert score.measures[0].chords == (
        ChordSymbol(F(0), "C", "major"),
        ChordSymbol(F(1), "Bb", "minor-seventh", "G#", "m7"),
        ChordSymbol(F(3), "F", "major"),
    )


def test_chord_symbols_sound_and_merge() -> None:
    transpose = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    score = read(part(attributes() + harmony("C")), part(attributes(transpose) + harmony("D") + harmony("C")))
    assert [c.root for c in score.measures[0].chords] == ["C", "Bb"]


def test_no_chord_is_no_chord_symbol() -> None:
    assert read(part(attributes() + harmony("C", "none"))).measures[0].chords == ()


def listed(name: str, instrument: str = "", midi: str = "") -> str:
    return (
        f'<score-part id="P1"><part-name>{name}</part-name><score-instrument id="I">{instrument}'
        f'</score-instrument><midi-instrument id="I">{midi}</midi-instrument></score-part>'
    )


@pytest.mark.parametrize(
    ("score_part", "staves", "instrument"),
    [
        (listed("Violino I"), 1, "violin"),
        (listed("I", "<instrument-name>Oboe</instrument-name>"), 1, "oboe"),
        (listed("", "<instrument-sound>strings.cello</instrument-sound>"), 1, "cello"),
        (listed("", "", "<midi-program>72</midi-program>"), 1, "clarinet"),
        (listed("", "", "<midi-program>1</midi-program>"), 1, "other"),
        (listed("Viola", "", "<midi-program>41</midi-program>"), 1, "viola"),
        (listed(""), 2, "piano"),
    ],
)
def test_instrument(score_part: str, staves: int, instrument: str) -> None:
    found = read(part(attributes(f"<staves>{staves}</staves>")), listed=score_part).parts[0]
    assert found.instrument == instrument


@pytest.mark.parametrize(
    ("score_part", "program"),
    [
        (listed("Viola", "", "<midi-program>41</midi-program>"), 41),
        (listed("Viola", "", "<midi-program>42</midi-program>"), 0),  # a viola's
        (listed("Viola", "", "<midi-program>1</midi-program>"), 0),  # what exporters write anyway
        (listed("Viola", "", "<midi-program>129</midi-program>"), 0),
        (listed("Viola", "", "<midi-program>x</midi-program>"), 0),
        (listed("Viola"), 0),
    ],
)
def test_programs_that_are_not_the_instruments(score_part: str, program: int) -> None:
    assert read(part(attributes()), listed=score_part).parts[0].program == program


def test_title_and_composer() -> None:
    work = "<work><work-title>Die\n Forelle</work-title></work>"
    makers = '<creator type="lyricist">A</creator><creator type="composer">B</creator>'
    score = read(
        part(""),
        head=work + "<movement-title>x</movement-title>" + f"<identification>{makers}</identification>",
    )
    assert (score.title, score.composer) == ("Die Forelle", "B")
    assert read(part(""), head="<movement-title>x</movement-title>").title == "x"
    credit = "<credit><credit-type>{0}</credit-type><credit-words>{0}!</credit-words></credit>"
    printed = read(part(""), head=credit.format("title") + credit.format("composer"))
    assert (printed.title, printed.composer) == ("title!", "composer!")
