"""Measures as an engraver writes them: beams, tuplets, ties, rests, stems, clefs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction as F

import pytest
from lxml import etree

from bridge.notation.measures import part_measures
from engine.pitch import Interval, Pitch
from engine.score import PLAIN, Key, Measure, Metre, Note, Part, Tuplet, home_staff

TRIPLET = Tuplet(3, 2)
COMMON, NO_KEY = Metre(), Key()


def note(onset: str | F, duration: str | F, voice: int = 1, tuplet: Tuplet = PLAIN, **more: object) -> Note:
    plain = Note(F(onset), F(duration), Pitch("C", 0, 5), voice, home_staff(voice), tuplet)
    return replace(plain, **more)  # type: ignore[arg-type]


def run(values: str, tuplet: Tuplet = PLAIN) -> list[Note]:
    """Notes one after the other; a minus is a rest."""
    notes, time = [], F(0)
    for value in map(F, values.split()):
        if value > 0:
            notes.append(note(time, value, tuplet=tuplet))
        time += abs(value)
    return notes


def written(
    *cells: Iterable[Note], metre: Metre = COMMON, key: Key = NO_KEY, staves: int = 1, **more: object
) -> list[etree._Element]:
    measures = [Measure(str(n), metre.duration, metre, key) for n in range(1, len(cells) + 1)]
    measures[0] = replace(measures[0], **more)  # type: ignore[arg-type]
    part = Part("P1", "Piano", "piano" if staves == 2 else "flute", staves, tuple(map(tuple, cells)))
    return part_measures(part, measures)


def beams(measure: etree._Element) -> str:
    """Each note's beams, levels joined by + and shortened to their first letters; - for none."""
    short = {"begin": "b", "continue": "c", "end": "e", "forward hook": "fh", "backward hook": "bh"}
    return " ".join(
        "+".join(short[b.text or ""] for b in n.iterfind("beam")) or "-" for n in measure.iter("note")
    )


def types(measure: etree._Element) -> str:
    """Each note's type, dots as dots, rests in brackets."""
    names = [(n.findtext("type") or "measure") + "." * len(n.findall("dot")) for n in measure.iter("note")]
    rests = [n.find("rest") is not None for n in measure.iter("note")]
    return " ".join(f"({name})" if rest else name for name, rest in zip(names, rests, strict=True))


@pytest.mark.parametrize(
    ("metre", "values", "expected"),
    [
        (Metre(4, 4), "1/2 1/2 1/2 1/2 1/2 1/2 1/2 1/2", "b c c e b c c e"),
        (Metre(4, 4), "1/2 1/2 1/4 1/4 1/2 2", "b e b+b c+e e -"),
        (Metre(4, 4), "1/2 1 1/2 2", "- - - -"),
        (Metre(4, 4), "1/2 -1/2 1/2 1/2 2", "- - b e -"),
        (Metre(4, 4), "3/4 1/4 1/4 3/4 2", "b e+bh b+fh e -"),
        (Metre(4, 4), "1/4 1/2 1/4 3", "b+fh c e+bh -"),
        (Metre(3, 4), "1/2 1/2 1/2 1/2 1/2 1/2", "b c c c c e"),
        (Metre(3, 4), "1/2 1 1/2 1/2 1/2", "- - - b e"),
        (Metre(3, 4), "1/2 1/2 1/4 1/4 1/4 1/4 1/2 1/2", "b e b+b c+c c+c e+e b e"),
        (Metre(6, 8), "1/2 1/2 1/2 1/2 1/2 1/2", "b c e b c e"),
        (Metre(6, 8), "1/2 1/4 1/4 1/2 3/4 1/4 1/2", "b c+b c+e e b c+bh e"),
        (Metre(6, 8), "1 1/2 1/2 1", "- - - -"),
        (Metre(7, 8), "1/2 1/2 1/2 1/2 1/2 1/2 1/2", "b e b e b c e"),
        (Metre(5, 8, (2, 3)), "1/2 1/2 1/2 1/2 1/2", "b e b c e"),
    ],
)
def test_beams(metre: Metre, values: str, expected: str) -> None:
    assert beams(written(run(values), metre=metre)[0]) == expected


def test_beams_may_pass_over_rests_inside_tuplets_only() -> None:
    middle = [note(0, F(1, 3), tuplet=TRIPLET), note(F(2, 3), F(1, 3), tuplet=TRIPLET), note(1, 3)]
    measure = written(middle)[0]
    assert types(measure) == "eighth (eighth) eighth half."
    assert beams(measure) == "b - e -"


def tuplets(measure: etree._Element) -> list[str | None]:
    marks = measure.iter("tuplet")
    return [f"{mark.get('type')} {mark.get('bracket') or ''}".strip() for mark in marks]


def test_tuplets_have_brackets_where_no_beam_joins_them() -> None:
    beamed = [note(F(k, 3), F(1, 3), tuplet=TRIPLET) for k in range(3)]
    loose = [note(1, F(2, 3), tuplet=TRIPLET), note(F(5, 3), F(1, 3), tuplet=TRIPLET)]
    measure = written(beamed + loose)[0]
    assert types(measure) == "eighth eighth eighth quarter eighth (half)"
    assert tuplets(measure) == ["start no", "stop", "start yes", "stop"]
    assert [n.findtext("time-modification/normal-type") for n in measure.iter("note")][3] == "eighth"


def test_a_triplet_is_completed_with_rests() -> None:
    measure = written([note(F(2, 3), F(1, 3), tuplet=TRIPLET)])[0]
    assert types(measure) == "(quarter) eighth (quarter) (half)"
    assert tuplets(measure) == ["start yes", "stop"]


def test_a_split_note_is_tied() -> None:
    measure = written([note(0, F(5, 4))])[0]
    assert types(measure) == "quarter 16th (16th) (eighth) (half)"
    assert (
        [t.get("type") for t in measure.iter("tie")]
        == ["start", "stop"]
        == [t.get("type") for t in measure.iter("tied")]
    )


def test_ties_cross_the_bar_line_without_a_new_accidental() -> None:
    sharp = Pitch("C", 1, 5)
    first, second = written(
        [note(0, 4, pitch=sharp)], [note(0, 2, pitch=sharp, tied=True), note(2, 2, pitch=sharp)]
    )
    assert [t.get("type") for m in (first, second) for t in m.iter("tie")] == ["start", "stop"]
    assert [n.findtext("accidental") for n in (*first.iter("note"), *second.iter("note"))] == [
        "sharp",
        None,
        "sharp",
    ]


def test_a_tie_from_nowhere_is_no_tie() -> None:
    assert list(written([], [note(0, 4, tied=True)])[1].iter("tie")) == []


def test_notes_of_one_voice_that_overlap_are_cut() -> None:
    assert types(written([note(0, 3), note(2, 4)])[0]) == "half half"


def test_an_empty_measure_has_a_measure_rest_on_every_staff() -> None:
    measure = written([], staves=2)[0]
    rests = [
        (n.find("rest").get("measure"), n.findtext("voice"), n.findtext("staff"))
        for n in measure.iter("note")
    ]
    assert rests == [("yes", "1", "1"), ("yes", "5", "2")]


def test_an_empty_pickup_has_rests_of_its_length() -> None:
    assert types(written([], implicit=True, duration=F(3, 2))[0]) == "(eighth) (quarter)"


def test_a_pickup_is_beamed_from_its_end() -> None:
    measure = written(run("1/2 1/2 1/2"), implicit=True, duration=F(3, 2))[0]
    assert (measure.get("implicit"), beams(measure)) == ("yes", "- b e")


def test_two_voices_on_a_staff_have_stems_up_and_down() -> None:
    measure = written([note(0, 4), note(2, 2, voice=2)])[0]
    assert [n.findtext("stem") for n in measure.iter("note")] == ["up", None, "down"]
    assert types(measure) == "whole (half) half"
    assert measure.findtext("backup/duration") == "4"


def test_one_voice_on_a_staff_has_free_stems() -> None:
    measure = written([note(0, 4), note(0, 4, voice=5)], staves=2)[0]
    assert list(measure.iter("stem")) == []


def test_chords_share_one_set_of_beams_and_tuplets() -> None:
    low = [replace(n, pitch=Pitch("A", 0, 4)) for n in run("1/2 1/2")]
    measure = written(run("1/2 1/2 3") + low)[0]
    assert beams(measure) == "b - e - -"
    assert [n.find("chord") is not None for n in measure.iter("note")] == [False, True, False, True, False]


def test_a_crossing_voice_keeps_its_number() -> None:
    measure = written([note(0, 4, voice=5, staff=1)], staves=2)[0]
    crossing = measure.findall("note")[1]
    assert (crossing.findtext("voice"), crossing.findtext("staff")) == ("5", "1")


def test_clefs_change_for_far_registers_and_back() -> None:
    high = [note(k, 1, voice=5, pitch=Pitch("E", 0, 5)) for k in range(4)]
    low = [replace(n, pitch=Pitch("C", 0, 3)) for n in high]
    measures = written(low, high, low, staves=2)
    clefs = [[(c.get("number"), c.findtext("sign")) for c in m.iter("clef")] for m in measures]
    assert clefs == [[("1", "G"), ("2", "F")], [("2", "G")], [("2", "F")]]


def test_attributes_say_only_what_changes() -> None:
    first, second = written([], [], key=Key(-2, "minor"), staves=2)
    assert [e.tag for e in first.find("attributes")] == ["divisions", "key", "time", "staves", "clef", "clef"]
    assert second.find("attributes") is None


def test_a_transposing_part_is_written_at_its_own_pitch() -> None:
    part = Part("P1", "Clarinet", "clarinet", 1, ((note(0, 4),),), Interval(-8, -14))
    measure = part_measures(part, [Measure("1", F(4))])[0]
    assert (
        measure.findtext(".//fifths"),
        measure.findtext(".//pitch/step"),
        measure.findtext(".//pitch/octave"),
    ) == ("2", "D", "6")
    assert [(e.tag, e.text) for e in measure.find(".//transpose")] == [
        ("diatonic", "-1"),
        ("chromatic", "-2"),
        ("octave-change", "-1"),
    ]


def shown(measure: etree._Element) -> str:
    """``types`` without the rests that are not printed."""
    for note in measure.findall("note"):
        if note.get("print-object") == "no":
            assert note.find("rest") is not None
            measure.remove(note)
    return types(measure)


@pytest.mark.parametrize(
    ("onset", "duration", "rests"),
    [
        (2, 2, "half"),
        (0, 1, "quarter"),
        (1, 1, "quarter"),
        ("5/2", "1/2", "(eighth) eighth"),
        ("5/4", "1/4", "(16th) 16th"),
        (0, "1/2", "eighth"),
    ],
)
def test_a_second_voice_shows_the_rests_that_tell_where_it_enters(
    onset: str | int, duration: str | int, rests: str
) -> None:
    measure = written([note(0, 4), note(F(onset), F(duration), voice=2)])[0]
    assert sums(measure) == {"1": 4, "2": 4}
    assert shown(measure) == f"whole {rests}"


def test_between_the_notes_of_a_second_voice_whole_beats_show_no_rest() -> None:
    apart = [note(0, "1/2", voice=2), note("5/2", "1/2", voice=2), note("7/2", "1/2", voice=2)]
    assert shown(written([note(0, 4), *apart])[0]) == "whole eighth (eighth) (eighth) eighth (eighth) eighth"


def test_a_second_voice_alone_shows_all_its_rests() -> None:
    measure = written([note(2, 1, voice=2)])[0]
    assert shown(measure) == "(measure) (half) quarter (quarter)"


def test_tuplets_of_a_second_voice_show_their_rests() -> None:
    measure = written([note(0, 4), note(F(4, 3), F(1, 3), voice=2, tuplet=TRIPLET)])[0]
    assert shown(measure) == "whole (eighth) eighth (eighth)"


def sums(measure: etree._Element) -> dict[str, F]:
    """How long each voice is, in quarters."""
    lengths: dict[str, F] = {}
    divisions = F(measure.findtext("attributes/divisions") or 1)
    for element in measure.iterfind("note"):
        voice = element.findtext("voice") or ""
        lengths[voice] = lengths.get(voice, F(0)) + F(element.findtext("duration") or 0) / divisions
    return lengths


def stems(measure: etree._Element) -> list[str | None]:
    return [n.findtext("stem") for n in measure.iter("note") if n.find("pitch") is not None]


def test_a_voice_that_crosses_over_keeps_away_from_those_that_live_there() -> None:
    upper, lower = note(0, 4), note(0, 4, voice=5)
    assert stems(written([upper, replace(lower, staff=1)], staves=2)[0]) == ["up", "down"]
    assert stems(written([replace(upper, staff=2), lower], staves=2)[0]) == ["up", "down"]
    assert stems(written([upper, lower], staves=2)[0]) == [None, None]


def test_a_clef_that_changes_inside_a_measure_stands_before_its_note() -> None:
    low, high = Pitch("C", 0, 3), Pitch("E", 0, 5)
    cell = [note(k, 1, voice=5, pitch=high if k > 1 else low) for k in range(4)]
    first, second = written(cell, [replace(n, pitch=high) for n in cell], staves=2)
    later = first.findall("attributes")[1]
    assert later.getprevious().findtext("pitch/step") == "C"
    assert later.getnext().findtext("pitch/step") == "E"
    assert [(c.get("number"), c.findtext("sign")) for c in later] == [("2", "G")]
    assert second.find("attributes") is None
