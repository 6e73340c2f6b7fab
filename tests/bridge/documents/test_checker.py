"""The checker finds what it is there to find, and nothing in a sound document."""

from __future__ import annotations

import pytest
from lxml import etree

from bridge.documents.checker import Fault, check, examine, new_faults

NOTE = """<note{attributes}>{head}<duration>{duration}</duration>{tie}<voice>{voice}</voice>{kind}{staff}{beams}
{notations}</note>"""
PITCH = "<pitch><step>{}</step><octave>{}</octave></pitch>"
BACKUP = "<backup><duration>{}</duration></backup>"
FORWARD = "<forward><duration>{}</duration></forward>"
GRACE = "<note><grace/><pitch><step>D</step><octave>4</octave></pitch><voice>1</voice></note>"
REST = '<note><rest measure="yes"/><duration>{}</duration><voice>1</voice><type>whole</type></note>'
REPEAT = (
    '<barline location="right"><bar-style>light-heavy</bar-style><repeat direction="backward"/></barline>'
)
ENDING = '<barline location="left"><ending number="2" type="start"/></barline>'
FOUR = "<beats>4</beats><beat-type>4</beat-type>"
DIVISIONS = 12  # of a quarter


def note(
    quarters: float,
    tie: str = "",
    voice: int = 1,
    step: str = "C",
    octave: int = 4,
    kind: str = "",
    beams: str = "",
    tuplet: str = "",
    staff: int = 0,
    chord: bool = False,
    id_: str = "",
) -> str:
    """A note; ``tie`` and ``tuplet`` are their types, ``kind`` the type and the elements behind it."""
    tied = "".join(f'<tied type="{t}"/>' for t in tie.split())
    marks = tied + "".join(f'<tuplet type="{t}"/>' for t in tuplet.split())
    name, _, rest = kind.partition("<")
    return NOTE.format(
        attributes=f' id="{id_}"' if id_ else "",
        head=("<chord/>" if chord else "") + PITCH.format(step, octave),
        duration=round(DIVISIONS * quarters),
        tie="".join(f'<tie type="{t}"/>' for t in tie.split()),
        voice=voice,
        kind=(f"<type>{name}</type>" if name else "") + (f"<{rest}" if rest else ""),
        staff=f"<staff>{staff}</staff>" if staff else "",
        beams="".join(f'<beam number="{i}">{b}</beam>' for i, b in enumerate(beams.split(","), 1) if b),
        notations=f"<notations>{marks}</notations>" if marks else "",
    )


def backup(quarters: float) -> str:
    return BACKUP.format(round(DIVISIONS * quarters))


def rest(quarters: float) -> str:
    return REST.format(round(DIVISIONS * quarters))


def document(*parts: list[str], listed: str = "", metre: str = FOUR, staves: int = 1) -> etree._ElementTree:
    """Parts P1, P2, ... with those measures."""
    count = f"<staves>{staves}</staves>" if staves > 1 else ""
    attributes = f"<attributes><divisions>{DIVISIONS}</divisions><time>{metre}</time>{count}</attributes>"
    ids = [f"P{n}" for n in range(1, len(parts) + 1)]
    entries = "".join(f'<score-part id="{id_}"><part-name/></score-part>' for id_ in ids) + listed
    bodies = ""
    for id_, measures in zip(ids, parts, strict=True):
        inner = "".join(f'<measure number="{n}">{m}</measure>' for n, m in enumerate(measures, start=1))
        bodies += f'<part id="{id_}">{inner}</part>'.replace('number="1">', f'number="1">{attributes}', 1)
    text = f'<score-partwise version="4.0"><part-list>{entries}</part-list>{bodies}</score-partwise>'
    return etree.fromstring(text).getroottree()


def messages(*parts: list[str], **options: object) -> list[str]:
    return [str(fault) for fault in check(document(*parts, **options))]


TRIPLET = "eighth<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification>"
TREMOLO = (
    "half<time-modification><actual-notes>2</actual-notes><normal-notes>1</normal-notes></time-modification>"
)
THIRDS = [note(1 / 3, kind=TRIPLET, tuplet=marks) for marks in ("start", "", "stop")]
SEPTUPLET = TRIPLET.replace("3", "7").replace("2", "4")


@pytest.mark.parametrize(
    "measures",
    [
        [note(4, "start"), note(2, "stop start") + note(2, "stop") + backup(4) + note(3, voice=2)],
        [note(4), GRACE + note(4)],
        [note(4), rest(4), note(4)],
        ["".join(THIRDS) + note(3)],
        [note(1, kind=TREMOLO) + note(1, kind=TREMOLO) + note(2, kind="half")],
        ["".join(note(k / 12, kind=SEPTUPLET) for k in (3, 3, 4, 3, 3, 4, 4)) + note(2)],  # 24/7 rounded
        [note(0.5, beams="begin") + note(0.5, beams="end") + note(3)],
        [note(3.5) + note(0.5, beams="begin"), note(0.5, beams="end") + note(3.5)],  # over the bar line
        [note(1), note(4)],  # a pickup that does not say so
        [note(4), note(3) + REPEAT, note(1), note(4)],
        [note(4), note(4, "start") + REPEAT, ENDING + note(4, "stop")],
        [note(2) + note(2, step="E") + note(2, step="G", chord=True)],
        [note(4), note(4) + backup(4) + FORWARD.format(24) + note(1, voice=2)],
    ],
)
def test_sound_documents(measures: list[str]) -> None:
    assert messages(measures) == []


def test_a_short_measure_is_fine_when_all_parts_agree() -> None:
    assert messages([note(4), note(3), note(4)], [note(4), note(3), note(4)]) == []
    uneven = messages([note(4), note(3), note(4)], [note(4), note(4), note(4)])
    assert uneven == ["part P1, measure 2: voice 1: 3 quarters instead of 4"]


def test_senza_misura_has_any_length() -> None:
    assert messages([note(7), note(2)], metre="<senza-misura/>") == []


def test_each_part_may_have_its_own_metre() -> None:
    tree = document([note(4), note(4)], [note(4), note(4)])
    beats, unit = tree.find("part[2]/measure/attributes/time")
    beats.text, unit.text = "12", "8"
    for duration in tree.iterfind("part[2]/measure/note/duration"):
        duration.text = str(6 * DIVISIONS)
    assert check(tree) == []


BEFORE = note(4)  # so that the measure at fault is neither first nor last


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (note(5), "voice 1: 5 quarters instead of 4"),
        (note(3), "voice 1: 3 quarters instead of 4"),
        (note(4) + backup(4) + note(5, voice=2), "voice 2: 5 quarters, longer than the measure"),
        (note(3) + backup(3) + note(4, voice=2), "voice 1: 3 quarters instead of 4"),
        (note(4) + backup(4) + note(4), "voice 1: overlaps itself"),
        (note(4) + backup(5), "a backup goes back before the measure begins"),
        ("", "neither a note nor a rest"),
        (note(4) + note(0), "a note has no length"),
        (note(4, kind="half"), "voice 1: a note drawn as half lasts 4 quarters instead of 2"),
        (note(4, kind="half<dot/>"), "voice 1: a note drawn as half lasts 4 quarters instead of 3"),
        (note(4, "start"), "voice 1: C4 lacks one side of a tie"),
        (note(4, "start", step="D"), "voice 1: a tie of D4 meets no other note"),
        (note(2, "start") + note(2, step="E"), "voice 1: a tie of C4 meets no other note"),
        (note(2, step="E") + note(2, "stop"), "voice 1: a tie of C4 meets no other note"),
        (
            note(2, "start") + note(2, "stop").replace('<tied type="stop"/>', ""),
            "C4 is tied but not drawn so",
        ),
        (note(4, tuplet="start"), "voice 1: a tuplet has no stop"),
        (note(4, tuplet="stop"), "voice 1: a tuplet has no start"),
        (
            note(1 / 3, kind=TRIPLET, tuplet="start")
            + note(1 / 3, kind=TRIPLET, tuplet="stop")
            + note(10 / 3),
            "voice 1: the notes of a tuplet do not add up",
        ),
        (note(0.5, beams="begin") + note(3.5), "voice 1: a beam does not end"),
        (note(0.5, beams="end") + note(3.5), "voice 1: a beam does not begin"),
        (
            note(0.25, beams="begin,begin") + note(0.25, beams="end") + note(3.5),
            "voice 1: a beam does not end",
        ),
        (note(4, octave=9, step="A"), "A9 is beyond every instrument"),
        (note(4, staff=2), "staff 2 of a part with 1 staff"),
        (note(4) + f"<forward><duration>1</duration><staff>{'9' * 5000}</staff></forward>", "not a number"),
        (note(4, chord=True), "a note of a chord has no note before it"),
        (note(4).replace("<duration>48", "<duration>x"), "duration is 'x', not a number"),
        (note(4) + "<sneeze/>", "<sneeze> does not belong here"),
    ],
)
def test_faults(content: str, message: str) -> None:
    found = examine(document([BEFORE, content, note(4)]))
    assert any(message in fault.message for fault in found), found
    # What is wrong in a measure may upset the next: a note that is tied to, a beam that goes on.
    assert found[0].part == "P1"
    assert {fault.measure for fault in found} <= {"2", "3"}


@pytest.mark.parametrize(
    ("divisions", "message"),
    [
        (None, "no <divisions>, so nothing says how long its notes are"),
        ("0", '"0" is no value for <divisions>'),
    ],
)
def test_lengths_that_nothing_is_counted_in_are_one_fault(divisions: str | None, message: str) -> None:
    tree = document([note(4), note(4)], [note(4), note(4)])
    (said,) = tree.findall("part[2]/measure/attributes/divisions")
    if divisions is None:
        said.getparent().remove(said)
    else:
        said.text = divisions
    assert examine(tree) == [Fault("P2", "1", message, index=0)]


def test_parts_of_different_measures() -> None:
    fault = Fault("P2", "", "1 measure fewer than another part has")
    assert check(document([note(4), note(4)], [note(4)])) == [fault]
    tree = document([note(4), note(4)], [note(4), note(4)])
    tree.find("part[2]/measure[2]").set("number", "X1")
    assert examine(tree) == [Fault("P2", "X1", "the first part calls this measure 2", "remark", index=1)]
    assert check(tree) == []


def test_ids() -> None:
    tree = document([note(4, id_="a") + backup(4) + note(4, voice=2, id_="b")], [note(4)])
    assert check(tree) == []
    tree.find("part[2]/measure/note").set("id", "a")
    assert Fault("P2", "1", 'the id "a" is given twice', index=0) in check(tree)
    tree.find("part-list").append(etree.fromstring('<score-part id="P9"><part-name/></score-part>'))
    assert Fault("P9", "", "listed but not written") in check(tree)
    tree.find("part-list").remove(tree.find("part-list/score-part"))
    assert Fault("P1", "", "written but not listed") in check(tree)


def test_instruments_are_listed() -> None:
    tree = document([note(4)])
    entry = tree.find("part-list/score-part")
    instrument = "<score-instrument id='I1'><instrument-name/></score-instrument>"
    entry.extend([etree.fromstring(instrument), etree.fromstring("<midi-instrument id='I1'/>")])
    tree.find("part/measure/note/voice").addprevious(etree.Element("instrument", id="I1"))
    assert check(tree) == []
    entry.find("midi-instrument").set("id", "I2")
    assert Fault("P1", "", 'the instrument "I2" is not listed') in check(tree)


def test_two_staves() -> None:
    measure = note(4, staff=1) + backup(4) + note(4, voice=5, staff=2)
    short = note(4, staff=1) + backup(4) + note(3, voice=5, staff=2)
    assert messages([measure, measure, measure], staves=2) == []
    expected = "part P1, measure 2: voice 5: 3 quarters instead of 4"
    assert messages([measure, short, measure], staves=2) == [expected]


def test_a_voice_label_on_two_staves_at_once_is_two_voices() -> None:
    measure = note(4, staff=1) + backup(4) + note(4, staff=2)
    assert messages([measure, measure], staves=2) == []


def test_beyond_the_usual_range_is_a_remark_once() -> None:
    tree = document([note(4, octave=3), note(4, octave=3, step="G"), note(4, octave=3)])
    tree.find("part-list/score-part/part-name").text = "Violin"
    (remark,) = examine(tree)
    assert str(remark) == (
        "part P1 (Violin), measure 1: C3 is beyond the usual range of Violin, here and in 1 more measure"
    )
    assert check(tree) == []


@pytest.mark.parametrize(
    ("name", "remarks"), [("Tenor Bass", 1), ("T. B.", 1), ("Tenor", 2), ("Bass Clarinet", 2)]
)
def test_two_singers_on_a_staff_have_the_range_of_both(name: str, remarks: int) -> None:
    tree = document([note(4, octave=2, step="G"), note(4, octave=2)])
    tree.find("part-list/score-part/part-name").text = name
    assert len(examine(tree)) == remarks


def test_faults_come_in_the_order_of_the_document() -> None:
    tree = document([note(4), note(3), note(4) + "<sneeze/>"], [note(4), note(4, kind="half"), note(4)])
    tree.find("part/measure[3]").set("number", "1")
    assert [(fault.part, fault.measure) for fault in check(tree)] == [("P1", "2"), ("P1", "1"), ("P2", "2")]


class TestNewFaults:
    def test_old_faults_are_forgiven(self) -> None:
        before = document([note(4), note(3), note(4)], [note(4), note(4), note(4)])
        after = document(
            [note(4), note(3), note(4)], [note(4), note(4), note(4)], [note(4), note(4), note(4)]
        )
        assert check(after)
        assert new_faults(before, after) == []

    def test_new_ones_are_not(self) -> None:
        before = document([note(4), note(3), note(4)], [note(4), note(4), note(4)])
        after = document([note(4), note(3), note(5)], [note(4), note(4), note(4)])
        message = "voice 1: 5 quarters instead of 4"
        assert new_faults(before, after) == [Fault("P1", "3", message, index=2)]

    def test_a_new_part_is_judged_beside_those_that_stay(self) -> None:
        short, whole = [note(4), note(3), note(4)], [note(4), note(4), note(4)]
        before = document(short)
        assert new_faults(before, document(short, short)) == []
        assert new_faults(before, document(short, whole)) == []
        message = "voice 1: 2 quarters instead of 4"
        new = new_faults(before, document(short, [note(4), note(2), note(4)]))
        assert new == [Fault("P2", "2", message, index=1)]

    def test_measures_are_told_apart_where_their_numbers_are_not(self) -> None:
        before = document([note(4)] * 4)
        after = document([note(4), note(4), note(2), note(4)])
        moved = document([note(4), note(4), note(4), note(2)])
        for tree in (before, after, moved):
            for index, measure in enumerate(tree.iterfind("part/measure")):
                measure.set("number", str(index % 2 + 1))
        for old in (before, moved):
            assert [(fault.measure, fault.index) for fault in new_faults(old, after)] == [("1", 2)]

    def test_as_many_as_before_and_no_more(self) -> None:
        wrong = note(2, kind="quarter")
        before, after = document([wrong + note(2)]), document([wrong + wrong])
        assert new_faults(before, after) == check(before)
        assert new_faults(after, before) == []

    def test_measures_that_are_as_they_were_are_not_judged_by_new_neighbours(self) -> None:
        begun, ended = note(2) + note(2, beams="begin"), note(2, beams="end") + note(2)
        before, after = document([begun, ended]), document([note(4), ended])
        assert [fault.measure for fault in check(after)] == ["2"]
        assert new_faults(before, after) == []

    def test_the_schema_is_held_up_only_where_the_input_kept_to_it(self) -> None:
        sound, invalid = document([note(4)]), document([note(4) + "<sneeze/>"])
        worse = document([note(4) + "<sneeze/>", note(4) + "<cough/>"])
        assert [fault.measure for fault in new_faults(sound, invalid)] == ["1"]
        assert new_faults(invalid, worse) == []
