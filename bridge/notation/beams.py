"""Beams of one voice: by beat group, not over rests outside tuplets, with hooks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from bridge.notation.voices import Event
from engine.exact import Fraction
from engine.metre import beat_groups, eighth_groups
from engine.score import Measure

Run = list[int]  # indices of events


def beams(events: Sequence[Event], measure: Measure) -> list[list[str]]:
    """For each event the MusicXML beam values, level 1 first; empty where there is no beam."""
    values: list[list[str]] = [[] for _ in events]
    for run in _merged(_runs(events, beat_groups(measure)), events, measure):
        chords = [i for i in run if events[i].heads]
        for level in range(1, max(_flags(events[i]) for i in chords) + 1):
            _write_level(level, chords, events, values)
    return values


def _flags(event: Event) -> int:
    """Number of flags: 1 for an eighth, 0 for a quarter and longer."""
    if event.value is None or event.value.base >= 1:
        return 0
    return event.value.base.denominator.bit_length() - 1


def _runs(events: Sequence[Event], beats: Sequence[Fraction]) -> list[Run]:
    """Events that one beam could join: neighbours of the same beat group, all shorter than a quarter."""
    runs: list[Run] = []
    last = None
    for i, event in enumerate(events):
        window = _window(event, beats) if _flags(event) and (event.heads or event.group) else None
        if window is not None and window == last:
            runs[-1].append(i)
        elif window is not None:
            runs.append([i])
        last = window
    return [inner for run in runs if (inner := _without_outer_rests(run, events))]


def _without_outer_rests(run: Run, events: Sequence[Event]) -> Run:
    chords = [i for i in run if events[i].heads]
    return [i for i in run if chords[0] <= i <= chords[-1]] if chords else []


def _window(event: Event, beats: Sequence[Fraction]) -> tuple[str, Fraction]:
    """What an event shares with those it may be beamed to: a beat group, or a tuplet that is longer."""
    start, end = (event.group.start, event.group.end) if event.group else (event.onset, event.onset)
    index = bisect_right(beats, start)
    beat_end = beats[index] if index < len(beats) else beats[-1]
    return ("tuplet", start) if end > beat_end else ("beat", beats[index - 1])


def _merged(runs: list[Run], events: Sequence[Event], measure: Measure) -> list[Run]:
    """Runs of two chords at least, full beats of plain eighths joined within the wider groups."""
    wide, beats = eighth_groups(measure), set(beat_groups(measure))
    result: list[Run] = []
    for run in runs:
        last = result[-1] if result else []
        joins = last and last[-1] + 1 == run[0] and _same_group(wide, events[last[0]], events[run[0]])
        if joins and _is_full_beat(last, events, beats) and _is_full_beat(run, events, beats):
            result[-1] = last + run
        else:
            result.append(run)
    return [run for run in result if len([i for i in run if events[i].heads]) > 1]


def _same_group(starts: Sequence[Fraction], a: Event, b: Event) -> bool:
    return bisect_right(starts, a.onset) == bisect_right(starts, b.onset)


def _is_full_beat(run: Run, events: Sequence[Event], beats: set[Fraction]) -> bool:
    """Whether a run is plain eighths that fill whole beats."""
    first, last = events[run[0]], events[run[-1]]
    plain = all(events[i].duration == Fraction(1, 2) and events[i].group is None for i in run)
    length = last.onset + last.duration - first.onset
    return plain and first.onset in beats and length.denominator == 1


def _write_level(level: int, chords: Run, events: Sequence[Event], values: list[list[str]]) -> None:
    """Append the value of one beam level to every chord that has so many flags."""
    has = [_flags(events[i]) >= level for i in chords]
    for k, i in enumerate(chords):
        if not has[k]:
            continue
        before, after = k > 0 and has[k - 1], k + 1 < len(chords) and has[k + 1]
        if before or after:
            values[i].append("continue" if before and after else "end" if before else "begin")
        else:
            forward = k == 0 or (k + 1 < len(chords) and _starts_pair(events[i], level))
            values[i].append("forward hook" if forward else "backward hook")


def _starts_pair(event: Event, level: int) -> bool:
    """Whether a note of that many flags stands where the first of a pair of them would."""
    time = event.group.written(event.onset) if event.group else event.onset
    return (time * Fraction(2) ** (level - 1)).denominator == 1
