"""The fields of an event and the values each can take.

An event is one note head. Every field has its own small vocabulary whose ids are contiguous; id 0 is
"nothing" in all of them. ``python -m engine.vocabulary`` prints the whole table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.exact import Fraction
from engine.instruments import INSTRUMENTS
from engine.pitch import Pitch
from engine.score import VOICES_PER_STAFF, NoteValue, Tuplet, home_staff

T = TypeVar("T")

MAX_QUARTERS = 16  # the longest measure that the tokens hold
MAX_STAVES = 4
_OCTAVES = 10
ALTERS = range(-2, 3)  # double flat to double sharp
_SUBDIVISIONS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24)  # of a quarter: 64ths, triplet 32nds, fives, sevens


class Field(Generic[T]):
    """A vocabulary of one field: ids 1..n for its values, 0 for nothing."""

    def __init__(self, name: str, values: list[T], meaning: str) -> None:
        self.name, self.values, self.meaning = name, values, meaning
        self._ids = {value: i for i, value in enumerate(values, start=1)}
        if len(self._ids) != len(values):
            raise ValueError(f"field {name} has a value twice")

    def __len__(self) -> int:
        """Number of ids, the 0 included: the size of an embedding table."""
        return len(self.values) + 1

    def __contains__(self, value: T) -> bool:
        return value in self._ids

    def id(self, value: T) -> int:
        """The id of a value; KeyError when the vocabulary does not hold it."""
        return self._ids[value]

    def get(self, value: T) -> int:
        """The id of a value, 0 when the vocabulary does not hold it."""
        return self._ids.get(value, 0)

    def value(self, id: int) -> T:
        """The value of an id from 1; IndexError for others."""
        if id < 1:
            raise IndexError(f"no {self.name} has the id {id}")
        return self.values[id - 1]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a measure (quarters from its start), or one of the two marks of a cell."""

    quarters: Fraction
    mark: str = ""


START = Position(Fraction(0), "start")  # the step that opens a cell, before its first note
END = Position(Fraction(0), "end")  # no more notes in this cell

SUBPOSITIONS = sorted({Fraction(k, n) for n in _SUBDIVISIONS for k in range(n)})
_TUPLETS = (
    Tuplet(3, 2),
    Tuplet(6, 4),
    Tuplet(12, 8),
    Tuplet(5, 4),
    Tuplet(10, 8),
    Tuplet(7, 4),
    Tuplet(7, 8),
    Tuplet(2, 3),
    Tuplet(4, 3),
    Tuplet(4, 6),
    Tuplet(8, 6),
    Tuplet(5, 3),
)
_BASES = [Fraction(2) ** e for e in range(3, -5, -1)]  # breve to 64th


def _positions() -> list[Position]:
    return [START, END] + [Position(q + sub) for q in range(MAX_QUARTERS) for sub in SUBPOSITIONS]


def _values() -> list[NoteValue]:
    plain = [NoteValue(base, dots) for base in _BASES for dots in (0, 1, 2)]
    return plain + [NoteValue(base, dots, t) for t in _TUPLETS for base in _BASES[1:] for dots in (0, 1)]


def _pitches() -> list[Pitch]:
    steps = [(octave, step) for octave in range(_OCTAVES) for step in "CDEFGAB"]
    return [Pitch(step, alter, octave) for octave, step in steps for alter in ALTERS]


ONSET = Field("onset", _positions(), "quarters from the start of the measure, and the two marks of a cell")
VOICE = Field(
    "voice", list(range(1, MAX_STAVES * VOICES_PER_STAFF + 1)), "1-4 live on staff 1, 5-8 on staff 2, ..."
)
STAFF = Field("staff", list(range(1, MAX_STAVES + 1)), "the staff on which the head is drawn")
DURATION = Field("duration", _values(), "notated value: base, dots, tuplet")
PITCH = Field("pitch", _pitches(), "spelled pitch after the move to a signature without accidentals")
TIED = Field("tied", [False, True], "whether it continues the note before it")
INSTRUMENT = Field("instrument", list(INSTRUMENTS), "instrument of the part")
BEATS = Field("beats", list(range(1, 25)), "upper figure of the metre")
UNIT = Field("unit", [1, 2, 4, 8, 16, 32], "lower figure of the metre")
LENGTH = Field(
    "length", list(range(1, 2 * MAX_QUARTERS + 1)), "real length of the measure in eighths, rounded up"
)
KEY = Field("key", list(range(-14, 15)), "signature in fifths, against that of the passage")
CHORD_ROOT = Field("chord root", list(range(-15, 20)), "line of fifths, against the passage's signature")
CHORD_KIND = Field("chord kind", [
    "major", "minor", "augmented", "diminished", "dominant", "major-seventh", "minor-seventh",
    "diminished-seventh", "augmented-seventh", "half-diminished", "major-minor", "major-sixth", "minor-sixth",
    "dominant-ninth", "major-ninth", "minor-ninth", "dominant-11th", "major-11th", "minor-11th",
    "dominant-13th", "major-13th", "minor-13th", "suspended-second", "suspended-fourth", "power",
    "Neapolitan", "Italian", "French", "German", "pedal", "Tristan", "none", "other",
], "kind of a chord symbol, MusicXML's words")  # fmt: skip
STYLE = Field("style", ["song", "quartet", "hymn", "keyboard", "pop"], "where the work comes from")
# Upper limits of the steps, so that a step is named by the largest value that it holds.
DENSITY = Field(
    "density", [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 99.0], "onsets per quarter, at most"
)
POLYPHONY = Field(
    "polyphony", [1, 2, 3, 4, 5, 6, 8, 99], "notes struck together, at most but in one place of ten"
)
REGISTER = Field("register", list(range(24, 109, 6)), "mean pitch of the part, nearest MIDI key")

FIELDS: tuple[Field[object], ...] = (  # in the order of the printed table
    ONSET, VOICE, DURATION, PITCH, STAFF, TIED, INSTRUMENT, BEATS, UNIT, LENGTH, KEY, CHORD_ROOT, CHORD_KIND,
    STYLE, DENSITY, POLYPHONY, REGISTER,
)  # type: ignore[assignment]  # fmt: skip

# By id, 0 included: quarters from the start of the measure, how many a value lasts, a voice's place in ``note_order``.
ONSET_QUARTERS = (Fraction(0), *(place.quarters for place in ONSET.values))
DURATION_QUARTERS = (Fraction(0), *(value.duration for value in DURATION.values))
_VOICES = sorted(VOICE.values, key=lambda voice: (-home_staff(voice), voice))
VOICE_RANKS = (0, *(1 + _VOICES.index(voice) for voice in VOICE.values))


def pitch_id(diatonic: int, midi: int) -> int:
    """Id of the pitch on that staff step with that sound, 0 when out of the vocabulary."""
    return PITCH.get(Pitch.from_diatonic(diatonic, midi))


def step_id(limits: Sequence[float], value: float) -> int:
    """Id of the first of rising limits that holds the value, the last one's when none does."""
    return 1 + next((i for i, limit in enumerate(limits) if value <= limit), len(limits) - 1)


def nearest_id(values: Sequence[int], value: float) -> int:
    """Id of the nearest value."""
    return 1 + min(range(len(values)), key=lambda i: abs(values[i] - value))


def table() -> str:
    """The whole vocabulary in words, one line per field."""
    rows = [f"{'field':<12} {'ids':>4}  meaning"]
    rows += [f"{field.name:<12} {len(field):>4}  {field.meaning}" for field in FIELDS]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
