"""The score model: plain, exact, immutable, shared by ``bridge`` and ``engine``.

Everything is at concert (sounding) pitch and every time is a ``Fraction`` of a quarter note. What the
model leaves out (layout, lyrics, dynamics, slurs) stays in the user's document, which is never
rebuilt from it. Rests are not stored: in each voice they are what the notes leave free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from engine.exact import Fraction
from engine.pitch import Interval, Pitch

VOICES_PER_STAFF = 4


@dataclass(frozen=True, slots=True)
class Tuplet:
    """``actual`` notes in the time of ``normal``; (1, 1) is no tuplet. Nested tuplets are multiplied out."""

    actual: int = 1
    normal: int = 1

    @property
    def ratio(self) -> Fraction:
        return Fraction(self.normal, self.actual)

    @property
    def reduced(self) -> Tuplet:
        """The same ratio in smallest numbers: a sextuplet is two triplets."""
        return Tuplet(self.ratio.denominator, self.ratio.numerator)


PLAIN = Tuplet()


@dataclass(frozen=True, slots=True)
class NoteValue:
    """A notated value: ``base`` in quarters (4 is a whole note, 1/2 an eighth), ``dots`` and ``tuplet``."""

    base: Fraction
    dots: int = 0
    tuplet: Tuplet = PLAIN

    @property
    def duration(self) -> Fraction:
        """Length in quarters."""
        return self.base * (2 - Fraction(1, 2**self.dots)) * self.tuplet.ratio

    @classmethod
    def from_duration(cls, duration: Fraction, tuplet: Tuplet = PLAIN) -> NoteValue | None:
        """The single notated value of that length (at most two dots, breve to 256th), or None if there is none."""
        return _notated(duration, tuplet)


@lru_cache(maxsize=1 << 14)
def _notated(duration: Fraction, tuplet: Tuplet) -> NoteValue | None:
    plain = duration / tuplet.ratio
    for dots, factor in ((0, 1), (1, 3), (2, 7)):
        base = plain * 2**dots / factor
        if _is_power_of_two(base) and Fraction(1, 64) <= base <= 8:
            return NoteValue(base, dots, tuplet)
    return None


def _is_power_of_two(x: Fraction) -> bool:
    n, d = x.numerator, x.denominator
    return n > 0 and n & (n - 1) == 0 and d & (d - 1) == 0


@dataclass(frozen=True, slots=True)
class Note:
    """One note head.

    A chord is several notes with the same onset, duration and voice. A tied note is several notes,
    each after the first with ``tied`` set, so that a tie can never end in nothing. ``voice`` is
    global to the part: 1 to 4 live on staff 1, 5 to 8 on staff 2 and so on (the home staff); ``staff``
    differs from the home staff only where a voice crosses over. ``duration`` with ``tuplet`` fixes the
    notated value (see ``NoteValue.from_duration``); grace notes are not in the model.
    """

    onset: Fraction  # quarters from the start of the measure
    duration: Fraction  # quarters, > 0
    pitch: Pitch  # sounding
    voice: int = 1
    staff: int = 1
    tuplet: Tuplet = PLAIN
    tied: bool = False  # continues the note of the same pitch that ends where this one starts

    @property
    def end(self) -> Fraction:
        return self.onset + self.duration


def home_staff(voice: int) -> int:
    """The staff (from 1) on which that voice lives."""
    return (voice - 1) // VOICES_PER_STAFF + 1


def first_voice(staff: int) -> int:
    """The first of the voices that live on a staff."""
    return VOICES_PER_STAFF * (staff - 1) + 1


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature: ``beats`` of 1/``unit`` notes. 3+2/8 has beats 5 and groups (3, 2)."""

    beats: int = 4
    unit: int = 4
    groups: tuple[int, ...] = ()
    symbol: str = ""  # "", "common", "cut"; "senza" for senza misura (beats and unit then mean nothing)

    @property
    def duration(self) -> Fraction:
        """Length of a full measure in quarters."""
        return Fraction(4 * self.beats, self.unit)


@dataclass(frozen=True, slots=True)
class Key:
    """A key signature at concert pitch: ``fifths`` -7..7, ``mode`` "major", "minor", another MusicXML mode or ""."""

    fifths: int = 0
    mode: str = ""


@dataclass(frozen=True, slots=True)
class ChordSymbol:
    """A chord symbol at concert pitch; ``kind`` is MusicXML's (``major``, ``dominant``, ...), names carry no octave."""

    onset: Fraction
    root: str  # "C", "F#", "Bb": step and accidentals
    kind: str
    bass: str = ""
    text: str = ""  # as printed after the root, when the document says


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo that holds from a place in a measure on, in quarters a minute."""

    onset: Fraction
    pace: Fraction


@dataclass(frozen=True, slots=True)
class Measure:
    """What all parts share in one measure. ``duration`` is the real length: less than the metre's in a pickup."""

    number: str  # as printed
    duration: Fraction
    metre: Metre = Metre()
    key: Key = Key()
    chords: tuple[ChordSymbol, ...] = ()
    implicit: bool = False  # a pickup, or the second half of a split measure: not counted
    start_repeat: bool = False
    end_repeat: bool = False
    endings: tuple[int, ...] = ()
    tempos: tuple[Tempo, ...] = ()  # where it changes


Cell = tuple[Note, ...]  # one measure of one part, in ``note_order``


def note_order(note: Note) -> tuple[Fraction, int, int, int, int]:
    """Sort key inside a cell: onset, then lowest staff first, then voice, then pitch upwards (bass first)."""
    return (note.onset, -home_staff(note.voice), note.voice, note.pitch.diatonic, note.pitch.midi)


@dataclass(frozen=True, slots=True)
class Part:
    """One part; ``cells`` has one entry per measure of the score."""

    id: str
    name: str
    instrument: str = "other"  # a name of engine.instruments
    staves: int = 1
    cells: tuple[Cell, ...] = ()
    transposition: Interval = Interval()  # from written to sounding pitch, at the start of the part
    pitched: bool = True  # False: percussion or tablature, kept in the document but not listened to
    program: int = 0  # General MIDI, from 1, where it is another one than the instrument's


@dataclass(frozen=True, slots=True)
class Score:
    measures: tuple[Measure, ...]
    parts: tuple[Part, ...]
    title: str = ""
    composer: str = ""
    losses: tuple[str, ...] = field(
        default=(), compare=False
    )  # what the reader could not hold, one line each

    def __post_init__(self) -> None:
        for part in self.parts:
            if len(part.cells) != len(self.measures):
                raise ValueError(
                    f"part {part.id} has {len(part.cells)} cells for {len(self.measures)} measures"
                )

    def with_cells(self, cells: Mapping[tuple[int, int], Cell]) -> Score:
        """A copy with those cells replaced, by (part index, measure index), both from 0."""
        found = [list(part.cells) for part in self.parts]
        for (part, measure), cell in cells.items():
            found[part][measure] = cell
        parts = zip(self.parts, found, strict=True)
        return replace(self, parts=tuple(replace(part, cells=tuple(new)) for part, new in parts))
