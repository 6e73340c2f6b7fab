"""What people wrote, note by note, and how much of it some notation has right."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from bridge.notation.sounds import cells_of, without_notation
from engine.exact import Fraction
from engine.notator.sounds import RANKS, Placed, Sound, sound_order
from engine.pitch import Pitch
from engine.score import Cell, Measure, Note, Part, Tuplet, home_staff

HANDS = 2
Value = tuple[Fraction, Fraction, Tuplet]  # onset in the score, duration, ratio in smallest numbers


@dataclass(frozen=True, slots=True)
class Shown:
    """A sounding note on a page: where it stands, what it is called, and the values that write it."""

    pitch: Pitch
    staff: int
    voice: tuple[int, int]  # staff and rank
    values: tuple[Value, ...]


@dataclass(slots=True)
class Human:
    """A sounding note as the human wrote it; ``voice`` is the document's, ``rank`` counts those of its staff."""

    pitch: Pitch
    voice: int
    rank: int
    printed_staff: int
    values: list[Value] = field(default_factory=list)

    @property
    def sound(self) -> Sound:
        onset, (last, duration, _) = self.values[0][0], self.values[-1]
        return Sound(onset, last + duration - onset, self.pitch.midi)

    @property
    def staff(self) -> int:
        return home_staff(self.voice)


def starts_of(measures: Sequence[Measure]) -> list[Fraction]:
    """When each measure starts, and the last one ends."""
    return list(accumulate((measure.duration for measure in measures), initial=Fraction(0)))


def human_notes(part: Part, measures: Sequence[Measure]) -> list[Human]:
    """The part's sounding notes in ``sound_order``; a tie is followed in its own voice where there is a choice."""
    found: list[Human] = []
    open_: defaultdict[tuple[Fraction, int], list[tuple[int, Human]]] = defaultdict(list)
    for start, cell in zip(starts_of(measures), part.cells, strict=False):
        ranks = _ranks(cell)
        for note in sorted(cell, key=lambda note: note.onset):
            human = _continued(note, open_[start + note.onset, note.pitch.midi])
            if human is None:
                human = Human(note.pitch, note.voice, ranks[note.voice], note.staff)
                found.append(human)
            human.values.append((start + note.onset, note.duration, note.tuplet.reduced))
            open_[start + note.end, note.pitch.midi].append((note.voice, human))
    return sorted(found, key=lambda human: sound_order(human.sound))


def _continued(note: Note, ending: list[tuple[int, Human]]) -> Human | None:
    if not note.tied or not ending:
        return None
    best = max(range(len(ending)), key=lambda i: (ending[i][0] == note.voice, i))
    return ending.pop(best)[1]


def _ranks(cell: Cell) -> dict[int, int]:
    """The rank of each voice that has notes in a measure, on its home staff."""
    voices = sorted({note.voice for note in cell})
    return {
        voice: min(sum(home_staff(v) == home_staff(voice) for v in voices[:i]), RANKS - 1)
        for i, voice in enumerate(voices)
    }


def best_ranks(
    humans: Mapping[int, Human], voices: Mapping[int, tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """For each voice of each measure the human's rank of most of its notes; ``voices``: measure and voice of each."""
    votes: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for i, voice in voices.items():
        votes[voice][humans[i].rank] += 1
    return {voice: counts.most_common(1)[0][0] for voice, counts in votes.items()}


def shown_by(placed: Sequence[Placed], measures: Sequence[Measure]) -> list[Shown]:
    """What ``cells_of`` makes of placed sounds, sound by sound; a sound in a measure without notation has no values."""
    values = _values(placed, measures)
    return [
        Shown(one.pitch, one.staff, (one.staff, min(one.rank, RANKS - 1)), tuple(values[i]))
        for i, one in enumerate(placed)
    ]


def _values(placed: Sequence[Placed], measures: Sequence[Measure]) -> dict[int, list[Value]]:
    starts = starts_of(measures)
    spoilt = without_notation(placed, measures)
    # Octaves tell the sounds apart in the cells; nothing else of a pitch matters to the rhythm.
    told = [replace(one, pitch=Pitch("C", 0, i)) for i, one in enumerate(placed)]
    told = [one for one in told if not spoilt & set(_measures_of(one.sound, starts))]
    values: defaultdict[int, list[Value]] = defaultdict(list)
    for start, cell in zip(starts, cells_of(told, measures), strict=False):
        for note in cell:
            values[note.pitch.octave].append((start + note.onset, note.duration, note.tuplet.reduced))
    return values


def _measures_of(sound: Sound, starts: Sequence[Fraction]) -> Iterator[int]:
    for index in range(bisect_right(starts, sound.onset) - 1, len(starts) - 1):
        if starts[index] >= sound.end:
            break
        yield index


def score_of(humans: Sequence[Human], shown: Sequence[Shown]) -> Counter[str]:
    """How many notes there are and how many are right, each in several ways."""
    counts: Counter[str] = Counter(notes=len(humans))
    for human, found in zip(humans, shown, strict=True):
        ties = [value[:2] for value in human.values] == [value[:2] for value in found.values]
        counts["spelling"] += human.pitch == found.pitch
        counts["staff"] += human.staff == found.staff
        counts["printed staff"] += human.printed_staff == found.staff
        counts["voice"] += (human.staff, human.rank) == found.voice
        counts["ties"] += ties
        counts["ties and tuplets"] += ties and human.values == list(found.values)
        counts["values"] += len(human.values)
        counts["tuplets"] += sum(_ratio_at(onset, found.values) == ratio for onset, _, ratio in human.values)
    return counts


def _ratio_at(time: Fraction, values: Sequence[Value]) -> Tuplet | None:
    return next((ratio for onset, duration, ratio in values if onset <= time < onset + duration), None)
