"""POP909: pop songs as performances, with their beats, keys and chords in text files.

Wang et al., "POP909: A Pop-song Dataset for Music Arrangement Generation", ISMIR 2020.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from math import floor
from pathlib import Path
from typing import TypeVar

import mido
import numpy as np

from bridge.corpus.beats import Beats, Floats, Measures
from bridge.corpus.labels import chord_of, key_of
from bridge.documents.midi_file import Performance, Sounding, Strand, open_midi
from bridge.documents.midi_pedal import pedalled
from bridge.documents.midi_quantise import Steadiness, Steadinesses
from bridge.documents.midi_reader import read_performance
from bridge.errors import InputError
from engine.exact import Fraction
from engine.score import ChordSymbol, Key, Measure, Score
from engine.transformer.window import canonical

T = TypeVar("T")

Labels = list[tuple[Fraction, str]]  # from which quarter of the score, and what
Keys = list[tuple[Fraction, Key]]  # from which quarter of the score
Clock = Callable[[Sequence[Fraction]], Floats]  # from quarters of the file to seconds

# Most was played on a sixteenth grid; where notes end is articulation.
_STEADY = Steadinesses(Steadiness(1 / 24, False), Steadiness(1 / 8, False))
_GRIDS = (4, 6)  # pieces of a quarter
_STRAY = 1 / 24  # of a quarter: what lies farther from both grids is no rhythm
_MOST_STRAYS = 0.1  # share of the onsets
_MOST_BREAKS = 4  # measures that are not whole
_MOST_OUT_OF_PHASE = 0.1  # share of the beats
_LEAST_IN_KEY = 0.6  # share of the notes' time
_VOICE = "Voice"
_PARTS = (("MELODY", _VOICE, 53), ("BRIDGE", "Instrument", 80), ("PIANO", "Piano", 0))  # a lead of no kind
_MIDDLE_C = 60
_NEAR = 1 / 8  # of a beat, from it to a bass note that belongs to it
_TOGETHER = Fraction(1, 8)  # of a quarter, within which notes begin together, or end where others begin
_BREATH = Fraction(3, 8)  # a shorter rest is articulation


def read_song(path: Path) -> Score:
    """The song of that performance (``NNN/NNN.mid``): a voice, an instrument (the track BRIDGE) and a piano.

    BRIDGE holds second melodies, which answer the voice where it rests. Section 3 of the paper counts them
    among the piano accompaniment, but no pianist can play both tracks: their hands would strike chords wider
    than a tenth in every fifth measure or so, which in PIANO alone they hardly ever do.

    Raises
    ------
        InputError: files are missing or broken, or the measures or the rhythm cannot be trusted.
    """
    return _made(path, _score)


def read_melody(path: Path) -> list[Sounding]:
    """The melody of that performance as it was sung on the keys, moved to the signature without accidentals.

    Times are quarters of the score, not rounded to a grid. Raises InputError as ``read_song`` does.
    """
    return _made(path, _melody)


def _made(path: Path, make: Callable[[Path, _Song], T]) -> T:
    try:
        return make(path, _performed(path))
    except (OSError, ValueError, LookupError) as error:
        raise InputError(f"{path}: not a song of POP909 ({error})", "Fetch the data set again.") from error


@dataclass(frozen=True, slots=True)
class _Song:
    """A performance in quarters of the score."""

    ticks: int
    measures: Measures
    strands: tuple[Strand, ...]
    keys: Keys


def _performed(path: Path) -> _Song:
    performance = open_midi(path.read_bytes(), path.name)
    clock, beats = _clock(path), _beats(path.parent)
    onsets = clock([note.start for strand in performance.strands for note in strand.notes])
    measures = beats.measures(*beats.at(np.array([onsets.min(), onsets.max()])))
    strands = tuple(_strand(strand, clock, measures) for strand in performance.strands)
    keys = _keys(_labels(path.parent / "key_audio.txt", measures), measures)
    if fault := _fault(measures, strands, keys):
        raise InputError(f"{path}: {fault}", "Leave the song out.")
    return _Song(performance.ticks, measures, strands, keys)


def _score(path: Path, song: _Song) -> Score:
    measures = song.measures
    metres = tuple(zip(measures.starts, measures.metres, strict=True))
    players = Performance(song.ticks, "", tuple(_players(song.strands)), metres, tuple(song.keys))
    played = pedalled(players)
    score = read_performance(replace(played, strands=tuple(map(_held, played.strands))), _STEADY, path.name)
    chords = _labels(path.parent / "chord_midi.txt", measures)
    return replace(score, measures=tuple(_with_chords(score.measures, chords, measures.starts)))


def _melody(path: Path, song: _Song) -> list[Sounding]:
    times = [time for time, _ in song.keys]
    sung = next(strand for strand in song.strands if strand.name == "MELODY")

    def moved(note: Sounding) -> Sounding:
        _, key = song.keys[max(bisect_right(times, note.start) - 1, 0)]
        return replace(note, midi=note.midi + canonical(key.fifths).chromatic)

    return sorted(map(moved, sung.notes), key=lambda note: (note.start, -note.midi))


def _clock(path: Path) -> Clock:
    """The file's tempo map, exactly."""
    file = mido.MidiFile(path)
    changes: list[tuple[int, int]] = []
    for track in file.tracks:
        ticks = accumulate(message.time for message in track)
        changes += [(t, m.tempo) for t, m in zip(ticks, track, strict=True) if m.type == "set_tempo"]
    tempos = {0: 500_000} | dict(sorted(changes, key=lambda change: change[0]))
    quarters = np.array([*tempos, 1e9]) / file.ticks_per_beat
    paces = np.array([*tempos.values()]) / 1e6
    seconds = np.concatenate([[0], np.cumsum(np.diff(quarters) * paces)])
    return lambda times: np.interp([float(time) for time in times], quarters, seconds)


def _beats(folder: Path) -> Beats:
    """The beats of a song; each line has a time and two marks, for downbeats of two beats and of four.

    Measures in twos are halves of 4/4, except where a beat has three eighths: these are 6/8.
    """
    size, quavers = _sizes(folder)
    mark = 1
    if (size, quavers) == (2, 2):
        size, mark = 4, 2
    rows = np.loadtxt(folder / "beat_midi.txt", ndmin=2)
    return Beats(rows[:, 0], tuple(np.flatnonzero(rows[:, mark]).tolist()), size, quavers)


def _sizes(folder: Path) -> tuple[int, int]:
    """Beats in a measure and eighths in a beat, from the data set's index."""
    with (folder.parent / "index.csv").open(encoding="utf-8", newline="") as file:
        row = {row["song_id"]: row for row in csv.DictReader(file)}[folder.name]
    return int(row["num_beats_per_measure"]), int(row["num_quavers_per_beat"])


def _labels(path: Path, measures: Measures) -> Labels:
    """Lines of start, end (in seconds) and label."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    times = measures.quarters(np.array([float(start) for start, _, _ in rows]))
    return list(zip(times, (label for _, _, label in rows), strict=True))


def _strand(strand: Strand, clock: Clock, measures: Measures) -> Strand:
    """What a track plays, in quarters of the score."""

    def moved(times: Sequence[Fraction]) -> list[Fraction]:
        return measures.quarters(clock(times))

    starts, ends = moved([n.start for n in strand.notes]), moved([n.end for n in strand.notes])
    notes = [replace(n, start=a, end=b) for a, b, n in zip(starts, ends, strand.notes, strict=True)]
    pedal = zip(moved([a for a, _ in strand.pedal]), moved([b for _, b in strand.pedal]), strict=True)
    return replace(strand, notes=notes, pedal=list(pedal))


def _players(strands: Sequence[Strand]) -> Iterator[Strand]:
    """The parts in the order of a score."""
    for track, name, program in _PARTS:
        yield from (replace(s, name=name, program=program) for s in strands if s.name == track)


def _held(strand: Strand) -> Strand:
    """The strand without articulation: notes last until the next begin, if these are near, else to an eighth.

    A voice lasts no longer than that, whatever the keys say.
    """
    onsets = sorted({note.start for note in strand.notes})
    overlap = Fraction(10**6) if strand.name == _VOICE else _TOGETHER

    def end(note: Sounding) -> Fraction:
        following = bisect_left(onsets, max(note.start + _TOGETHER, note.end - overlap))
        if following < len(onsets) and onsets[following] < note.end + _BREATH:
            return onsets[following]
        return Fraction(max(round(2 * note.end), floor(2 * (note.start + _TOGETHER)) + 1), 2)

    return replace(strand, notes=[replace(note, end=end(note)) for note in strand.notes], pedal=[])


def _fault(measures: Measures, strands: Sequence[Strand], keys: Keys) -> str:
    """Why a song had better be left out: wrong measures teach worse than none."""
    if {"MELODY", "PIANO"} - {strand.name for strand in strands}:
        return "no melody or no piano"
    if measures.breaks > _MOST_BREAKS:
        return f"{measures.breaks} measures that are not whole"
    if (share := measures.out_of_phase(_changes(strands, measures.unit))) > _MOST_OUT_OF_PHASE:
        return f"harmony contradicts the downbeats in {share:.0%} of the song"
    if (share := _strays(strands)) > _MOST_STRAYS:
        return f"{share:.0%} of the notes are off every grid"
    if (share := _in_key(strands, keys)) < _LEAST_IN_KEY:
        return f"only {share:.0%} of the notes are in the key"
    return ""


def _changes(strands: Sequence[Strand], unit: Fraction) -> list[int]:
    """The beats on which the bass goes to another pitch class."""
    lowest: defaultdict[int, int] = defaultdict(lambda: _MIDDLE_C)
    for note in (note for strand in strands if strand.name == "PIANO" for note in strand.notes):
        time = float(note.start / unit)
        if abs(time - round(time)) < _NEAR:
            lowest[round(time)] = min(lowest[round(time)], note.midi)
    bass = sorted((beat, midi % 12) for beat, midi in lowest.items() if midi < _MIDDLE_C)
    return [later[0] for earlier, later in pairwise(bass) if earlier[1] != later[1]]


def _strays(strands: Sequence[Strand]) -> float:
    """The share of the onsets that are far from the better grid of their quarter."""
    times = np.array([float(note.start) for strand in strands for note in strand.notes])
    quarter = (times + _STRAY).astype(int)
    far = [np.abs(times * n - np.rint(times * n)) / n > _STRAY for n in _GRIDS]
    counts = np.stack([np.bincount(quarter, mask) for mask in far])
    return float(counts.min(0).sum()) / len(times)


def _in_key(strands: Sequence[Strand], keys: Keys) -> float:
    """The share of the notes' time that belongs to the scale of the signature, natural minor included."""
    times = [time for time, _ in keys]
    inside = {False: 0.0, True: 0.0}
    for note in (note for strand in strands for note in strand.notes):
        _, key = keys[max(bisect_right(times, note.start) - 1, 0)]
        # Seven neighbours on the line of fifths, from the one below the tonic of the major, are a scale.
        inside[(7 * note.midi - key.fifths + 1) % 12 < 7] += float(note.end - note.start)
    return inside[True] / sum(inside.values())


def _keys(labels: Labels, measures: Measures) -> Keys:
    """Where each key begins: at the measure that is nearest."""
    return [
        (min(measures.starts, key=lambda start: abs(start - time)), key_of(label)) for time, label in labels
    ]


def _with_chords(
    measures: Sequence[Measure], labels: Labels, starts: Sequence[Fraction]
) -> Iterator[Measure]:
    """The measures with their chord symbols, on the nearest eighths; only changes are written."""
    found: defaultdict[int, list[ChordSymbol]] = defaultdict(list)
    for label, group in groupby(labels, key=lambda found: found[1]):
        time = Fraction(round(next(group)[0] * 2), 2)
        index = bisect_right(starts, time) - 1
        if index < len(measures):
            chord = chord_of(label, time - starts[index], measures[index].key)
            found[index] += [chord] if chord else []
    for index, measure in enumerate(measures):
        yield replace(measure, chords=tuple(found[index]))
