"""What a part sounds like, and the same notes as the page has them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from engine.exact import Fraction
from engine.pitch import Pitch
from engine.score import VOICES_PER_STAFF, Cell, Measure, Note, Part, first_voice, home_staff

RANKS = 2  # voices of a staff that are told apart
NAMES = 35  # places on the line of fifths, from 15 below the signature's major tonic to 19 above
LOWEST_NAME = -15


@dataclass(frozen=True, slots=True)
class Sound:
    """One sounding note, whatever number of tied heads writes it; times in quarters from the start of the score."""

    onset: Fraction
    duration: Fraction
    midi: int

    @property
    def end(self) -> Fraction:
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Placed:
    """A sound with what the page adds; ``voice`` is global to the part and its home staff is the note's staff."""

    sound: Sound
    pitch: Pitch
    voice: int

    @property
    def staff(self) -> int:
        """The staff, from 1."""
        return home_staff(self.voice)

    @property
    def rank(self) -> int:
        """Which voice of its staff it is in, from 0."""
        return (self.voice - 1) % VOICES_PER_STAFF


def voice_of(staff: int, rank: int) -> int:
    """The number of a staff's voice; staves count from 1, ranks from 0."""
    return first_voice(staff) + rank


def sound_order(sound: Sound) -> tuple[Fraction, int, Fraction]:
    """Sort key: onset, then upwards, then the shorter first."""
    return sound.onset, sound.midi, sound.duration


def sounds_of(part: Part, measures: Sequence[Measure]) -> list[Sound]:
    """The part stripped to its sound, in ``sound_order``; chains of tied heads are one."""
    return [placed.sound for placed in placed_of(part, measures)]


def placed_of(part: Part, measures: Sequence[Measure]) -> list[Placed]:
    """The part's sounds as its own page places them, in ``sound_order``.

    A sound is where its first head is. Its staff is the home of that head's voice, also where the voice
    crosses over to the other. Its rank counts the voices of that staff which have heads in that measure:
    a voice that is alone has rank 0, all beyond the second have rank 1.
    """
    starts = accumulate((measure.duration for measure in measures), initial=Fraction(0))
    found: list[Placed] = []
    ends: defaultdict[tuple[Fraction, int], list[int]] = defaultdict(list)
    for start, cell in zip(starts, part.cells, strict=False):
        for note, voice in _ranked(cell):
            head = Placed(Sound(start + note.onset, note.duration, note.pitch.midi), note.pitch, voice)
            key = head.sound.onset, head.sound.midi
            if note.tied and ends[key]:
                index = ends[key].pop()
                found[index] = _lengthened(found[index], note.duration)
            else:
                index = len(found)
                found.append(head)
            ends[head.sound.end, head.sound.midi].append(index)
    return sorted(found, key=lambda placed: sound_order(placed.sound))


def pages_of(
    parts: Iterable[Part], measures: Sequence[Measure]
) -> Iterator[tuple[Part, list[Placed], list[Placed]]]:
    """Each part with its page, as ``placed_of`` reads it, and the sounds of all other pages, which are heard beside."""
    pages = [(part, placed_of(part, measures)) for part in parts]
    for part, page in pages:
        yield part, page, [placed for other, notes in pages if other is not part for placed in notes]


def _ranked(cell: Cell) -> Iterator[tuple[Note, int]]:
    """The heads in order of time, each with its voice by rank on its home staff."""
    counts: Counter[int] = Counter()
    voices: dict[int, int] = {}
    for voice in sorted({note.voice for note in cell}):
        staff = home_staff(voice)
        voices[voice] = voice_of(staff, min(counts[staff], RANKS - 1))
        counts[staff] += 1
    for note in sorted(cell, key=lambda note: note.onset):
        yield note, voices[note.voice]


def _lengthened(placed: Placed, duration: Fraction) -> Placed:
    sound = placed.sound
    return replace(placed, sound=replace(sound, duration=sound.duration + duration))
