"""What hangs on notes that leave and belongs to more than them: words, and slurs into other measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from lxml import etree

from bridge.documents.graft.labels import staff_of
from bridge.documents.graft.timeline import Item
from bridge.notation.voices import Event

Written = Mapping[int, Sequence[tuple[Event, list[etree._Element]]]]  # by voice


def carry_over(leaving: Sequence[Item], written: Written) -> str:
    """Hang the lyrics and the open slurs of leaving notes on the notes written in their place.

    A syllable goes to the note at its onset, else to the next one on its staff that has none. Returns what
    found no place, "" mostly.
    """
    notes = [item for item in leaving if item.element.tag == "note"]
    lost = sum(not _hang(item, lyric, written) for item in notes for lyric in item.element.findall("lyric"))
    _carry_slurs([item.element for item in notes], written)
    return f"{lost} syllable{'s' if lost > 1 else ''} without a note" if lost else ""


def _hang(item: Item, lyric: etree._Element, written: Written) -> bool:
    """Put a lyric below a note; False when there is none."""
    for onset, note in _sounding(written):
        free = all(other.get("number") != lyric.get("number") for other in note.iterfind("lyric"))
        if onset >= item.onset and free and staff_of(note) == staff_of(item.element):
            lyric.tail = None
            note.append(lyric)
            return True
    return False


def _sounding(written: Written) -> list[tuple[Fraction, etree._Element]]:
    """Onset and first head of every chord, in order of time, the upper voices first."""
    chords = [
        (event.onset, voice, notes[0])
        for voice, events in written.items()
        for event, notes in events
        if event.heads
    ]
    return [(onset, note) for onset, _, note in sorted(chords, key=lambda chord: chord[:2])]


def _carry_slurs(leaving: Sequence[etree._Element], written: Written) -> None:
    """Slurs from and to notes that stay keep their other end: on the first or the last new note."""
    notes = [note for _, note in _sounding(written)]
    if not notes:
        return
    for slur in _open_slurs(leaving):
        slur.tail = None
        _notations(notes[0 if slur.get("type") == "stop" else -1]).append(slur)


def _open_slurs(leaving: Sequence[etree._Element]) -> Iterator[etree._Element]:
    """Slurs of which one end is among the leaving notes and the other is not."""
    begun: dict[str, etree._Element] = {}
    for slur in (slur for note in leaving for slur in note.iterfind("notations/slur")):
        number = slur.get("number", "1")
        if slur.get("type") == "start":
            begun[number] = slur
        elif slur.get("type") == "stop" and begun.pop(number, None) is None:
            yield slur
    yield from begun.values()


def _notations(note: etree._Element) -> etree._Element:
    """The note's ``<notations>``, made where it has none; lyrics come after it."""
    found = note.find("notations")
    if found is None:
        found = etree.Element("notations")
        note.insert(next((i for i, child in enumerate(note) if child.tag == "lyric"), len(note)), found)
    return found
