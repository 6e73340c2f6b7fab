"""The instruments that Obbligato knows: names, ranges, hands, and how each is written down.

Ranges are those of an orchestration textbook for a good amateur, at sounding pitch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.pitch import Interval


@dataclass(frozen=True, slots=True)
class Instrument:
    """``low`` and ``high`` are MIDI key numbers, inclusive. ``notes`` is the most notes one player (for a
    keyboard or harp: one hand, that is one staff) sounds at once, ``span`` the widest chord of one
    hand in semitones. ``clefs`` names the usual clef of each staff. ``transposition`` is written to sounding.
    """

    name: str
    label: str
    abbreviation: str
    family: str  # voice, keyboard, plucked, strings, woodwind, brass, other
    program: int  # General MIDI, from 1
    sound: str  # MusicXML instrument-sound
    low: int
    high: int
    clefs: tuple[str, ...] = ("treble",)
    notes: int = 1
    span: int = 0
    transposition: Interval = Interval()
    words: str = ""  # regular expression over lower-case part names

    @property
    def staves(self) -> int:
        return len(self.clefs)


_OCTAVE_DOWN = Interval(-7, -12)

INSTRUMENTS: dict[str, Instrument] = {
    i.name: i
    for i in (
        Instrument("piano", "Piano", "Pno.", "keyboard", 1, "keyboard.piano", 21, 108, ("treble", "bass"), 5, 16,
                   words=r"piano|klavier|pianoforte|keyboard|clavier|fortepiano|celesta|\bpno"),
        Instrument("harpsichord", "Harpsichord", "Hpschd.", "keyboard", 7, "keyboard.harpsichord", 29, 89,
                   ("treble", "bass"), 5, 16, words=r"harpsichord|cembalo|clavecin|virginal"),
        Instrument("organ", "Organ", "Org.", "keyboard", 20, "keyboard.organ", 36, 96, ("treble", "bass"), 5, 16,
                   words=r"organs?\b|orgel|orgue|organo|harmonium"),
        Instrument("harp", "Harp", "Hrp.", "plucked", 47, "pluck.harp", 24, 103, ("treble", "bass"), 4, 16,
                   words=r"\bharps?\b|harfe|harpe|\barpa"),
        Instrument("guitar", "Guitar", "Guit.", "plucked", 25, "pluck.guitar.nylon-string", 40, 83, ("treble",), 6, 28,
                   _OCTAVE_DOWN, words=r"(?<!bass )guitar|gitarre|chitarra|\blute\b|laute"),
        Instrument("soprano", "Soprano", "S.", "voice", 53, "voice.soprano", 60, 81, words=r"soprano|sopran|\bs\.?$|descant|treble"),
        Instrument("alto", "Alto", "A.", "voice", 53, "voice.alto", 53, 74, words=r"\balt(os?|us|i)?\b|mezzo|contralto|\ba\.?$"),
        Instrument("tenor", "Tenor", "T.", "voice", 53, "voice.tenor", 48, 69, ("treble-8",), 1, 0,
                   words=r"\btenor(s|es?|i)?\b|\bt\.?$"),
        Instrument("bass-voice", "Bass", "B.", "voice", 53, "voice.bass", 40, 64, ("bass",),
                   words=r"^(bass(es|o|i|us)?|bariton(s|es?|i)?)\b(?!.*(guitar|double|kontra|clar|tromb|drum))|\bb\.?$"),
        Instrument("voice", "Voice", "Vo.", "voice", 53, "voice.vocals", 48, 81,
                   words=r"voice|stimme|chant\b|gesang|voix|canto|vocal|voc\b|singstimme|sang\b|song|melody|lead|choir|chor\b"),
        Instrument("violin", "Violin", "Vln.", "strings", 41, "strings.violin", 55, 100, words=r"violin(?!cello)|violon\b|geige|fiddle"),
        Instrument("viola", "Viola", "Vla.", "strings", 42, "strings.viola", 48, 88, ("alto",), words=r"\bviolas?\b|bratsche"),
        Instrument("cello", "Violoncello", "Vc.", "strings", 43, "strings.cello", 36, 76, ("bass",), words=r"cello|violoncell"),
        Instrument("bass", "Contrabass", "Cb.", "strings", 44, "strings.contrabass", 28, 60, ("bass",), 1, 0,
                   _OCTAVE_DOWN, words=r"contrabass(?!oon)|double ?bass|kontrabass|bass guitar|contrebasse|electric bass"),
        Instrument("flute", "Flute", "Fl.", "woodwind", 74, "wind.flutes.flute", 60, 96, words=r"flute|flöte|flauto|flûte|recorder|piccolo"),
        Instrument("oboe", "Oboe", "Ob.", "woodwind", 69, "wind.reed.oboe", 58, 89, words=r"oboe|hautbois|english horn|cor anglais"),
        Instrument("clarinet", "Clarinet in B♭", "Cl.", "woodwind", 72, "wind.reed.clarinet.bflat", 50, 91, ("treble",), 1, 0,
                   Interval(-1, -2), words=r"clarinet|klarinette|clarinette|basset ?horn|saxophone|\bsax"),
        Instrument("bassoon", "Bassoon", "Bsn.", "woodwind", 71, "wind.reed.bassoon", 34, 72, ("bass",), words=r"bassoon|fagott?|basson"),
        Instrument("horn", "Horn in F", "Hn.", "brass", 61, "brass.french-horn", 41, 77, ("treble",), 1, 0,
                   Interval(-4, -7), words=r"\bhorns?\b|\bcorn[io]\b|\bcor\b"),
        Instrument("trumpet", "Trumpet in B♭", "Tpt.", "brass", 57, "brass.trumpet", 54, 84, ("treble",), 1, 0,
                   Interval(-1, -2), words=r"trumpet|trompete?|tromba|cornet"),
        Instrument("trombone", "Trombone", "Tbn.", "brass", 58, "brass.trombone", 40, 72, ("bass",), words=r"trombone|posaune|\b(tenor|baritone?) ?horn"),
        Instrument("tuba", "Tuba", "Tba.", "brass", 59, "brass.tuba", 26, 60, ("bass",), words=r"tuba|euphonium"),
        Instrument("other", "Instrument", "Inst.", "other", 1, "", 21, 108, ("treble",), 6, 24),
    )
}  # fmt: skip

# Those of one note at a time.
SINGERS = tuple(instrument.name for instrument in INSTRUMENTS.values() if instrument.notes == 1)

SETS: dict[str, tuple[str, ...]] = {
    "string-quartet": ("violin", "violin", "viola", "cello"),
    "satb": ("soprano", "alto", "tenor", "bass-voice"),
    "band": ("guitar", "piano", "bass"),
}

VOICES = SETS["satb"]  # from the highest

_RECOGNISERS = tuple((re.compile(i.words), i.name) for i in INSTRUMENTS.values() if i.words)


def recognise(name: str, staves: int = 1) -> str:
    """The instrument that a part name in English, German, French or Italian means, ``other`` when none fits.

    Of several matches ("Alto Saxophone", "English Horn") the one that ends last wins, because scores put the qualifier
    first, and of these the longest; a mere voice only where nothing else fits ("Alto Voice"). Two staves without a name
    are a piano.
    """
    text = name.lower().strip()
    matches = [(found, m) for pattern, found in _RECOGNISERS for m in pattern.finditer(text)]
    if matches:
        return max(matches, key=lambda match: (match[0] != "voice", match[1].end(), -match[1].start()))[0]
    return "piano" if staves >= 2 else "other"


def voice_of(instrument: str, name: str) -> str:
    """Which voice of a choir a part is, by its instrument or its name: a soprano where neither says."""
    return next((found for found in (instrument, recognise(name)) if found in VOICES), VOICES[0])
