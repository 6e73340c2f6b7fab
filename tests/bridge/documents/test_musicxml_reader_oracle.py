"""Our reader against music21's, note by note, over a fixed sample of music21's own corpus."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import music21
import pytest
from music21 import chord, converter, harmony, note, stream

from bridge.documents.document import open_document
from engine.score import Score

CORPUS = Path(music21.__file__).parent / "corpus"
SAMPLE = (
    "bach/bwv269.mxl",  # pickup
    "bach/bwv7.7.mxl",
    "monteverdi/madrigal.3.6.mxl",
    "joplin/maple_leaf_rag.mxl",  # two staves, repeats
    "schumann_clara/polonaise_op1n1.mxl",  # grace notes, voices
    "leadSheet/fosterBrownHair.mxl",  # chord symbols
    "leadSheet/berlinAlexandersRagtime.mxl",
    "webern/webern_dormi_jesu_op_16_no_2.mxl",  # changing metres, clarinet
    "verdi/laDonnaEMobile.mxl",
    "lusitano/allor_che_ignuda.mxl",
    "liliuokalani/aloha_oe.mxl",
    "trecento/PMFC_23_19-Kyrie Perrinet.xml",  # transposing parts
    "theoryExercises/checker_demo.mxl",
)
Sound = tuple[int, Fraction, Fraction, int]  # measure index, onset, duration, MIDI key


def ours(score: Score) -> Counter[Sound]:
    return Counter(
        (i, n.onset, n.duration, n.pitch.midi)
        for p in score.parts
        for i, cell in enumerate(p.cells)
        for n in cell
    )


def theirs(path: Path) -> Counter[Sound]:
    parsed = converter.parse(path, format="musicxml", forceSource=True).toSoundingPitch()
    return Counter(
        (i, Fraction(element.getOffsetInHierarchy(measure)), Fraction(element.quarterLength), round(pitch.ps))
        for part in parsed.parts
        for i, measure in enumerate(part.getElementsByClass(stream.Measure))
        for element in measure.recurse().getElementsByClass((note.Note, chord.Chord))
        if not element.duration.isGrace and not isinstance(element, harmony.ChordSymbol)
        for pitch in element.pitches
    )


@pytest.mark.parametrize("name", SAMPLE)
def test_same_notes_as_music21(name: str) -> None:
    score = open_document(CORPUS / name).score
    found = ours(score)
    assert found == theirs(CORPUS / name)
    assert found
    cells = [cell for part in score.parts for cell in zip(part.cells, score.measures, strict=True)]
    assert all(n.end <= measure.duration for notes, measure in cells for n in notes)
