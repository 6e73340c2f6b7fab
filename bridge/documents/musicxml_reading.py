"""What one part of a document says, measure by measure, in the document's own terms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bridge.documents.musicxml_notes import RawNote
from engine.exact import Fraction
from engine.pitch import Interval
from engine.score import ChordSymbol, Key, Metre, Tempo


@dataclass(slots=True)
class PartMeasure:
    """What one part says in one measure.

    ``ends``: how far notes and rests of each voice label reach; ``reach``: how far the cursor was moved;
    ``unheard``: the staves with percussion or tablature, ``cued`` those with cue notes; ``notes`` holds none of either.
    """

    number: str
    implicit: bool
    notes: list[RawNote] = field(default_factory=list)
    chords: list[ChordSymbol] = field(default_factory=list)
    tempos: list[Tempo] = field(default_factory=list)
    ends: dict[str, Fraction] = field(default_factory=dict)
    unheard: set[int] = field(default_factory=set)
    cued: set[int] = field(default_factory=set)
    rest: Fraction = Fraction(0)  # length of a rest for the whole measure
    reach: Fraction = Fraction(0)
    key: Key | None = None
    metre: Metre | None = None
    start_repeat: bool = False
    end_repeat: bool = False
    ending_starts: tuple[int, ...] = ()
    ending_stops: bool = False


@dataclass(slots=True)
class PartReading:
    """A part as the document has it. ``split_labels`` are voice labels that run on several staves at once."""

    id: str
    measures: list[PartMeasure]
    staves: int
    transposition: Interval
    pitched: bool
    split_labels: frozenset[str]
    losses: Counter[str]
