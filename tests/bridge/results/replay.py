"""Plays a write list as a program with a cursor would, and says what then stands in its score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction as F
from itertools import groupby
from typing import NamedTuple

from bridge.notation.voices import find_ties, without_overlaps
from bridge.results.entries import Event, WriteList
from engine.score import NoteValue, Score, first_voice


class Sound(NamedTuple):
    """A head as both sides tell it; times in quarters, ``voice`` as in the score model."""

    part: int
    measure: int
    onset: F
    duration: F
    pitch: int
    tpc: int
    staff: int
    voice: int
    tied: bool


def quarters(time: tuple[int, int]) -> F:
    return 4 * F(*time)


def replayed(found: WriteList) -> list[Sound]:
    """The heads that the list writes, in order; asserts that a cursor could write each of its events."""
    order = [(e.measure, e.part, e.staff, e.voice, quarters(e.onset)) for e in found.events]
    assert order == sorted(order)
    lengths = {measure.index: quarters(measure.duration) for measure in found.measures}
    staves = {part.index: part.staves for part in found.parts}
    sounds: list[Sound] = []
    for (measure, part, staff, voice), events in groupby(
        found.events, lambda e: (e.measure, e.part, e.staff, e.voice)
    ):
        assert 1 <= staff <= staves[part] and 1 <= voice <= 4
        line = list(events)
        assert _end_of(line) == lengths[measure]
        sounds += (sound for event in line for sound in _sounds(event, first_voice(staff) + voice - 1))
    _assert_ties_meet(found, sounds, lengths)
    return sounds


def _end_of(line: Sequence[Event]) -> F:
    """Where the cursor is after the events of a voice."""
    cursor, tuplet_end, place = F(0), F(0), 0
    for event in line:
        assert quarters(event.onset) == cursor
        duration, group = quarters(event.duration), event.tuplet
        if group is None:
            assert cursor >= tuplet_end
            assert event.value is None or quarters(event.value) == duration
        else:
            if group.index == 0:
                assert cursor >= tuplet_end  # where the cursor calls addTuplet
                tuplet_end, place = cursor + quarters(group.duration), 0
            assert group.index == place
            assert group.last == (cursor + duration == tuplet_end)
            place += 1
            if not group.nested:
                assert event.value is not None
                assert quarters(event.value) * group.normal / group.actual == duration
        assert event.value is None or NoteValue.from_duration(quarters(event.value))
        cursor += duration
    assert cursor >= tuplet_end
    return cursor


def _sounds(event: Event, voice: int) -> Iterator[Sound]:
    assert bool(event.notes) == (event.kind == "chord")
    assert event.visible or not event.notes
    assert event.value is not None or not event.notes
    times = quarters(event.onset), quarters(event.duration)
    for note in event.notes:
        yield Sound(
            event.part, event.measure, *times, note.pitch, note.tpc1, note.staff, voice, note.tie_back
        )


def _assert_ties_meet(found: WriteList, sounds: Sequence[Sound], lengths: dict[int, F]) -> None:
    """Every tie leads to a note of its pitch that is tied back, and that only; ties out of the list lead anywhere."""
    heads = [(event, note) for event in found.events for note in event.notes]
    ends = {
        (
            event.part,
            *_place(event.measure, quarters(event.onset) + quarters(event.duration), lengths),
            note.pitch,
        )
        for event, note in heads
        if note.tie
    }
    onsets = {(event.part, event.measure, quarters(event.onset), n.pitch) for event, n in heads if n.tie_back}
    assert {place for place in ends if place[1] in lengths} == {
        place for place in onsets if place[2] > 0 or place[1] - 1 in lengths
    }


def _place(measure: int, time: F, lengths: dict[int, F]) -> tuple[int, F]:
    return (measure + 1, F(0)) if time == lengths[measure] else (measure, time)


def notes_of(score: Score, parts: Sequence[int], measures: Sequence[int]) -> list[Sound]:
    """The notes of the score's own cells, with the ties that are ties."""
    sounds = []
    for index in parts:
        part = score.parts[index]
        cells = [without_overlaps(c, m.duration) for c, m in zip(part.cells, score.measures, strict=True)]
        ties = find_ties(cells, score.measures)
        sounds += [
            Sound(
                index,
                m,
                n.onset,
                n.duration,
                n.pitch.midi,
                n.pitch.fifths + 14,
                n.staff,
                n.voice,
                n in ties[m].stops,
            )
            for m in measures
            for n in cells[m]
        ]
    return sounds


def merged(sounds: Sequence[Sound]) -> list[Sound]:
    """Inside each measure and voice one sound for those that are tied to each other, however they are cut."""
    result: list[Sound] = []
    for sound in sorted(sounds):
        before = next(
            (
                i
                for i, old in enumerate(result)
                if sound.tied
                and (old.part, old.measure, old.pitch, old.voice)
                == (sound.part, sound.measure, sound.pitch, sound.voice)
                and old.onset + old.duration == sound.onset
            ),
            None,
        )
        if before is None:
            result.append(sound)
        else:
            old = result[before]
            result[before] = old._replace(duration=old.duration + sound.duration)
    return sorted(result)
