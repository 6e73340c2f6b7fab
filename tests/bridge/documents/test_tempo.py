"""Tempos go from MIDI to MusicXML and back."""

from __future__ import annotations

import time
from fractions import Fraction as F

from lxml import etree

from bridge.documents.midi_file import Performance, Sounding, Strand
from bridge.documents.midi_reader import read_midi
from bridge.documents.midi_timeline import timeline
from bridge.documents.midi_writer import write_midi
from bridge.documents.musicxml_reader import read_musicxml
from bridge.documents.musicxml_writer import write_musicxml
from engine.pitch import Pitch
from engine.score import Key, Measure, Note, Part, Score, Tempo

PACES = ((Tempo(F(0), F(132)),), (Tempo(F(1, 2), F(90)), Tempo(F(2), F(61, 2))), (), (Tempo(F(0), F(72)),))


def score() -> Score:
    measures = tuple(Measure(str(n), F(4), tempos=tempos) for n, tempos in enumerate(PACES, 1))
    cells = tuple((Note(F(0), F(4), Pitch("C", 0, 4)),) for _ in measures)
    return Score(measures, (Part("P1", "Voice", "voice", 1, cells),))


def test_musicxml_keeps_them(schema: etree.XMLSchema) -> None:
    tree = write_musicxml(score())
    assert schema.validate(tree), schema.error_log
    assert read_musicxml(tree.getroot(), "test").measures == score().measures
    assert [mark.findtext("per-minute") for mark in tree.iter("metronome")] == ["132"]


def test_midi_keeps_them() -> None:
    back = read_midi(write_midi(score()), "test")
    assert [measure.tempos for measure in back.measures] == list(PACES)


def test_a_long_map_of_tempos_takes_no_time() -> None:
    paces = [(F(2 * n), F(120 + n % 2)) for n in range(4000)]
    strand = Strand("Voice", 0, notes=[Sounding(F(0), F(7999), 60)])
    performance = Performance(480, "", (strand,), (), (), tuple(paces))
    start = time.process_time()
    measures = timeline(performance, Key(), "test").measures
    assert time.process_time() - start < 2  # seconds; looked through for each measure they take ten
    assert [measure.tempos for measure in measures] == [(Tempo(F(0), F(120)), Tempo(F(2), F(121)))] * 2000 + [
        ()
    ]


def test_the_offset_of_a_direction_counts() -> None:
    text = """<score-partwise><part-list><score-part id="P1"><part-name>V</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>2</divisions></attributes>
<direction><direction-type><words>slower</words></direction-type><offset>4</offset><sound tempo="60.5"/></direction>
<note><rest/><duration>8</duration></note></measure></part></score-partwise>"""
    assert read_musicxml(etree.fromstring(text), "test").measures[0].tempos == (Tempo(F(2), F(121, 2)),)
