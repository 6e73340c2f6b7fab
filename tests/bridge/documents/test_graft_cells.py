"""Voices written anew leave everything else in their measures, and all other measures, as it was."""

from __future__ import annotations

import copy
from dataclasses import replace
from fractions import Fraction as F

import pytest
from lxml import etree

from bridge.documents.checker import check, new_faults
from bridge.documents.graft import graft
from bridge.documents.musicxml_reader import read_musicxml
from bridge.errors import RequestError
from engine.pitch import Pitch
from engine.score import Cell, ChordSymbol, Note, Score, Tuplet, note_order

PITCH = "<pitch><step>{}</step><octave>4</octave></pitch>"
SONG = """<score-partwise version="4.0">
  <part-list><score-part id="P1"><part-name>Song</part-name></score-part></part-list>
  <part id="P1">
    <measure number="1">
      <attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>
      <direction><direction-type><dynamics><p/></dynamics></direction-type></direction>
      <note>C<duration>4</duration><voice>1</voice><type>half</type>
        <notations><slur type="start"/></notations><lyric number="1"><text>one</text></lyric></note>
      <direction><direction-type><dynamics><f/></dynamics></direction-type></direction>
      <note>D<duration>4</duration><voice>1</voice><type>half</type><lyric number="1"><text>two</text></lyric></note>
      <barline location="right"><bar-style>light-light</bar-style></barline>
    </measure>
    <!-- between -->
    <measure number="2">
      <note>E<duration>8</duration><voice>1</voice><type>whole</type><notations><slur type="stop"/></notations></note>
      <backup><duration>8</duration></backup>
      <note>C<duration>6</duration><voice>2</voice><type>half</type><dot/></note>
      <forward><duration>2</duration></forward>
    </measure>
    <measure number="3">
      <note><rest measure="yes"/><duration>8</duration><voice>1</voice></note>
    </measure>
  </part>
</score-partwise>"""


def tree_of(text: str = SONG) -> etree._ElementTree:
    for step in "CDE":
        text = text.replace(f"<note>{step}<", f"<note>{PITCH.format(step)}<")
    return etree.fromstring(text.encode()).getroottree()


def read(tree: etree._ElementTree) -> Score:
    return read_musicxml(tree.getroot(), "song")


def note(onset: str, duration: str, step: str = "G", voice: int = 1, tuplet: Tuplet | None = None) -> Note:
    return Note(F(onset), F(duration), Pitch(step, 0, 4), voice, 1, tuplet or Tuplet())


def become(tree: etree._ElementTree, measure: int, cell: Cell) -> tuple[str, ...]:
    """Graft one new cell of the only part."""
    score = read(tree)
    after = score.with_cells({(0, measure): tuple(sorted(cell, key=note_order))})
    before = copy.deepcopy(tree)
    remarks = graft(tree, score, after)
    assert not new_faults(before, tree)
    assert read(tree) == after
    return remarks


def shape(tree: etree._ElementTree, number: str) -> list[str]:
    """Tags of a measure, with the durations of what has one."""
    measure = tree.find(f"part/measure[@number='{number}']")
    assert measure is not None
    return [" ".join(filter(None, (str(e.tag), e.findtext("duration")))) for e in measure]


def test_new_notes_stand_where_the_old_ones_stood() -> None:
    tree = tree_of()
    become(tree, 0, (note("0", "1"), note("1", "1"), note("2", "2")))
    assert shape(tree, "1") == [
        *("attributes", "direction", "note 2", "note 2", "note 4"),
        *("backup 4", "direction", "forward 4", "barline"),
    ]


def test_what_is_not_written_stays_to_the_last_blank() -> None:
    tree, before = tree_of(), tree_of()
    become(tree, 2, (note("0", "4"),))
    for path in ("part/measure[1]", "part/measure[2]", "part-list"):
        old, new = before.find(path), tree.find(path)
        assert old is not None
        assert new is not None
        assert etree.tostring(old) == etree.tostring(new)
    assert b"<!-- between -->" in etree.tostring(tree)
    assert shape(tree, "3") == ["note 8"]


def test_another_voice_is_added_and_nothing_else_touched() -> None:
    tree, before = tree_of(), etree.tostring(tree_of(), method="c14n")
    score = read(tree)
    become(tree, 0, (*score.parts[0].cells[0], note("0", "4", "A", 2)))
    assert shape(tree, "1")[-3:] == ["backup 8", "note 8", "barline"]
    measure = tree.find("part/measure")
    assert measure is not None
    for added in measure[-3:-1]:
        measure.remove(added)
    assert etree.tostring(tree, method="c14n") == before


def test_a_new_tie_into_the_next_measure_begins_in_a_measure_whose_notes_stay() -> None:
    tree = tree_of()
    score = read(tree)
    (last,) = (n for n in score.parts[0].cells[0] if n.end == 4)
    become(tree, 1, (replace(last, onset=F(0), duration=F(4), tied=True), note("0", "4", "C", 2)))
    assert tree.xpath("count(part/measure[1]//tie[@type='start'])") == 1


def crossing(levels: int) -> str:
    """The song with a beam from the last note of measure 1 over the bar line to the first of measure 2."""
    begin, end = (
        "".join(f'<beam number="{n}">{kind}</beam>' for n in range(1, levels + 1))
        for kind in ("begin", "end")
    )
    text = SONG.replace("<type>half</type><lyric", f"<type>half</type>{begin}<lyric")
    return text.replace("<type>whole</type>", f"<type>whole</type>{end}")


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("measure", [0, 1])
def test_a_beam_over_the_bar_line_of_a_rewritten_measure_is_not_left_open(measure: int, levels: int) -> None:
    tree = tree_of(crossing(levels))
    lower = [n for n in read(tree).parts[0].cells[measure] if n.voice == 2]
    become(tree, measure, (note("0", "4"), *lower))  # holds the checker to it
    assert tree.find("part/measure/note/beam") is None


def test_a_beam_of_more_notes_ends_at_the_bar_line() -> None:
    tree = tree_of(
        crossing(1).replace(
            "</type>\n        <notations>", '</type><beam number="1">begin</beam><notations>', 1
        )
    )
    beam = tree.find("part/measure/note[2]/beam")
    assert beam is not None
    beam.text = "continue"
    become(tree, 1, (note("0", "4"), *(n for n in read(tree).parts[0].cells[1] if n.voice == 2)))
    assert [b.text for b in tree.iter("beam")] == ["begin", "end"]


@pytest.mark.parametrize(("measure", "left"), [(0, None), (1, None), (2, "2"), (3, "3")])
def test_a_rest_over_several_measures_ends_before_new_notes(measure: int, left: str | None) -> None:
    style = "<attributes><measure-style><multiple-rest>4</multiple-rest></measure-style></attributes>"
    rest = '<note><rest measure="yes"/><duration>8</duration><voice>1</voice></note>'
    first, last = SONG.index("<direction>"), SONG.index("</measure>")
    text = SONG[:first] + style + rest + SONG[last : SONG.index("<!--")]
    text += "".join(f'<measure number="{n}">{rest}</measure>' for n in (2, 3, 4)) + "</part></score-partwise>"
    tree = tree_of(text)
    become(tree, measure, ())  # rests under it are as they should be
    assert tree.findtext(".//multiple-rest") == "4"
    become(tree, measure, (note("0", "4"),))
    assert tree.findtext(".//multiple-rest") == left
    assert len(tree.findall("part/measure/attributes")) == (1 if left is None else 2)


def repeated(staff: str = "") -> str:
    """SONG with a repeat sign over measures 3 and 4, of one staff or of all."""
    sign = (
        f"<attributes><measure-style{staff}>"
        '<measure-repeat type="{}">1</measure-repeat></measure-style></attributes>'
    )
    rest = '<note><rest measure="yes"/><duration>8</duration><voice>1</voice></note>'
    last = SONG.index('<measure number="3">')
    bodies = {3: sign.format("start") + rest, 4: rest, 5: sign.format("stop") + rest}
    text = SONG[:last] + "".join(f'<measure number="{n}">{body}</measure>' for n, body in bodies.items())
    return text + "</part></score-partwise>"


def test_a_repeat_sign_does_not_hide_new_notes() -> None:
    tree = tree_of(repeated())
    score = read(tree)
    half = score.with_cells({(0, 2): (note("0", "4"),)})
    with pytest.raises(RequestError, match="Song has a repeat sign that stands for measures 3 to 4"):
        graft(tree_of(repeated()), score, half)
    graft(tree, score, half.with_cells({(0, 3): (note("0", "4", "A"),)}))
    assert not check(tree)
    assert tree.find(".//measure-repeat") is None


def test_a_repeat_sign_of_another_staff_stays() -> None:
    tree = tree_of(repeated(' number="2"'))
    score = read(tree)
    graft(tree, score, score.with_cells({(0, 2): (note("0", "4"),)}))
    assert [sign.get("type") for sign in tree.iter("measure-repeat")] == ["start", "stop"]


def test_one_voice_of_two_is_replaced() -> None:
    tree = tree_of()
    upper = read(tree).parts[0].cells[1][:1]
    assert upper[0].voice == 1
    become(tree, 1, (*upper, note("0", "2", "A", 2), note("2", "2", "B", 2)))
    assert shape(tree, "2") == ["note 8", "backup 8", "note 4", "note 4"]


def test_the_upper_voice_of_two_is_replaced() -> None:
    tree = tree_of()
    lower = read(tree).parts[0].cells[1][1:]
    become(tree, 1, (note("0", "2"), note("2", "2"), *lower))
    assert shape(tree, "2") == ["note 4", "note 4", "backup 8", "note 6"]


def test_divisions_change_only_around_what_needs_others() -> None:
    tree = tree_of()
    lower = read(tree).parts[0].cells[1][1:]
    triplets = tuple(note(f"{k}/3", "1/3", "CDE"[k], 1, Tuplet(3, 2)) for k in range(3))
    become(tree, 1, (*triplets, note("1", "3"), *lower))
    assert [e.findtext("divisions") for e in tree.iter("attributes")] == ["2", "6", "2"]
    assert shape(tree, "2")[-2:] == ["backup 8", "note 6"]


def test_words_and_slurs_go_to_the_new_notes() -> None:
    tree = tree_of()
    assert become(tree, 0, (note("0", "1"), note("1", "1"), note("2", "2"))) == ()
    measure = tree.find("part/measure")
    assert measure is not None
    assert [n.findtext("lyric/text") for n in measure.iterfind("note")] == ["one", None, "two"]
    assert [len(n.findall("notations/slur[@type='start']")) for n in measure.iterfind("note")] == [0, 0, 1]


def marks_of(tree: etree._ElementTree) -> list[bool]:
    """Which of its marks the last note of the first measure has: of rhythm, of pitch, and what leads to it."""
    (*_, last) = tree.iterfind("part/measure[1]/note")
    names = ("articulations", "fermata", "ornaments", "slur")
    marks = [last.find(f"notations/{name}") is not None for name in names]
    return [*marks, tree.find("part/measure[1]/note/grace") is not None]


def test_a_note_that_is_as_it_was_keeps_its_marks_and_another_in_its_place_those_of_rhythm() -> None:
    grace = f"<note><grace/>{PITCH.format('E')}<voice>1</voice><type>eighth</type></note>"
    marks = (
        '<notations><slur type="stop"/><ornaments><mordent/></ornaments>'
        "<articulations><staccato/></articulations><fermata/></notations>"
    )
    text = SONG.replace("<note>D", f"{grace}<note>D").replace("</type><lyric", f"</type>{marks}<lyric")
    for kept in ("C", "D"):
        tree = tree_of(text)
        cell = tuple(
            n if n.pitch.step == kept else replace(n, pitch=Pitch("G", 0, 4))
            for n in read(tree).parts[0].cells[0]
        )
        become(tree, 0, cell)
        assert marks_of(tree) == [True, True, kept == "D", True, kept == "D"]
    tree = tree_of(text)
    become(tree, 0, (note("0", "3"), note("3", "1")))  # another rhythm
    assert marks_of(tree) == [False] * 5


def test_a_mark_that_all_notes_of_a_chord_have_comes_once() -> None:
    """C and D become D and G: D is as it was, and it also stands where C stood."""
    fermata = "<notations><fermata/></notations></note>"
    chord = "".join(
        f"<note>{sign}{PITCH.format(step)}<duration>8</duration><voice>1</voice><type>whole</type>{fermata}"
        for sign, step in (("", "C"), ("<chord/>", "D"))
    )
    tree = tree_of(SONG[: SONG.index("<direction>")] + chord + SONG[SONG.index("</measure>") :])
    become(tree, 0, (note("0", "4", "D"), note("0", "4", "G")))
    assert len(tree.findall("part/measure[1]/note/notations/fermata")) == 1


def test_a_slur_between_notes_that_are_as_they_were_stays() -> None:
    begun = SONG.replace(
        "<note>D", "<note>E<duration>2</duration><voice>1</voice><type>quarter</type></note><note>D"
    )
    text = begun.replace(
        "<note>D<duration>4</duration><voice>1</voice><type>half</type>",
        "<note>D<duration>2</duration><voice>1</voice><type>quarter</type>"
        + '<notations><slur type="stop"/></notations>',
    )
    tree = tree_of(text)
    cell = read(tree).parts[0].cells[0]
    become(tree, 0, (cell[0], replace(cell[1], pitch=Pitch("G", 0, 4)), cell[2]))
    ends = [
        [slur.get("type") for slur in n.iterfind("notations/slur")]
        for n in tree.iterfind("part/measure[1]/note")
    ]
    assert ends == [["start"], [], ["stop"]]


LINES = {
    "slur": "<slur type='{}'/>",
    "glissando": "<glissando type='{}' line-type='wavy'/>",
    "slide": "<slide type='{}'/>",
    "wavy-line": "<ornaments><trill-mark/><wavy-line type='{}'/></ornaments>",
    "hammer-on": "<technical><hammer-on type='{}'>H</hammer-on></technical>",
    "pull-off": "<technical><pull-off type='{}'>P</pull-off></technical>",
}


def with_line(line: str, *places: str) -> etree._ElementTree:
    """The song without slurs and words, that line between the notes at two paths."""
    tree = tree_of()
    for mark in (*tree.iter("notations"), *tree.iter("lyric")):
        mark.getparent().remove(mark)
    for place, kind in zip(places, ("start", "stop"), strict=True):
        notations = f"<notations>{LINES[line].format(kind)}</notations>"
        tree.find(f"part/{place}").append(etree.fromstring(notations))
    return tree


def ends_of(tree: etree._ElementTree, line: str) -> list[tuple[str, str]]:
    """Pitch of the note and type of each end of such a line."""
    return [
        (note.findtext("pitch/step") or "", end.get("type") or "")
        for note in tree.iterfind("part/measure/note")
        for end in note.iter(line)
    ]


@pytest.mark.parametrize("line", LINES)
def test_a_line_to_a_note_that_stays_goes_to_the_new_notes(line: str) -> None:
    for measure, steps in ((0, "GE"), (1, "DA")):
        tree = with_line(line, "measure[1]/note[2]", "measure[2]/note[1]")
        below = [n for n in read(tree).parts[0].cells[measure] if n.voice == 2]
        become(tree, measure, (note("0", "2", "A"), note("2", "2", "G"), *below))
        assert ends_of(tree, line) == [(steps[0], "start"), (steps[1], "stop")]


@pytest.mark.parametrize(("voices", "step"), [((1, 2), "B"), ((1,), "A")])
def test_a_line_stays_in_its_voice_where_that_has_notes(voices: tuple[int, ...], step: str) -> None:
    tree = with_line("glissando", "measure[1]/note[2]", "measure[2]/note[2]")
    become(tree, 1, tuple(note("0", "4", "_AB"[voice], voice) for voice in voices))
    assert ends_of(tree, "glissando") == [("D", "start"), (step, "stop")]


@pytest.mark.parametrize("line", LINES)
def test_a_line_between_notes_that_are_as_they_were_stays(line: str) -> None:
    tree = with_line(line, "measure[1]/note[1]", "measure[1]/note[2]")
    first, last = read(tree).parts[0].cells[0]
    become(tree, 0, (first, last, note("2", "2", "A")))
    assert ends_of(tree, line) == [("C", "start"), ("D", "stop")]
    assert len(tree.findall("part/measure[1]/note/notations/ornaments")) == 2 * (line == "wavy-line")


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_depends_on_pitches_goes_with_them(line: str) -> None:
    tree = with_line(line, "measure[1]/note[1]", "measure[1]/note[2]")
    first, last = read(tree).parts[0].cells[0]
    become(tree, 0, (first, replace(last, pitch=Pitch("G", 0, 4))))
    assert len(ends_of(tree, line)) == (2 if line == "slur" else 0)
    trills = tree.findall("part/measure[1]/note/notations/ornaments/trill-mark")
    assert len(trills) == (line == "wavy-line")  # the first note's own


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("measure", [0, 1])
def test_a_line_that_finds_no_new_note_goes_with_its_other_end(measure: int, line: str) -> None:
    tree = with_line(line, "measure[1]/note[2]", "measure[2]/note[1]")
    become(tree, measure, ())
    assert not ends_of(tree, line)
    assert not [n for n in tree.iter("notations") if not len(n) or not len(n[0])]


def test_a_line_between_measures_that_are_both_written_anew_stays_or_goes_whole() -> None:
    for first, kept in (((note("0", "4"),), [("G", "start"), ("A", "stop")]), ((), [])):
        tree = with_line("slur", "measure[1]/note[2]", "measure[2]/note[1]")
        score = read(tree)
        after = score.with_cells({(0, 0): first}).with_cells({(0, 1): (note("0", "4", "A"),)})
        graft(tree, score, after)
        assert ends_of(tree, "slur") == kept


def test_a_line_up_to_another_voice_ends_before_it_begins_in_the_document() -> None:
    tree = with_line("slur", "measure[2]/note[2]", "measure[2]/note[1]")
    become(tree, 1, (note("0", "2"), note("0", "2", voice=2)))
    assert ends_of(tree, "slur") == []


def test_a_syllable_without_a_note_is_reported() -> None:
    assert become(tree_of(), 0, (note("0", "4"),)) == ("Song, measure 1: 1 syllable without a note",)


def test_a_silenced_measure_gets_a_measure_rest() -> None:
    tree = tree_of()
    become(tree, 0, ())
    assert tree.find("part/measure/note/rest[@measure='yes']") is not None


def test_a_measure_that_the_part_lacks_is_refused() -> None:
    tree = tree_of()
    part = tree.find("part")
    assert part is not None
    other = etree.fromstring(etree.tostring(part))
    other.set("id", "P2")
    other.remove(other[-1])
    part.addnext(other)
    score = read(tree)
    with pytest.raises(RequestError, match="P2 has no measure 3"):
        graft(tree, score, score.with_cells({(1, 2): (note("0", "4"),)}))


def test_labels_of_the_document_are_kept() -> None:
    tree = tree_of(SONG.replace("<voice>1<", "<voice>soprano<").replace("<voice>2<", "<voice>alto<"))
    score = read(tree)
    graft(tree, score, score.with_cells({(0, 0): (note("0", "4"), note("0", "4", "A", 2))}))
    measure = tree.find("part/measure")
    assert measure is not None
    assert [n.findtext("voice") for n in measure.iterfind("note")] == ["soprano", "alto"]


def test_the_written_pitch_of_a_transposing_part() -> None:
    transpose = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>"
    tree = tree_of(SONG.replace("</attributes>", transpose))
    score = read(tree)
    after = score.with_cells({(0, 2): (replace(note("0", "4"), pitch=Pitch("B", -1, 4)),)})
    graft(tree, score, after)
    assert tree.findtext("part/measure[3]/note/pitch/step") == "C"
    assert read(tree) == after


@pytest.mark.parametrize(
    ("staff", "written"),
    [(1, {("B", None), ("G", None), ("A", None)}), (2, {("C", "sharp"), ("A", None), ("G", None)})],
)
def test_the_written_pitch_where_staves_transpose_differently(
    staff: int, written: set[tuple[str, str | None]]
) -> None:
    own = f'<transpose number="{staff}"><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>'
    tree = tree_of(SONG.replace("</time></attributes>", f"</time><staves>2</staves>{own}"))
    score = read(tree)
    cell = (replace(note("0", "4", voice=5), staff=2), replace(note("0", "2", "B"), staff=2), note("2", "2"))
    after = score.with_cells({(0, 2): cell})
    graft(tree, score, after)
    assert read(tree) == after
    notes = tree.findall("part/measure[3]/note[pitch]")
    found = [(n.findtext("pitch/step"), n.findtext("accidental")) for n in notes]
    assert set(found) == written


def test_new_notes_name_the_player_where_the_document_does() -> None:
    player = '<score-instrument id="P1-I1"><instrument-name>Voice</instrument-name></score-instrument>'
    song = SONG.replace("</part-name>", f"</part-name>{player}")
    tree = tree_of(song.replace("<duration>4</duration>", '<duration>4</duration><instrument id="P1-I1"/>'))
    become(tree, 2, (note("0", "4"),))
    named = tree.find("part/measure[3]/note/instrument")
    assert named is not None
    assert named.get("id") == "P1-I1"


@pytest.mark.parametrize("content", ["<print/>", "<attributes><divisions>3</divisions></attributes>", ""])
@pytest.mark.parametrize("end", ["", "<barline><bar-style>light-heavy</bar-style></barline>"])
def test_chord_symbols_come_into_a_measure_without_notes(content: str, end: str) -> None:
    tree = tree_of(
        SONG.replace(
            SONG[SONG.index("<note><rest measure") :], f"{content}{end}</measure></part></score-partwise>"
        )
    )
    score = read(tree)
    chords = tuple(ChordSymbol(F(onset), "G", "major") for onset in (0, 2))
    after = replace(score, measures=(*score.measures[:2], replace(score.measures[2], chords=chords)))
    graft(tree, score, after)
    assert read(tree).measures == after.measures
    assert shape(tree, "3")[-1] == ("barline" if end else "harmony")


def test_a_backup_beyond_the_start_of_the_measure_leads_to_the_start() -> None:
    tree = tree_of(SONG.replace("<backup><duration>8<", "<backup><duration>10<"))
    become(tree, 1, (*read(tree).parts[0].cells[1], note("0", "2", "F", 3)))


def test_a_note_without_a_duration_is_as_long_as_its_type() -> None:
    whole = "<voice>1</voice><type>whole"
    tree = tree_of(SONG.replace(f"<duration>8</duration>{whole}", whole))
    for added in (note("0", "2", "F", 3), note("0", "4", "A", 4)):
        become(tree, 1, (*read(tree).parts[0].cells[1], added))


def test_divisions_may_be_no_whole_number() -> None:
    text = SONG.replace("<divisions>2<", "<divisions>0.5<")
    for old, new in (("2", "0.5"), ("4", "1"), ("6", "1.5"), ("8", "2")):
        text = text.replace(f"<duration>{old}<", f"<duration>{new}<")
    tree = tree_of(text.replace("<note>E", "<attributes/><note>E"))
    upper = read(tree).parts[0].cells[1][:1]
    become(tree, 1, (*upper, note("0", "3", "A", 2)))
    assert [e.findtext("divisions") for e in tree.iter("attributes")] == ["0.5", None, "1", "0.500000"]
