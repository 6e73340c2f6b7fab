"""The notation that music21 gives to stripped notes, by what its MIDI reader does, with exact times."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from music21 import chord, key, meter, note, pitch, stream

from benchmarks.stripped import HANDS, Human, Shown, Value, best_ranks, starts_of
from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import Measure, Tuplet

_MIDDLE_C = 60
_EXACT = 4096  # largest denominator of its times, which it keeps as floats or rounded fractions

Places = dict[int, tuple[int, int, list[Value]]]  # of each note: measure, voice and values


def notated_by_music21(humans: Sequence[Human], measures: Sequence[Measure]) -> list[Shown]:
    """Each staff of the human as a track of its own; in the order of ``humans``."""
    shown: dict[int, Shown] = {}
    for staff in range(1, HANDS + 1):
        mine = {i: human for i, human in enumerate(humans) if human.staff == staff}
        places = _places(_notated(mine, measures), measures) if mine else {}
        ranks = best_ranks(mine, {i: (index, voice) for i, (index, voice, _) in places.items()})
        for i, (index, voice, values) in places.items():
            side = 1 if humans[i].pitch.midi >= _MIDDLE_C else HANDS
            name = _pitch(pitch.Pitch(midi=humans[i].pitch.midi))
            shown[i] = Shown(name, side, (staff, ranks[index, voice]), tuple(values))
    return [shown[i] for i in range(len(humans))]


def _notated(humans: dict[int, Human], measures: Sequence[Measure]) -> stream.Part:
    part = stream.Part()
    for measure, start in zip(measures, starts_of(measures), strict=False):
        _insert_measure(part, measure, start)
    chords: defaultdict[tuple[Fraction, Fraction], list[int]] = defaultdict(list)
    for i, human in humans.items():
        chords[human.sound.onset, human.sound.end].append(i)
    for (onset, end), indices in chords.items():
        part.insert(onset, _chord(indices, humans, end - onset))
    spans = sorted(chords)
    overlap = any(after[0] < before[1] for before, after in pairwise(spans))
    part.makeMeasures(inPlace=True)
    if overlap:
        for made in part.getElementsByClass(stream.Measure):
            made.makeVoices(inPlace=True, fillGaps=False)
    part.makeTies(inPlace=True)
    part.splitAtDurations(recurse=True)
    return part


def _insert_measure(part: stream.Part, measure: Measure, start: Fraction) -> None:
    """The metre of a measure's real length, so that short measures are as long as they are."""
    metre, length = measure.metre, measure.duration / 4
    whole = length == Fraction(metre.beats, metre.unit)
    beats, unit = (metre.beats, metre.unit) if whole else (length.numerator, length.denominator)
    part.insert(start, meter.TimeSignature(f"{beats}/{unit}"))
    part.insert(start, key.KeySignature(measure.key.fifths))


def _chord(indices: list[int], humans: dict[int, Human], length: Fraction) -> note.NotRest:
    heads = []
    for i in indices:
        head = note.Note(humans[i].pitch.midi, quarterLength=length)
        head.editorial.sound = i
        heads.append(head)
    return heads[0] if len(heads) == 1 else chord.Chord(heads, quarterLength=length)


def _places(part: stream.Part, measures: Sequence[Measure]) -> Places:
    places: Places = {}
    for index, measure in enumerate(part.getElementsByClass(stream.Measure)):
        voices = list(measure.voices) or [measure]
        for rank, voice in enumerate(voices):
            for element in voice.notes:
                onset = _exact(measure.offset) + _exact(element.offset)
                if voice is not measure:
                    onset += _exact(voice.offset)
                value = onset, _exact(element.quarterLength), _ratio(element)
                for head in element.notes if isinstance(element, chord.Chord) else [element]:
                    places.setdefault(head.editorial.sound, (index, rank, []))[2].append(value)
    return places


def _exact(time: float | Fraction) -> Fraction:
    return Fraction(time).limit_denominator(_EXACT)


def _ratio(element: note.GeneralNote) -> Tuplet:
    actual = normal = 1
    for one in element.duration.tuplets:
        actual, normal = actual * one.numberNotesActual, normal * one.numberNotesNormal
    return Tuplet(actual, normal).reduced


def in_key(shown: Sequence[Shown], humans: Sequence[Human], measures: Sequence[Measure]) -> list[Shown]:
    """The same with the names that ``simplifyMultipleEnharmonics`` finds for the keys of each measure."""
    result = list(shown)
    for fifths, indices in _by_measure(humans, measures):
        names = _names(fifths, tuple(sorted({humans[i].pitch.midi for i in indices})))
        for i in indices:
            result[i] = replace(shown[i], pitch=names[humans[i].pitch.midi])
    return result


@cache
def _names(fifths: int, keys: tuple[int, ...]) -> dict[int, Pitch]:
    pitches = [pitch.Pitch(midi=midi) for midi in keys]
    names = pitch.simplifyMultipleEnharmonics(pitches, keyContext=key.KeySignature(fifths))
    return {midi: _pitch(name) for midi, name in zip(keys, names, strict=True)}


def _by_measure(humans: Sequence[Human], measures: Sequence[Measure]) -> Iterator[tuple[int, list[int]]]:
    starts = starts_of(measures)
    inside: defaultdict[int, list[int]] = defaultdict(list)
    for i, human in enumerate(humans):
        inside[bisect_right(starts, human.sound.onset) - 1].append(i)
    return ((measures[index].key.fifths, indices) for index, indices in inside.items())


def _pitch(name: pitch.Pitch) -> Pitch:
    return Pitch(name.step, int(name.alter), name.implicitOctave)
