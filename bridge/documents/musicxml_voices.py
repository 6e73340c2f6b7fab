"""From a part's raw notes to cells: voice numbers, measure ends and ties."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from bridge.documents.musicxml_notes import RawNote, notated_tuplet
from bridge.documents.musicxml_reading import PartReading
from engine.exact import Fraction
from engine.score import VOICES_PER_STAFF, Cell, Note, home_staff, note_order

_AT_HOME = Fraction(1, 8)  # of a voice's notes, on the staff that its label means

Place = tuple[Fraction, int]  # time in the measure and MIDI key
Held = tuple[Fraction, int, int]  # and voice
VoiceKey = tuple[str, int]  # the document's label and, for labels in use on several staves at once, the staff


def cells_of(part: PartReading, durations: Sequence[Fraction]) -> tuple[Cell, ...]:
    """One cell for each measure of the part; ``durations`` are the measures' in quarters.

    What reaches beyond the measure is cut; losses are counted in ``part.losses``.
    """
    voices = voice_numbers(part)
    cells = []
    before, held = set[Place](), set[Held]()
    for measure, duration in zip(part.measures, durations, strict=True):
        numbers = [voices[_voice_key(part, raw)] for raw in measure.notes]
        notes = [_note(raw, number) for raw, number in zip(measure.notes, numbers, strict=True)]
        inside = _cut(notes, duration, part.losses)
        pairs = zip(measure.notes, numbers, strict=True)
        held |= {(raw.end, raw.pitch.midi, number) for raw, number in pairs if raw.ties_on}
        cells.append(tuple(sorted(_with_ties(inside, before, held), key=note_order)))
        before = {(n.end - duration, n.pitch.midi) for n in inside}
        held = {(end - duration, midi, number) for end, midi, number in held if end == duration}
    return tuple(cells)


def _note(raw: RawNote, voice: int) -> Note:
    return Note(raw.onset, raw.duration, raw.pitch, voice, raw.staff, raw.tuplet, raw.tied)


def _cut(notes: list[Note], duration: Fraction, losses: Counter[str]) -> list[Note]:
    """The notes inside the measure, those that overrun it by error shortened or left out."""
    if all(n.end <= duration for n in notes):
        return notes
    inside = [n for n in notes if n.onset < duration]
    losses["notes beyond the end of their measure left out or cut"] += sum(n.end > duration for n in notes)
    return [n if n.end <= duration else _shortened(n, duration - n.onset) for n in inside]


def _shortened(note: Note, duration: Fraction) -> Note:
    return replace(note, duration=duration, tuplet=notated_tuplet(duration, note.tuplet))


def _with_ties(notes: list[Note], before: set[Place], held: set[Held]) -> list[Note]:
    """The notes, ``tied`` only where a note of that pitch ends, and there also if just its tie is marked.

    ``before`` are the ends of the last measure; ``held`` says where ties lead, and in which voice.
    """
    if not held and not any(n.tied for n in notes):
        return notes
    ends = before | {(n.end, n.pitch.midi) for n in notes}
    met = {(n.onset, n.pitch.midi) for n in notes if n.tied}
    return [_with_tie(note, ends, met, held) for note in notes]


def _with_tie(note: Note, ends: set[Place], met: set[Place], held: set[Held]) -> Note:
    place = (note.onset, note.pitch.midi)
    tied = place in ends and (note.tied or (place not in met and (*place, note.voice) in held))
    return note if tied == note.tied else replace(note, tied=tied)


def _voice_key(part: PartReading, raw: RawNote) -> VoiceKey:
    return (raw.voice, raw.staff if raw.voice in part.split_labels else 0)


def voice_numbers(part: PartReading) -> dict[VoiceKey, int]:
    """A number for each voice of the part: its own label where that fits its home staff, else a free one."""
    homes = _home_staves(part)
    own = {key: int(key[0]) for key, home in homes.items() if not key[1] and _keeps_label(key[0], home)}
    numbers = dict(own)
    for key, home in homes.items():
        if key not in own:
            block = range(VOICES_PER_STAFF * (home - 1) + 1, VOICES_PER_STAFF * home + 1)
            free = [n for n in block if n not in numbers.values()]
            numbers[key] = free[0] if free else block[-1]
            if not free:
                part.losses["voices beyond the fourth of a staff merged into it"] += 1
    return numbers


def _keeps_label(label: str, home: int) -> bool:
    return _staff_meant(label) == home


def _staff_meant(label: str) -> int | None:
    """The staff of a label where they count four to a staff, None for one that is no such number."""
    number = int(label) if label.isascii() and label.isdigit() and len(label) < 4 else 0
    return home_staff(number) if number else None


def _home_staves(part: PartReading) -> dict[VoiceKey, int]:
    """The staff on which each voice lives, in order of first appearance: that of most of its notes.

    Where labels count four to a staff, a voice may cross over for most of a piece and still live where its label says.
    """
    counts: defaultdict[VoiceKey, Counter[int]] = defaultdict(Counter)
    for measure in part.measures:
        for raw in measure.notes:
            counts[_voice_key(part, raw)][raw.staff] += 1
    homes = {key: staves.most_common(1)[0][0] for key, staves in counts.items()}
    if any(home > 1 and _staff_meant(key[0]) == home for key, home in homes.items()):
        for key, staves in counts.items():
            meant = _staff_meant(key[0])
            if meant and not key[1] and staves[meant] >= _AT_HOME * staves.total():
                homes[key] = meant
    return homes
