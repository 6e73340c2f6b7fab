"""The entries of a write list: what a program needs to know to write notes into a score that it has open."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Index = Annotated[int, Field(ge=0)]
Staff = Annotated[int, Field(ge=1, description="staff of the part, from 1 for the highest")]
Time = Annotated[
    tuple[int, int], Field(description="whole notes, as numerator and denominator in lowest terms")
]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Clef(_Entry):
    """A clef as MusicXML names it."""

    staff: Staff
    sign: Literal["G", "F", "C", "percussion"]
    line: int = Field(description="line of the staff, from 1 for the lowest")
    octave: int = Field(
        description="octaves by which notes are written off their pitch: -1 for a tenor's clef"
    )


class ClefChange(_Entry):
    """A clef that a staff of a new part changes to; staves that were there keep their clefs."""

    part: Index = Field(description="as in parts[].index")
    measure: Index = Field(description="as in measures[].index")
    onset: Time = Field(description="where in the measure the clef begins to hold")
    clef: Clef


class Transposition(_Entry):
    """From written to sounding pitch; a B flat clarinet has -1 and -2."""

    diatonic: int = Field(description="staff steps")
    chromatic: int = Field(description="semitones")


class Part(_Entry):
    """A part that the events are for."""

    index: Index = Field(description="place among the parts of the whole score, from 0")
    id: str = Field(description="id in the whole document")
    name: str
    instrument: str = Field(description='name as in the options of a job: "piano"')
    sound: str = Field(description='MusicXML instrument-sound, "" if there is none: "keyboard.piano"')
    program: int = Field(ge=0, le=127, description="MIDI program, from 0")
    staves: int = Field(ge=1)
    transposition: Transposition
    clefs: tuple[Clef, ...] = Field(description="the clef that each staff begins the score with")


class Measure(_Entry):
    """A measure that the events are for."""

    index: Index = Field(description="place in the score, from 0, a pickup counted like any other measure")
    number: str = Field(description="as printed")
    duration: Time = Field(description="real length; in a pickup less than the metre's")
    metre: tuple[int, int] | None = Field(description="the time signature, null for none (senza misura)")
    fifths: int = Field(description="key signature at concert pitch: sharps, or flats if negative")
    implicit: bool = Field(description="not counted: a pickup, or the second half of a split measure")


class Chord(_Entry):
    """A chord symbol at concert pitch; it belongs to the measure, not to one of the parts."""

    measure: Index = Field(description="as in measures[].index")
    onset: Time = Field(description="place in the measure")
    text: str = Field(description='as one types it: "Am7", "F/A", "Bbmaj7"')


class Tuplet(_Entry):
    """The tuplet that an event is in. Its members follow each other in one voice and fill it."""

    actual: int = Field(ge=1, description="so many notes are played")
    normal: int = Field(ge=1, description="in the time of so many")
    duration: Time = Field(description="length of the whole tuplet")
    index: Index = Field(description="which of its members this event is; the tuplet begins at 0")
    last: bool = Field(description="whether this event is the last member")
    nested: bool = Field(
        description="whether the event is in a further tuplet inside this one, not told here"
    )


class Note(_Entry):
    """One head of a chord."""

    pitch: int = Field(description="sounding MIDI key")
    tpc1: int = Field(
        description="spelling of the sound on the line of fifths: F is 13, C 14, G 15, B flat 12"
    )
    tpc2: int = Field(description="spelling as written: other than tpc1 where the part transposes")
    staff: Staff = Field(
        description="where the head is printed: not on the event's staff if the voice crosses"
    )
    tie: bool = Field(description="tied on to the note of this pitch that begins where this one ends")
    tie_back: bool = Field(description="tied from the note of this pitch that ends where this one begins")
    accidental: Literal["", "yes", "courtesy"] = Field(
        description="printed before the head, and whether needed"
    )


class Event(_Entry):
    """A chord or a rest. The events of a voice follow each other without gaps from the measure's start to its end."""

    measure: Index = Field(description="as in measures[].index")
    part: Index = Field(description="as in parts[].index")
    staff: Staff
    voice: int = Field(ge=1, le=4, description="voice of the staff")
    onset: Time = Field(description="place in the measure")
    duration: Time = Field(description="how long it lasts")
    value: Time | None = Field(
        description="the value that is written, dots counted in: in a tuplet longer than it lasts. Null is a "
        "rest for the whole measure"
    )
    kind: Literal["chord", "rest"]
    visible: bool = Field(description="false for a rest that only keeps the time of a second voice")
    notes: tuple[Note, ...] = Field(description="from the lowest; none in a rest")
    tuplet: Tuplet | None


class WriteList(_Entry):
    """Generated measures, ready to be written one event after the other: values are split and tied as they are
    notated, so that nothing crosses a bar line.

    Events come by measure, part, staff, voice and onset. Every staff has its first voice in every measure, with a
    rest for the measure where it is silent.
    """

    version: Literal[1] = Field(description="of this format; grows when a reader of it must change")
    parts: tuple[Part, ...]
    measures: tuple[Measure, ...]
    events: tuple[Event, ...]
    chords: tuple[Chord, ...]
    clef_changes: tuple[ClefChange, ...]
