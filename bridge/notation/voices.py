"""From the notes of one voice to its chords and rests as they are written, with ties and tuplets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bridge.errors import EngineError
from bridge.notation.values import note_pieces, rest_pieces
from engine.exact import Fraction
from engine.metre import Grid, beat_groups, measure_grid, metric_offset
from engine.rhythm import Group, group_grid, is_fine, tuplet_groups
from engine.score import PLAIN, Cell, Measure, Note, NoteValue, Tuplet, first_voice, home_staff

_NO_TIME = Fraction(0)


@dataclass(frozen=True, slots=True)
class Head:
    """One written note head; ``stop`` and ``start`` say whether a tie ends and begins at it."""

    note: Note
    stop: bool
    start: bool


@dataclass(frozen=True, slots=True)
class Event:
    """A written chord, or a rest when there are no heads. Without ``value`` it is a measure rest.

    A ``hidden`` rest counts and is not printed: there the other voices of the staff go on alone.
    """

    onset: Fraction
    duration: Fraction
    value: NoteValue | None
    heads: tuple[Head, ...] = ()
    group: Group | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Ties:
    """Which notes of a cell continue a note before, and which are continued."""

    stops: frozenset[Note]
    starts: frozenset[Note]


_NO_TIES = Ties(frozenset(), frozenset())


def without_overlaps(cell: Cell, length: Fraction) -> Cell:
    """The cell with one duration for each chord and no note that sounds into the next of its voice."""
    chords = _chords(cell)
    result: list[Note] = []
    for i, chord in enumerate(chords):
        same_voice = i + 1 < len(chords) and chords[i + 1][0].voice == chord[0].voice
        limit = chords[i + 1][0].onset if same_voice else length
        model = min(chord, key=lambda note: note.duration)
        duration = min(model.duration, limit - model.onset)
        if duration > 0:
            heads = {note.pitch: _lasting(note, duration, model.tuplet) for note in chord}
            result += heads.values()
    return tuple(result)


def _lasting(note: Note, duration: Fraction, tuplet: Tuplet) -> Note:
    if (note.duration, note.tuplet) == (duration, tuplet):
        return note
    return replace(note, duration=duration, tuplet=tuplet)


def _chords(cell: Iterable[Note]) -> list[list[Note]]:
    """Notes by voice and onset, lowest pitch first."""
    notes = sorted(cell, key=lambda n: (n.voice, n.onset, n.pitch.diatonic, n.pitch.midi))
    return [list(chord) for _, chord in groupby(notes, key=lambda n: (n.voice, n.onset))]


def find_ties(cells: Sequence[Cell], measures: Sequence[Measure]) -> list[Ties]:
    """The ties of a part. A ``tied`` note without a note of its pitch right before it is an ordinary note."""
    stops: list[set[Note]] = [set() for _ in cells]
    starts: list[set[Note]] = [set() for _ in cells]
    for m, cell in enumerate(cells):
        for note in cell:
            if note.tied and (source := _continued(note, m, cells, measures)):
                stops[m].add(note)
                starts[source[0]].add(source[1])
    return [Ties(frozenset(a), frozenset(b)) for a, b in zip(stops, starts, strict=True)]


def _continued(
    note: Note, m: int, cells: Sequence[Cell], measures: Sequence[Measure]
) -> tuple[int, Note] | None:
    """The measure and the note that ``note`` continues, one of its own voice if there is a choice."""
    index, end = (m, note.onset) if note.onset > 0 else (m - 1, measures[m - 1].duration)
    before = (
        [n for n in cells[index] if n.end == end and n.pitch.midi == note.pitch.midi] if index >= 0 else []
    )
    if not before:
        return None
    return index, min(before, key=lambda n: abs(n.voice - note.voice))


def written_voices(
    cell: Cell, ties: Ties, staves: int, measure: Measure, only: Collection[int] | None = None
) -> dict[int, list[Event]]:
    """The events of each voice that is written in a measure, or ``only`` of some of them.

    The first voice of every staff is always one that is written.

    Only the first voice with notes on a staff shows all its rests. Another one shows those that tell where in a
    beat it enters: of the piano parts that people engraved, most hide what fills whole beats before the first
    note of a second voice (seven in eight) or between its notes (three in five), and what follows its last note
    (two in three). ``cell`` has been through ``without_overlaps``. Raises EngineError for a rhythm that no
    notation has.
    """
    sounding = sorted({note.voice for note in cell}, reverse=True)
    leading = {home_staff(voice): voice for voice in sounding}
    beats = beat_groups(measure)
    return {
        voice: _voice_events(
            [note for note in cell if note.voice == voice],
            ties,
            measure,
            () if leading.get(home_staff(voice), voice) == voice else beats,
        )
        for voice in sorted({*sounding, *(first_voice(staff + 1) for staff in range(staves))})
        if only is None or voice in only
    }


def tuplet_members(event: Event, events: Sequence[Event]) -> list[int]:
    """The indices of the events of a voice that are in the tuplet of this one, which is in one."""
    return [i for i, other in enumerate(events) if other.group == event.group]


def stem_direction(voice: int, cell: Iterable[Note]) -> str:
    """Where the stems of a voice point on its home staff: "" where it is alone there and they may stand as they like.

    Two voices of a staff point away from each other, and one away from voices that come over from another staff.
    """
    staff = home_staff(voice)
    home = sorted({first_voice(staff), voice} | {n.voice for n in cell if home_staff(n.voice) == staff})
    visiting = [n.voice for n in cell if n.staff == staff != home_staff(n.voice)]
    if len(home) > 1:
        return ("up", "down")[home.index(voice) % 2]
    return ("up" if min(visiting) > voice else "down") if visiting else ""


def _voice_events(notes: list[Note], ties: Ties, measure: Measure, beats: Sequence[Fraction]) -> list[Event]:
    """One voice; in its gaps no rest is shown for whole ones of the ``beats``."""
    length = measure.duration
    if not notes and not _wants_plain_rests(measure):
        return [Event(_NO_TIME, length, None)] if length else []
    chords = _chords(notes)
    spans = [(c[0].onset, c[0].duration, c[0].tuplet) for c in chords]
    groups = tuplet_groups(spans, length, metric_offset(measure))
    if groups is None:
        hint = "Its notes begin or end at times that neither plain values nor tuplets reach."
        raise EngineError(
            f"measure {measure.number}, voice {notes[0].voice}: no notation for this rhythm", hint
        )
    events: list[Event] = []
    for region, grid in _regions(groups, measure):
        inside = [c for c in chords if region.start <= c[0].onset < region.end]
        events += _region_events(region, grid, inside, ties, beats if region.tuplet == PLAIN else ())
    return events


def _wants_plain_rests(measure: Measure) -> bool:
    """A short or long measure gets rests of its own length; a measure rest would mean a full one."""
    return measure.duration != measure.metre.duration and is_fine(measure.duration)


def _regions(groups: list[Group], measure: Measure) -> Iterator[tuple[Group, Grid]]:
    """The measure as tuplet groups and the plain stretches between them, these as groups of ratio 1."""
    grid, time = measure_grid(measure), _NO_TIME
    for group in groups:
        if group.start > time:
            yield Group(time, group.start, PLAIN, _NO_TIME), grid
        yield group, group_grid(group)
        time = group.end
    if time < measure.duration:
        yield Group(time, measure.duration, PLAIN, _NO_TIME), grid


def _region_events(
    region: Group, grid: Grid, chords: list[list[Note]], ties: Ties, beats: Sequence[Fraction]
) -> Iterator[Event]:
    time = region.start
    for chord in chords:
        yield from _gap(region, grid, time, chord[0].onset, beats)
        time = chord[0].end
        yield from _pieces(region, grid, chord[0].onset, time, chord, ties)
    yield from _gap(region, grid, time, region.end, beats)


def _gap(
    region: Group, grid: Grid, start: Fraction, end: Fraction, beats: Sequence[Fraction]
) -> Iterator[Event]:
    """The rests of a gap; those of whole ``beats`` are hidden, and all at the end of the measure."""
    inside = [beat for beat in beats if start <= beat <= end]
    first, last = (inside[0], inside[-1]) if inside else (end, end)
    if beats and end == beats[-1]:
        first = start
    yield from _pieces(region, grid, start, first, [], _NO_TIES)
    yield from (replace(rest, hidden=True) for rest in _pieces(region, grid, first, last, [], _NO_TIES))
    yield from _pieces(region, grid, last, end, [], _NO_TIES)


def _pieces(
    region: Group, grid: Grid, start: Fraction, end: Fraction, chord: list[Note], ties: Ties
) -> Iterator[Event]:
    """The events of one chord, or of a gap when ``chord`` is empty."""
    if start == end:
        return
    base = region
    if chord and chord[0].tuplet != region.tuplet != PLAIN:
        # The chord is in a tuplet of its own, nested in the group.
        base = Group(start, end, chord[0].tuplet, region.unit)
        grid = group_grid(base)
    cut = note_pieces if chord else rest_pieces
    if region.tuplet == PLAIN:  # in measure time, because the grid of a measure counts from its start
        spans = cut(grid, start, end)
    else:
        written = cut(grid, base.written(start), base.written(end))
        spans = tuple((base.sounding(a), base.sounding(b)) for a, b in written)
    for onset, stop in spans:
        heads = tuple(
            Head(n, (n.tied and n in ties.stops) or onset > n.onset, n in ties.starts or stop < n.end)
            for n in chord
        )
        value = NoteValue.from_duration(stop - onset, base.tuplet)
        yield Event(onset, stop - onset, value, heads, region if region.tuplet != PLAIN else None)
