"""A Standard MIDI file as a ``Score``: measures, parts, staves and voices inferred, rhythms rounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bridge.documents.midi_file import DRUMS, Performance, Sounding, Strand, clear_unisons, open_midi
from bridge.documents.midi_instruments import instrument_for, own_program
from bridge.documents.midi_keys import find_key
from bridge.documents.midi_pedal import pedalled
from bridge.documents.midi_players import players
from bridge.documents.midi_quantise import Grid, Steadinesses, cells_of, quantised
from bridge.documents.midi_timeline import Timeline, timeline
from bridge.documents.midi_voices import voices_of
from bridge.errors import EmptyScoreError
from bridge.notation.sounds import cells_of as notes_of
from bridge.notation.sounds import without_notation
from engine.instruments import INSTRUMENTS
from engine.notator.notate import place
from engine.notator.sounds import Placed, Sound
from engine.score import VOICES_PER_STAFF, Key, Part, Score

_PLAYED_VOICES = 2  # on a staff, of a performance; a file of written times may need them all

Staves = list[list[Sounding]]


def read_midi(data: bytes, name: str) -> Score:
    """Read a MIDI file called ``name``; times on a grid come out as they are, played ones are rounded.

    What a player lets go under the sustain pedal is written as held.

    Raises ``InputError`` for what is not MIDI, cut short or of a kind that is not read (type 2, SMPTE time),
    ``UnsafeInputError`` for too many notes or measures, ``EmptyScoreError`` without notes that have a pitch.
    """
    performance = open_midi(data, name)
    pitched = [strand for strand in performance.strands if strand.channel != DRUMS]
    if not pitched:
        raise EmptyScoreError(f"{name}: no notes with a pitch", "Give a file with at least one melody.")
    notes = [note for strand in pitched for note in strand.notes]
    return read_performance(performance, Steadinesses.of(notes, performance.ticks), name)


def read_performance(performance: Performance, steady: Steadinesses, name: str) -> Score:
    """The score of a performance with at least one note, ``steady`` as said; without a key it gets one.

    Raises ``UnsafeInputError`` for too many measures.
    """
    pitched = (strand for strand in performance.strands if strand.channel != DRUMS)
    key = Key() if performance.keys else find_key(note for strand in pitched for note in strand.notes)
    line = timeline(performance, key, name)
    if not steady.ends.exact:
        performance = pedalled(performance)
    parts, heard = list[Part](), list[Placed]()
    for number, (called, strands) in enumerate(players(performance.strands), 1):
        if strands[0].channel == DRUMS:
            parts.append(_drum_part(strands[0], number, line))
        else:
            part, placed = _part(called, strands, number, line, steady, heard)
            parts.append(part)
            heard += placed
    losses = tuple(_losses(performance))
    return _without_tail(Score(line.measures, tuple(parts), performance.title, losses=losses))


def _part(
    called: str,
    strands: list[Strand],
    number: int,
    line: Timeline,
    steady: Steadinesses,
    heard: Sequence[Placed],
) -> tuple[Part, list[Placed]]:
    """A part, and what is in it; ``heard``: what is in those before it, which it is spelled like."""
    first = strands[0]
    instrument = INSTRUMENTS[instrument_for(first.name, first.program)]
    program = 0 if first.program is None else first.program + 1
    staves = [_in_score_time(strand.notes, line) for strand in strands]
    size = max(instrument.staves, len(staves))
    placed = _on_staves(staves, size, line, steady, heard)
    part = Part(
        id=f"P{number}",
        name=called or instrument.label,
        instrument=instrument.name,
        staves=size,
        cells=notes_of(placed, line.measures),
        transposition=instrument.transposition,
        program=own_program(program, instrument.name),
    )
    return part, placed


def _drum_part(strand: Strand, number: int, line: Timeline) -> Part:
    return Part(f"P{number}", strand.name or "Drums", cells=((),) * len(line.measures), pitched=False)


def _in_score_time(notes: Sequence[Sounding], line: Timeline) -> list[Sounding]:
    moved = (replace(n, start=line.score_time(n.start), end=line.score_time(n.end)) for n in notes)
    return clear_unisons(moved)


def _on_staves(
    staves: Staves, size: int, line: Timeline, steady: Steadinesses, heard: Sequence[Placed]
) -> list[Placed]:
    """The part's notes in their places; where a mixture of grids has no notation, on one grid a quarter."""
    notes = [note for staff in staves for note in staff]
    grid = Grid(cells_of(line.measures))
    grid.fit(notes, steady)
    if len(staves) < size:
        staves = _hands(notes, line, steady, grid, heard)
    placed = _placed(staves, line, steady, grid, heard)
    if spoilt := without_notation(placed, line.measures):
        grid.simplify(notes, steady, spoilt)
        placed = _placed(staves, line, steady, grid, heard)
    return placed


def _hands(
    notes: list[Sounding], line: Timeline, steady: Steadinesses, grid: Grid, heard: Sequence[Placed]
) -> Staves:
    """What a keyboard plays on its two staves."""
    hands: Staves = [[], []]
    rounded = [_sound(note) for note in quantised(notes, grid, steady)]
    staff = {placed.sound: placed.staff for placed in place(rounded, line.measures, len(hands), heard)}
    for note, sound in zip(notes, rounded, strict=True):
        hands[staff[sound] - 1].append(note)
    return hands


def _sound(note: Sounding) -> Sound:
    return Sound(note.start, note.end - note.start, note.midi)


def _placed(
    staves: Staves, line: Timeline, steady: Steadinesses, grid: Grid, heard: Sequence[Placed]
) -> list[Placed]:
    """The sounds of all staves on the grid, in voices that can be written."""
    limit = VOICES_PER_STAFF if steady.ends.exact else _PLAYED_VOICES
    placed: list[Placed] = []
    for staff, notes in enumerate(staves, 1):
        rounded = [_sound(note) for note in clear_unisons(quantised(notes, grid, steady))]
        spelled = place(rounded, line.measures, 1, [*heard, *placed])
        placed += voices_of(spelled, line, staff, limit)
    return placed


def _losses(performance: Performance) -> Iterator[str]:
    for strand in performance.strands:
        if strand.channel == DRUMS:
            yield f"{strand.name or 'Drums'}: {len(strand.notes)} notes without pitch left out"


def _without_tail(score: Score) -> Score:
    """The score up to the last measure that holds a note."""
    size = 1 + max(i for part in score.parts for i, cell in enumerate(part.cells) if cell)
    parts = tuple(replace(part, cells=part.cells[:size]) for part in score.parts)
    return replace(score, measures=score.measures[:size], parts=parts)
