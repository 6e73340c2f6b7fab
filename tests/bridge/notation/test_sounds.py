"""Placed sounds become cells that sound the same, in values that an engraver would write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction as F
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.documents.musicxml_reader import read_musicxml
from bridge.documents.musicxml_writer import write_musicxml
from bridge.errors import EngineError
from bridge.notation.sounds import cells_of, without_notation
from engine.notator.sounds import Placed, Sound, sound_order, sounds_of
from engine.pitch import Pitch
from engine.score import PLAIN, Cell, Measure, Metre, NoteValue, Part, Score

METRES = (
    Metre(4, 4),
    Metre(3, 4),
    Metre(6, 8),
    Metre(5, 8),
    Metre(2, 2),
    Metre(7, 8),
    Metre(4, 8),
    Metre(12, 8),
)
SEVEN = " ".join(f"{F(3, 14) * k}:3/14[7:6]" for k in range(6))
FIVE = " ".join(f"{F(3, 10) * k}:3/10[5:3]" for k in range(4))


def placed(onset: str | F, duration: str | F, pitch: str = "C5", voice: int = 1) -> Placed:
    name = Pitch(pitch[0], 0, int(pitch[1]))
    return Placed(Sound(F(onset), F(duration), name.midi), name, voice)


def measures(count: int = 2, metre: Metre = METRES[0]) -> list[Measure]:
    return [Measure(str(i), metre.duration, metre) for i in range(1, count + 1)]


def read(cell: Cell) -> str:
    """onset:duration of each note, ~ before those that are tied, and the ratios of tuplets."""
    texts = []
    for note in cell:
        ratio = f"[{note.tuplet.actual}:{note.tuplet.normal}]" if note.tuplet != PLAIN else ""
        texts.append(f"{'~' if note.tied else ''}{note.onset}:{note.duration}{ratio}")
    return " ".join(texts)


@pytest.mark.parametrize(
    ("sounds", "metre", "expected"),
    [
        ([placed("3", "2")], Metre(4, 4), ["3:1", "~0:1"]),
        ([placed("0", "5/4")], Metre(4, 4), ["0:1 ~1:1/4", ""]),
        ([placed("1/2", "2")], Metre(3, 4), ["1/2:1/2 ~1:1 ~2:1/2", ""]),
        ([placed("3/2", "1")], Metre(4, 4), ["3/2:1", ""]),
        ([placed("1", "1")], Metre(6, 8), ["1:1/2 ~3/2:1/2", ""]),
        (
            [placed(F(k, 3), F(1, 3)) for k in range(3)],
            Metre(4, 4),
            ["0:1/3[3:2] 1/3:1/3[3:2] 2/3:1/3[3:2]", ""],
        ),
        # A quarter tied into a triplet shows the beat.
        ([placed("1", "4/3"), placed("7/3", "2/3")], Metre(4, 4), ["1:1 ~2:1/3[3:2] 7/3:2/3[3:2]", ""]),
        (
            [placed(2 * F(k, 3), F(2, 3)) for k in range(3)],
            Metre(4, 4),
            ["0:2/3[3:2] 2/3:2/3[3:2] 4/3:2/3[3:2]", ""],
        ),
        ([placed(F(3, 14) * k, F(3, 14)) for k in range(6)], Metre(6, 8), [SEVEN, ""]),
        ([placed(F(3, 10) * k, F(3, 10)) for k in range(4)], Metre(6, 8), [FIVE, ""]),
        ([placed("0", "1/11")], Metre(4, 4), ["0:1/11[11:8]", ""]),
        ([placed("0", "1/9")], Metre(4, 4), ["0:1/9[9:8]", ""]),
    ],
)
def test_values(sounds: list[Placed], metre: Metre, expected: list[str]) -> None:
    assert [read(cell) for cell in cells_of(sounds, measures(2, metre))] == expected


def test_what_sounds_on_in_a_voice_is_tied_to_the_next_chord() -> None:
    held = [placed("0", "2", "C5"), placed("0", "1", "E5"), placed("1", "1", "F5")]
    assert read(cells_of(held, measures())[0]) == "0:1 0:1 ~1:1 1:1"
    apart = [placed("0", "2", "C5"), placed("0", "1", "E5", 2), placed("1", "1", "F5", 2)]
    assert read(cells_of(apart, measures())[0]) == "0:2 0:1 1:1"


def test_notes_are_on_the_home_staff_of_their_voice() -> None:
    assert [(n.voice, n.staff) for n in cells_of([placed("0", "1", voice=6)], measures())[0]] == [(6, 2)]


def test_times_that_no_tuplet_reaches_have_no_notation() -> None:
    odd = [placed("0", "1/17"), placed("4", "1")]
    assert without_notation(odd, measures()) == {0}
    with pytest.raises(EngineError, match="measure 1, voice 1"):
        cells_of(odd, measures())


@st.composite
def pieces(draw: st.DrawFn) -> tuple[list[Placed], list[Measure]]:
    """Lines of sounds in up to three voices, each with keys of its own; every quarter has one grid in all voices."""
    metre = draw(st.sampled_from(METRES))
    score = measures(draw(st.integers(1, 3)), metre)
    if draw(st.booleans()):
        score.insert(0, Measure("0", F(draw(st.integers(1, 3)), 4), metre, implicit=True))
    grids = draw(
        st.sampled_from([(1, 2, 4), (1, 2, 3), (2, 3, 6), (1, 5), (1, 7), (1, 2, 9), (2, 11), (4, 13)])
    )
    times = [F(0)]
    for start, end in _beats(score):
        step = (end - start) / draw(st.sampled_from(grids))
        times += [start + k * step for k in range(1, int((end - start) / step) + 1)]
    found = []
    for voice in draw(st.sets(st.sampled_from([1, 2, 5]), min_size=1)):
        edges = sorted(draw(st.sets(st.sampled_from(times), min_size=2, max_size=12)))
        for onset, stop in pairwise(edges):
            for name in draw(st.sets(st.sampled_from("CDEFGAB"), max_size=2)):
                found.append(placed(onset, stop - onset, f"{name}{voice}", voice))
    return found, score


def _beats(score: Sequence[Measure]) -> Iterator[tuple[F, F]]:
    """Quarters, or what a measure has left of one."""
    starts = list(accumulate((measure.duration for measure in score), initial=F(0)))
    for measure, start in zip(score, starts, strict=False):
        at = start
        while at < start + measure.duration:
            stop = min(at + 1, start + measure.duration)
            yield at, stop
            at = stop


@settings(max_examples=60)
@given(pieces())
def test_cells_sound_as_they_should(piece: tuple[list[Placed], list[Measure]]) -> None:
    sounds, score = piece
    spoilt = without_notation(sounds, score)
    sounds = sounds if not spoilt else []
    cells = cells_of(sounds, score)
    part = Part("P1", "Piano", "piano", 2, cells)
    assert sounds_of(part, score) == sorted((one.sound for one in sounds), key=sound_order)
    for note in (note for cell in cells for note in cell):
        assert NoteValue.from_duration(note.duration, note.tuplet), note
    back = read_musicxml(write_musicxml(Score(tuple(score), (part,))).getroot(), "back.musicxml")
    assert sounds_of(back.parts[0], back.measures) == sounds_of(part, score)
