"""The scores in examples/ are what examples/README.md says."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from lxml import etree
from musescore.headless import Loaded

EXAMPLES = Path(__file__).parents[1] / "examples"
# What each is here for: metre, measures (a pickup is one more), fifths as written, and more.
PROMISES = {
    "ode-to-joy": ("4/4", 16, 2),
    "minuet-in-g": ("3/4", 16, 1),
    "silent-night": ("6/8", 12, -2),
    "auld-lang-syne": ("4/4", 16, -1),
    "greensleeves": ("6/8", 16, 0),
    "largo": ("4/4", 12, -3),
    "barcarole": ("6/8", 16, -1),
    "dance-in-five": ("5/8", 16, -1),
}
OURS = {"barcarole", "dance-in-five"}
PICKUPS = {"auld-lang-syne": Fraction(1), "greensleeves": Fraction(1, 2)}
SUNG = {"ode-to-joy", "silent-night", "auld-lang-syne"}

Tree = etree._Element


def read(name: str) -> Tree:
    return etree.parse(EXAMPLES / f"{name}.musicxml").getroot()


def quarters(measure: Tree, divisions: int) -> Fraction:
    return Fraction(sum(int(d.text or "") for d in measure.iterfind("note/duration")), divisions)


def sounding(note: Tree) -> int:
    steps = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    step, alter = note.findtext("pitch/step", ""), int(note.findtext("pitch/alter", "0"))
    return steps[step] + alter + 12 * (int(note.findtext("pitch/octave", "")) + 1)


def written_alters(root: Tree) -> Iterator[tuple[str, int, str | None]]:
    """Of each note: its sign as the page shows it (key signature, accidentals so far), its alter, and its place."""
    fifths = int(root.findtext(".//fifths", ""))
    order = "FCGDAEB" if fifths > 0 else "BEADGCF"
    key = dict.fromkeys(order[: abs(fifths)], 1 if fifths > 0 else -1)
    values = {"sharp": 1, "flat": -1, "natural": 0}
    for measure in root.iter("measure"):
        shown: dict[tuple[str, str], int] = {}
        for note in measure.iterfind("note[pitch]"):
            place = (note.findtext("pitch/step", ""), note.findtext("pitch/octave", ""))
            if accidental := note.findtext("accidental"):
                shown[place] = values[accidental]
            sign = shown.get(place, key.get(place[0], 0))
            yield f"{place[0]}{sign:+d}", int(note.findtext("pitch/alter", "0")), measure.get("number")


def test_the_list_is_complete() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.musicxml") if ".obbligato" not in path.name}
    assert names == set(PROMISES)
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"{name}.musicxml" in readme for name in names)


@pytest.mark.parametrize("name", PROMISES)
class TestEveryExample:
    def test_follows_the_schema(self, name: str, schema: etree.XMLSchema) -> None:
        schema.validate(etree.parse(EXAMPLES / f"{name}.musicxml"))
        assert [error.message for error in schema.error_log] == []

    def test_says_what_it_is(self, name: str) -> None:
        root = read(name)
        metre, _, fifths = PROMISES[name]
        assert root.findtext("work/work-title")
        assert root.findtext("identification/creator[@type='composer']")
        assert root.findtext("identification/rights") == ("CC0 1.0" if name in OURS else "Public domain")
        assert f"{root.findtext('.//beats')}/{root.findtext('.//beat-type')}" == metre
        assert root.findtext(".//fifths") == str(fifths)
        assert root.find(".//sound[@tempo]") is not None

    def test_measures_are_full(self, name: str) -> None:
        root = read(name)
        metre, count, _ = PROMISES[name]
        beats, unit = map(int, metre.split("/"))
        full, pickup = Fraction(4 * beats, unit), PICKUPS.get(name, Fraction())
        lengths = [quarters(m, int(root.findtext(".//divisions", ""))) for m in root.iter("measure")]
        expected = [full] * (count - 1) + [full - pickup]
        assert lengths == ([pickup] if pickup else []) + expected

    def test_numbers_run_from_the_pickup(self, name: str) -> None:
        measures = list(read(name).iter("measure"))
        start = 0 if name in PICKUPS else 1
        assert [m.get("number") for m in measures] == [str(start + i) for i in range(len(measures))]
        assert (measures[0].get("implicit") == "yes") == (name in PICKUPS)

    def test_types_and_dots_agree_with_durations(self, name: str) -> None:
        root = read(name)
        bases = {
            "half": Fraction(2),
            "quarter": Fraction(1),
            "eighth": Fraction(1, 2),
            "16th": Fraction(1, 4),
        }
        for note in root.iter("note"):
            value = bases[note.findtext("type", "")] * (2 - Fraction(1, 2 ** len(note.findall("dot"))))
            value *= Fraction(3, 2) if note.find("time-modification") is not None else 1  # duplets
            assert value * int(root.findtext(".//divisions", "")) == int(note.findtext("duration", ""))

    def test_accidentals_show_the_pitches(self, name: str) -> None:
        wrong = [(s, alter, at) for s, alter, at in written_alters(read(name)) if int(s[1:]) != alter]
        assert wrong == []

    def test_ties_join_equal_pitches(self, name: str) -> None:
        notes = list(read(name).iterfind(".//note"))
        for first, second in itertools.pairwise(notes):
            opened = first.find("tie[@type='start']") is not None
            closed = second.find("tie[@type='stop']") is not None
            assert opened == closed
            assert not opened or sounding(first) == sounding(second)

    def test_slurs_and_beams_close(self, name: str) -> None:
        root = read(name)
        slurs = [slur.get("type") for slur in root.iter("slur")]
        assert slurs == ["start", "stop"] * (len(slurs) // 2)
        for level in "12":
            beams = [
                b.text for b in root.iterfind(f".//beam[@number='{level}']") if b.text in ("begin", "end")
            ]
            assert beams == ["begin", "end"] * (len(beams) // 2)

    def test_words_have_whole_syllables(self, name: str) -> None:
        syllables = [s.text for s in read(name).iterfind(".//lyric/syllabic")]
        assert bool(syllables) == (name in SUNG)
        inside = False
        for syllable in syllables:
            assert inside == (syllable in ("middle", "end"))
            inside = syllable in ("begin", "middle")
        assert not inside

    def test_musescore_loads_it(self, name: str, musescore: Callable[[Path], Loaded]) -> None:
        loaded = musescore(EXAMPLES / f"{name}.musicxml")
        count = PROMISES[name][1] + (name in PICKUPS)
        assert loaded.problems == ()
        assert (loaded.measures, loaded.staves) == (count, 1)
        assert set(loaded.irregular) == ({1, count} if name in PICKUPS else set())


def test_greensleeves_has_chord_symbols_in_every_full_measure() -> None:
    measures = list(read("greensleeves").iter("measure"))[1:]
    assert all(measure.find("harmony/root/root-step") is not None for measure in measures)
    assert {kind.text for kind in read("greensleeves").iter("kind")} == {"major", "minor", "dominant"}


def test_the_largo_sounds_in_d_flat() -> None:
    root = read("largo")
    assert root.findtext(".//transpose/diatonic") == "-1"
    shift = int(root.findtext(".//transpose/chromatic", ""))
    last = root.findall(".//note")[-1]
    assert (sounding(last) + shift) % 12 == 1


def test_the_barcarole_has_duplets() -> None:
    ratios = {
        (m.findtext("actual-notes"), m.findtext("normal-notes"))
        for m in read("barcarole").iter("time-modification")
    }
    assert ratios == {("2", "3")}


def test_the_minuet_repeats() -> None:
    last = read("minuet-in-g").findall(".//measure")[-1]
    assert last.find("barline/repeat[@direction='backward']") is not None
