"""Rhythms that Obbligato would not write itself, as scores by others have them."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from bridge.documents.checker import music_faults
from bridge.documents.musicxml_reader import read_musicxml
from bridge.documents.musicxml_writer import write_musicxml
from engine.pitch import Pitch
from engine.score import PLAIN, Measure, Metre, Note, Part, Score, Tuplet

THIRD, NINTH = F(1, 3), F(1, 9)
TRIPLET, SEXTUPLET, NESTED = Tuplet(3, 2), Tuplet(6, 4), Tuplet(9, 4)
NESTED_TRIPLET = [(THIRD + k * NINTH, NINTH, NESTED) for k in range(3)]
Span = tuple[F, F, Tuplet]


@pytest.mark.parametrize(
    ("metre", "spans", "types", "marks"),
    [
        # Dotted quarters in triplets, each alone in its group.
        (
            Metre(3, 4),
            [(F(k), F(1), TRIPLET) for k in range(3)],
            "quarter. quarter. quarter.",
            "start stop start stop start stop",
        ),
        (Metre(2, 4), [(F(0), F(2), SEXTUPLET)], "half.", "start stop"),
        (
            Metre(2, 4),  # begins off the beat
            [(F(0), F(1, 2), PLAIN), *((F(1, 2) + k * THIRD, THIRD, TRIPLET) for k in range(3))],
            "eighth eighth eighth eighth eighth",
            "start stop",
        ),
        (
            Metre(2, 4),  # three in the time of the second of three
            [(F(0), THIRD, TRIPLET), *NESTED_TRIPLET, (2 * THIRD, THIRD, TRIPLET)],
            "eighth 16th 16th 16th eighth quarter",
            "start stop",
        ),
    ],
)
def test_tuplets_by_others_can_be_written(metre: Metre, spans: list[Span], types: str, marks: str) -> None:
    cell = tuple(Note(onset, duration, Pitch("C", 0, 5), tuplet=tuplet) for onset, duration, tuplet in spans)
    score = Score((Measure("1", metre.duration, metre),), (Part("P1", "Flute", "flute", cells=(cell,)),))
    tree = write_musicxml(score)
    notes = list(tree.iter("note"))
    assert " ".join(f"{n.findtext('type')}{'.' * len(n.findall('dot'))}" for n in notes) == types
    assert " ".join(str(mark.get("type")) for mark in tree.iter("tuplet")) == marks
    assert list(music_faults(tree.getroot(), tree.findall("part"))) == []
    assert read_musicxml(tree.getroot(), "flute.musicxml").parts[0].cells == (cell,)
