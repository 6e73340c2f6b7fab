"""A ``Score`` as a Standard MIDI file: as written, repeats are not unfolded."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import lcm

import mido

from bridge.documents.midi_file import DRUMS, Sounding, clear_unisons
from bridge.documents.midi_instruments import program_of
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import Key, Measure, Part, Score

_TICKS = 480  # per quarter
_MOST_TICKS = 32767
_TEMPO = 600_000  # microseconds per quarter: 100 quarters a minute
_MINUTE = 60_000_000  # microseconds
_SLOWEST = 0xFFFFFF  # microseconds of a quarter
_VELOCITY = 80
_PIANO_VELOCITY = 72
_UNITS = (4, 8, 16, 32, 64, 2, 1)  # of a metre made for an irregular measure, or for one of too many beats
_MOST_BEATS = 255
_CHANNELS = [channel for channel in range(16) if channel != DRUMS]
_LOWEST, _HIGHEST = 0, 127

Event = tuple[Fraction, mido.Message]  # time in quarters


def write_midi(score: Score) -> bytes:
    """The score as a type 1 file, a track per part. The same score gives the same bytes."""
    starts = list(accumulate((measure.duration for measure in score.measures), initial=Fraction(0)))
    performed = [clear_unisons(sounding_notes(part, starts)) for part in score.parts]
    ticks = _ticks(starts, performed)
    file = mido.MidiFile(type=1, ticks_per_beat=ticks, charset="utf-8")
    file.tracks.append(_track(_conductor(score, starts), starts[-1], ticks))
    for part, channel, notes in zip(score.parts, _channels(score.parts), performed, strict=True):
        file.tracks.append(_track(_part_events(part, channel, notes), starts[-1], ticks))
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()


def sounding_notes(part: Part, starts: Sequence[Fraction]) -> list[Sounding]:
    """The notes of a part with ties merged, in quarters; ``starts`` are those of the measures."""
    notes: list[Sounding] = []
    open_ends: defaultdict[tuple[Fraction, int], list[int]] = defaultdict(list)
    for start, cell in zip(starts, part.cells, strict=False):
        for note in sorted(cell, key=lambda n: n.onset):
            onset, end, midi = start + note.onset, start + note.end, note.pitch.midi
            before = open_ends[onset, midi] if note.tied else []
            if before:
                index = before.pop()
                notes[index] = Sounding(notes[index].start, end, midi)
            else:
                index = len(notes)
                notes.append(Sounding(onset, end, midi))
            open_ends[end, midi].append(index)
    return [note for note in notes if _LOWEST <= note.midi <= _HIGHEST]


def _ticks(starts: Sequence[Fraction], performed: Sequence[Sequence[Sounding]]) -> int:
    """The least multiple of 480 that holds every time exactly; nearly the most if none does."""
    times = [*starts, *(time for notes in performed for note in notes for time in (note.start, note.end))]
    ticks = lcm(_TICKS, *{time.denominator for time in times})
    return ticks if ticks <= _MOST_TICKS else _MOST_TICKS // _TICKS * _TICKS


def _track(events: Iterator[Event], end: Fraction, ticks: int) -> mido.MidiTrack:
    track = mido.MidiTrack()
    now = 0
    for time, message in sorted(events, key=_order):
        at = round(time * ticks)
        track.append(message.copy(time=at - now))
        now = at
    track.append(mido.MetaMessage("end_of_track", time=max(round(end * ticks) - now, 0)))
    return track


def _order(event: Event) -> tuple[Fraction, bool]:
    """Keys are released before others are struck."""
    return event[0], event[1].type == "note_on"


def _conductor(score: Score, starts: Sequence[Fraction]) -> Iterator[Event]:
    zero = Fraction(0)
    if score.title:
        yield zero, mido.MetaMessage("track_name", name=score.title)
    if not any(tempo.onset == 0 for measure in score.measures[:1] for tempo in measure.tempos):
        yield zero, mido.MetaMessage("set_tempo", tempo=_TEMPO)
    metre, key = None, None
    for start, measure in zip(starts, score.measures, strict=False):
        for tempo in measure.tempos:
            microseconds = min(max(round(_MINUTE / tempo.pace), 1), _SLOWEST)
            yield start + tempo.onset, mido.MetaMessage("set_tempo", tempo=microseconds)
        if _metre(measure) != metre:
            beats, unit = metre = _metre(measure)
            yield start, mido.MetaMessage("time_signature", numerator=beats, denominator=unit)
        if _key(measure.key) != key:
            key = _key(measure.key)
            yield start, mido.MetaMessage("key_signature", key=key)


def _metre(measure: Measure) -> tuple[int, int]:
    """Beats and unit of the measure's real length, so that a reader's measures stay with the score's."""
    for unit in (measure.metre.unit, *_UNITS):
        beats = measure.duration * unit / 4
        if beats.denominator == 1 and beats <= _MOST_BEATS:
            return beats.numerator, unit
    return min(measure.metre.beats, _MOST_BEATS), measure.metre.unit


def _key(key: Key) -> str:
    minor = key.mode == "minor"
    tonic = Pitch.from_fifths(key.fifths + 3 * minor, 4)
    return str(tonic).removesuffix("4") + "m" * minor


def _channels(parts: Sequence[Part]) -> list[int]:
    """A channel for each part, or, where there are too few, for each program."""
    programs = [program_of(part) for part in parts]
    owners = list(range(len(parts))) if len(parts) <= len(_CHANNELS) else programs
    numbers = {owner: number for number, owner in enumerate(dict.fromkeys(owners))}
    return [_CHANNELS[numbers[owner] % len(_CHANNELS)] for owner in owners]


def _part_events(part: Part, channel: int, notes: Sequence[Sounding]) -> Iterator[Event]:
    zero = Fraction(0)
    velocity = _PIANO_VELOCITY if part.instrument == "piano" else _VELOCITY
    if part.name:
        yield zero, mido.MetaMessage("track_name", name=part.name)
    yield zero, mido.Message("program_change", channel=channel, program=program_of(part) - 1)
    for note in notes:
        yield note.start, mido.Message("note_on", channel=channel, note=note.midi, velocity=velocity)
        yield note.end, mido.Message("note_off", channel=channel, note=note.midi, velocity=0)
