"""A Standard MIDI file as a ``Score``: measures, parts, staves and voices inferred, rhythms rounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from bridge.documents.midi_file import DRUMS, Performance, Sounding, Strand, clear_unisons, open_midi
from bridge.documents.midi_hands import split_hands
from bridge.documents.midi_instruments import instrument_for
from bridge.documents.midi_keys import find_key, spelled
from bridge.documents.midi_quantise import Grid, Steadinesses, cells_of, quantised
from bridge.documents.midi_timeline import Timeline, timeline
from bridge.documents.midi_voices import Written, voices_of, written
from bridge.errors import EmptyScoreError
from engine.instruments import INSTRUMENTS
from engine.score import VOICES_PER_STAFF, Cell, Note, Part, Score, note_order

_PLAYED_VOICES = 2  # on a staff, of a performance; a file of written times may need them all

Staves = list[list[Sounding]]


def read_midi(data: bytes, name: str) -> Score:
    """Read a MIDI file called ``name``; times on a grid come out as they are, played ones are rounded.

    Raises ``InputError`` for what is not MIDI, cut short or of a kind that is not read (type 2, SMPTE time),
    ``UnsafeInputError`` for too many notes or measures, ``EmptyScoreError`` without notes that have a pitch.
    """
    performance = open_midi(data, name)
    pitched = [strand for strand in performance.strands if strand.channel != DRUMS]
    if not pitched:
        raise EmptyScoreError(f"{name}: no notes with a pitch", "Give a file with at least one melody.")
    notes = [note for strand in pitched for note in strand.notes]
    line = timeline(performance, find_key(notes), name)
    steady = Steadinesses.of(notes, performance.ticks)
    parts = tuple(
        _drum_part(strands[0], number, line)
        if strands[0].channel == DRUMS
        else _part(strands, number, line, steady)
        for number, strands in enumerate(_players(performance), 1)
    )
    return _without_tail(Score(line.measures, parts, performance.title, losses=tuple(_losses(performance))))


def _players(performance: Performance) -> Iterator[list[Strand]]:
    """The strands of each part: neighbours of one name and channel are the two staves of one keyboard."""
    for (name, channel, keyboard), group in groupby(performance.strands, key=_player):
        strands = list(group)
        size = 2 if name and keyboard and channel != DRUMS and len(strands) == 2 else 1
        yield from (strands[i : i + size] for i in range(0, len(strands), size))


def _player(strand: Strand) -> tuple[str, int, bool]:
    instrument = instrument_for(strand.name, strand.program)
    return strand.name, strand.channel, INSTRUMENTS[instrument].staves == 2


def _part(strands: list[Strand], number: int, line: Timeline, steady: Steadinesses) -> Part:
    first = strands[0]
    instrument = INSTRUMENTS[instrument_for(first.name, first.program)]
    staves = [_in_score_time(strand.notes, line) for strand in strands]
    if instrument.staves == 2 and len(staves) == 1:
        staves = split_hands(staves[0])
    return Part(
        id=f"P{number}",
        name=first.name or instrument.label,
        instrument=instrument.name,
        staves=len(staves),
        cells=_cells(staves, line, steady),
        transposition=instrument.transposition,
    )


def _drum_part(strand: Strand, number: int, line: Timeline) -> Part:
    return Part(f"P{number}", strand.name or "Drums", cells=((),) * len(line.measures), pitched=False)


def _in_score_time(notes: Sequence[Sounding], line: Timeline) -> list[Sounding]:
    moved = (Sounding(line.score_time(n.start), line.score_time(n.end), n.midi) for n in notes)
    return clear_unisons(moved)


def _cells(staves: Staves, line: Timeline, steady: Steadinesses) -> tuple[Cell, ...]:
    """The part's notes by measure; where a mixture of grids has no notation, on one grid a quarter."""
    notes = [note for staff in staves for note in staff]
    grid = Grid(cells_of(line.measures))
    grid.fit(notes, steady)
    values = list(_values(staves, line, steady, grid))
    spoilt = {value for _, value in values if isinstance(value, int)}
    if spoilt:
        grid.simplify(notes, steady, spoilt)
        values = list(_values(staves, line, steady, grid))
    cells: list[list[Note]] = [[] for _ in line.measures]
    for voice, value in values:
        assert not isinstance(value, int), "one grid a quarter can always be written"
        cells[value[0]] += _heads(voice, value, line)
    return tuple(tuple(sorted(cell, key=note_order)) for cell in cells)


def _values(
    staves: Staves, line: Timeline, steady: Steadinesses, grid: Grid
) -> Iterator[tuple[int, Written | int]]:
    """What is written in each voice, the voice numbered in its part."""
    limit = VOICES_PER_STAFF if steady.ends.exact else _PLAYED_VOICES
    for staff, notes in enumerate(staves):
        rounded = clear_unisons(quantised(notes, grid, steady))
        for voice, chords in enumerate(voices_of(rounded, line, limit), 1):
            for value in written(chords, line):
                yield staff * VOICES_PER_STAFF + voice, value


def _heads(voice: int, value: Written, line: Timeline) -> Iterator[Note]:
    _, (onset, duration, tuplet), keys, first, tied = value
    staff = (voice - 1) // VOICES_PER_STAFF + 1
    for key in keys:
        pitch = spelled(key, line.measures[first].key)
        yield Note(onset, duration, pitch, voice, staff, tuplet, tied)


def _losses(performance: Performance) -> Iterator[str]:
    for strand in performance.strands:
        if strand.channel == DRUMS:
            yield f"{strand.name or 'Drums'}: {len(strand.notes)} notes without pitch"


def _without_tail(score: Score) -> Score:
    """The score up to the last measure that holds a note."""
    size = 1 + max(i for part in score.parts for i, cell in enumerate(part.cells) if cell)
    parts = tuple(replace(part, cells=part.cells[:size]) for part in score.parts)
    return replace(score, measures=score.measures[:size], parts=parts)
