"""What is decided of masked cells before an engine writes them: notes that stay, rhythms that stay, room for others.

Two wishes decide something. ``rhythm`` "keep" keeps every note but for its pitch; ``vary`` keeps all but that share
of the passage. What is then written anew are whole *stretches*: they begin and end at beats over which no note is
held, so that new notes stand in them without touching those that stay. Without a wish a cell is open from end to
end, and nothing in it is given.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from engine.exact import Fraction
from engine.interface import Controls, Passage
from engine.limits import broken_limits
from engine.metre import beat_groups, metric_offset
from engine.note_ids import encodable
from engine.rhythm import tuplet_groups
from engine.score import Cell, Measure, Note, Part

Place = tuple[int, int]  # (part, measure)
Span = tuple[Fraction, Fraction]  # from, to; quarters in the measure


@dataclass(frozen=True, slots=True)
class Given:
    """A note that will stand in a cell; with a new pitch unless ``fixed``. Notes of one ``sound`` are tied together."""

    note: Note
    sound: int
    fixed: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """``given`` is in ``note_order``; other notes come only within the ``open`` spans, which hold none of them."""

    given: tuple[Given, ...] = ()
    open: tuple[Span, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be written."""
        return not self.open and all(given.fixed for given in self.given)

    @classmethod
    def empty(cls, measure: Measure) -> Frame:
        """Nothing is decided."""
        return cls((), ((Fraction(0), measure.duration),))


@dataclass(slots=True)
class Stretch:
    """Spans of a part that stay together or are written anew together, in order of time."""

    spans: list[tuple[Place, Span]]
    must_change: bool = False  # for it breaks a limit, or holds what the vocabulary does not

    @property
    def quarters(self) -> Fraction:
        return sum((end - start for _, (start, end) in self.spans), Fraction(0))


def frames_of(passage: Passage, controls: Controls, seed: int) -> dict[Place, Frame]:
    """The frame of every masked cell; the same seed varies the same places. Parts of the passage are whole.

    With ``rhythm`` every note must be one that ``encodable`` accepts.
    """
    score, keep_rhythm = passage.score, controls.rhythm == "keep"
    if not keep_rhythm and controls.vary is None:
        return {place: Frame.empty(score.measures[place[1]]) for place in passage.mask}
    anew = _written_anew(passage, controls, seed)
    frames = {}
    for part in sorted({part for part, _ in passage.mask}):
        sounds = _Sounds(passage, part)
        for place in sorted(place for place in passage.mask if place[0] == part):
            spans = anew[place]
            given = (
                Given(note, *sounds.of(place[1], i, not _inside(note, spans)))
                for i, note in enumerate(score.parts[part].cells[place[1]])
                if keep_rhythm or not _inside(note, spans)
            )
            frames[place] = Frame(tuple(given), () if keep_rhythm else tuple(spans))
    return frames


def can_be_written(cell: Cell, measure: Measure) -> bool:
    """Whether engines have tokens for a cell and its voices a notation: one chord after the other, tuplets whole."""
    for voice in {note.voice for note in cell}:
        spans = sorted({(n.onset, n.duration) for n in cell if n.voice == voice})
        if any(onset + duration > following for (onset, duration), (following, _) in pairwise(spans)):
            return False
        notes = dict.fromkeys((n.onset, n.duration, n.tuplet) for n in cell if n.voice == voice)
        if tuplet_groups(list(notes), measure.duration, metric_offset(measure)) is None:
            return False
    return encodable(cell)


def stretches(passage: Passage, part: int, controls: Controls) -> list[Stretch]:
    """The masked cells of a part, cut wherever a note or a tie does not forbid it."""
    found: list[Stretch] = []
    score, cells = passage.score, passage.score.parts[part].cells
    for measure in sorted(m for p, m in passage.mask if p == part):
        cell, frame = cells[measure], score.measures[measure]
        tied_in = any(note.tied and note.onset == 0 for note in cell)
        changes = bool(broken_limits(cell, frame, controls)) or not encodable(cell)
        cuts = _cuts(cell, frame)
        for start, end in pairwise(cuts):
            if start > 0 or not tied_in or (part, measure - 1) not in passage.mask:
                found.append(Stretch([]))
            found[-1].spans.append(((part, measure), (start, end)))
            found[-1].must_change |= changes
    return found


def _cuts(cell: Cell, measure: Measure) -> list[Fraction]:
    """The measure's start and end, and the beats between them where nothing is held and no tuplet goes on."""
    held: list[Span] = [(note.onset, note.end) for note in cell]
    ties = {note.onset for note in cell if note.tied}
    for voice in {note.voice for note in cell}:
        notes = dict.fromkeys((n.onset, n.duration, n.tuplet) for n in cell if n.voice == voice)
        groups = tuplet_groups(list(notes), measure.duration, metric_offset(measure))
        if groups is None:
            return [Fraction(0), measure.duration]
        held += [(group.start, group.end) for group in groups]
    return [
        beat
        for beat in beat_groups(measure)
        if beat in (0, measure.duration)
        or not (beat in ties or any(start < beat < end for start, end in held))
    ]


def _written_anew(passage: Passage, controls: Controls, seed: int) -> dict[Place, list[Span]]:
    """For each masked cell the spans that are written anew, joined where they meet.

    Stretches are taken in random order while that brings their length nearer to the share that is asked for.
    """
    parts = sorted({part for part, _ in passage.mask})
    all_ = [stretch for part in parts for stretch in stretches(passage, part, controls)]
    random.Random(seed).shuffle(all_)
    all_.sort(key=lambda stretch: not stretch.must_change)
    share = Fraction(1) if controls.vary is None else Fraction(controls.vary)
    wanted = share * sum((stretch.quarters for stretch in all_), Fraction(0))
    anew: defaultdict[Place, list[Span]] = defaultdict(list)
    for stretch in all_:
        if stretch.must_change or stretch.quarters <= 2 * wanted:
            wanted -= stretch.quarters
            for place, span in stretch.spans:
                anew[place].append(span)
    return defaultdict(list, {place: _merged(spans) for place, spans in anew.items()})


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and merged[-1][1] == start:
            start = merged.pop()[0]
        merged.append((start, end))
    return merged


def _inside(note: Note, spans: Iterable[Span]) -> bool:
    return any(start <= note.onset < end for start, end in spans)


class _Sounds:
    """Which notes of a part are tied to each other, and whether a known cell holds one of them: then they stay."""

    def __init__(self, passage: Passage, part: int) -> None:
        self._sound: dict[tuple[int, int], int] = {}  # (measure, index in its cell) -> number of the sound
        self._known: set[int] = set()
        whole: Part = passage.score.parts[part]
        for m, cell in enumerate(whole.cells):
            for i, note in enumerate(cell):
                before = self._continued(whole, passage.score.measures, m, i) if note.tied else None
                sound = len(self._sound) if before is None else self._sound[before]
                self._sound[m, i] = sound
                if (part, m) not in passage.mask or (note.tied and before is None):
                    self._known.add(sound)

    def of(self, measure: int, index: int, stays: bool) -> tuple[int, bool]:
        """The note's sound, and whether its pitch is fixed."""
        sound = self._sound[measure, index]
        return sound, stays or sound in self._known

    @staticmethod
    def _continued(part: Part, measures: tuple[Measure, ...], m: int, index: int) -> tuple[int, int] | None:
        """The note that a tie leads from, one of the same voice if there is a choice."""
        note = part.cells[m][index]
        source, end = (m, note.onset) if note.onset > 0 else (m - 1, measures[m - 1].duration)
        if source < 0:
            return None
        ways = [
            (abs(n.voice - note.voice), i)
            for i, n in enumerate(part.cells[source])
            if n.end == end and n.pitch.midi == note.pitch.midi
        ]
        return (source, min(ways)[1]) if ways else None
