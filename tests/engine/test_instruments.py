from __future__ import annotations

import pytest

from engine.instruments import INSTRUMENTS, SETS, recognise


@pytest.mark.parametrize(
    ("name", "instrument"),
    [
        ("Singstimme Voice", "voice"),
        ("Pianoforte", "piano"),
        ("Bass", "bass-voice"),
        ("Bass Clarinet", "clarinet"),
        ("Alto Saxophone", "clarinet"),
        ("Contrabassoon", "bassoon"),
        ("Double Bass", "bass"),
        ("Bass Guitar", "bass"),
        ("Violoncello", "cello"),
        ("Violin I", "violin"),
        ("Horn in F", "horn"),
        ("Horns", "horn"),
        ("French Horn", "horn"),
        ("English Horn", "oboe"),
        ("Cor anglais", "oboe"),
        ("Basset Horn", "clarinet"),
        ("Tenor Horn", "trombone"),
        ("Baritone Horn", "trombone"),
        ("Sopranos", "soprano"),
        ("Altos", "alto"),
        ("Tenors", "tenor"),
        ("Tenores", "tenor"),
        ("Basses", "bass-voice"),
        ("Baritones", "bass-voice"),
        ("Violins", "violin"),
        ("Violas", "viola"),
        ("Bass Voice", "bass-voice"),
        ("Soprano voice", "soprano"),
        ("Alto voice", "alto"),
        ("Tenor Solo Voice", "tenor"),
        ("Voice", "voice"),
        ("Voices", "voice"),
        ("Voice Flute", "flute"),
        ("Lead Guitar", "guitar"),
        ("Song Piano", "piano"),
        ("", "other"),
    ],
)
def test_names_are_recognised(name, instrument):
    assert recognise(name) == instrument


def test_two_nameless_staves_are_a_piano():
    assert recognise("MusicXML Part", staves=2) == "piano"


def test_every_label_names_its_own_instrument():
    for instrument in INSTRUMENTS.values():
        if instrument.words:
            assert recognise(instrument.label) == instrument.name


def test_sets_and_ranges_make_sense():
    assert all(name in INSTRUMENTS for names in SETS.values() for name in names)
    assert all(0 <= i.low < i.high <= 127 and i.clefs for i in INSTRUMENTS.values())
