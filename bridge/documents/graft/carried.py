"""What hangs on notes that leave and stays: words, lines to notes that stay, marks of notes that come again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from lxml import etree

from bridge.documents.graft.labels import staff_of
from bridge.documents.graft.lines import End, Line, take_off
from bridge.documents.graft.timeline import Item
from bridge.documents.musicxml_values import decimal
from bridge.notation.voices import Event
from engine.exact import Fraction

Written = Mapping[int, Sequence[tuple[Event, list[etree._Element]]]]  # by voice
Again = dict[etree._Element, etree._Element]  # by the leaving note, the one that is written in its place
Place = tuple[Fraction, Fraction]  # onset and duration in quarters

_WRITTEN = ("tied", "tuplet")  # these come with the notes
_OF_RHYTHM = ("articulations", "fermata", "dynamics", "slur")  # how a note is played, whatever its pitch
_SPANNING = ("start", "stop", "continue")


def carry_over(leaving: Sequence[Item], written: Written, lines: Sequence[Line]) -> str:
    """Hang the lyrics and the open lines of leaving notes on the notes written in their place.

    A syllable goes to the note at its onset, else to the next one on its staff that has none. A note that is
    written as it was keeps its marks and its grace notes; a voice whose rhythm stays keeps its articulations and
    fermatas on whatever pitches. Lines between notes as they were stay, slurs between all such notes. Returns what
    found no place, "" mostly. ``lines`` are all those of the part.
    """
    notes = [item for item in leaving if item.element.tag == "note"]
    lost = sum(not _hang(item, lyric, written) for item in notes for lyric in item.element.findall("lyric"))
    same, placed = _as_they_were(notes, written), _in_their_rhythm(notes, written)
    _carry_grace_notes(notes, same, written)
    again = same | {old: new for old, new in placed.items() if old not in same}
    taken = _taken_lines(_ends_among(lines, notes), same, again, written)
    for old, new in again.items():
        _carry_marks(old, new, all_of_them=old in same)
    for note, holder, line in taken:
        _holder(note, holder).append(line)
    return f"{lost} syllable{'s' if lost > 1 else ''} without a note" if lost else ""


def _as_they_were(notes: Sequence[Item], written: Written) -> Again:
    """Leaving notes with the new ones of the same place, length and pitch."""
    new = {
        (event.onset, event.duration, *_pitch(element)): element
        for events in written.values()
        for event, elements in events
        for element in elements
        if event.heads
    }
    found = {
        item.element: new.get((item.onset, item.length, *_pitch(item.element)))
        for item in notes
        if item.element.find("pitch") is not None and item.element.find("grace") is None
    }
    return {old: element for old, element in found.items() if element is not None}


def _in_their_rhythm(notes: Sequence[Item], written: Written) -> Again:
    """Leaving notes of voices whose rhythm stays with the new ones, in each chord the first with the first."""
    leaving: defaultdict[str, dict[Place, list[etree._Element]]] = defaultdict(dict)
    for item in notes:
        if item.element.find("rest") is None and item.element.find("grace") is None:
            chords = leaving[item.element.findtext("voice") or ""]
            chords.setdefault((item.onset, item.length), []).append(item.element)
    found: Again = {}
    for events in written.values():
        new = {(event.onset, event.duration): elements for event, elements in events if event.heads}
        label = next((elements[0].findtext("voice") or "" for elements in new.values()), "")
        if new.keys() == leaving[label].keys():
            for place, elements in leaving[label].items():
                found |= dict(zip(elements, new[place], strict=False))
    return found


def _pitch(note: etree._Element) -> tuple[str, Fraction, str, int]:
    """The pitch as it is written, and the staff."""
    step, octave = (note.findtext(f"pitch/{name}") or "" for name in ("step", "octave"))
    return step.strip(), decimal(note.findtext("pitch/alter") or "0", "alter"), octave.strip(), staff_of(note)


def _carry_grace_notes(notes: Sequence[Item], same: Again, written: Written) -> None:
    """Grace notes before a note that is as it was stay there."""
    chords = {note: notes for events in written.values() for _, notes in events for note in notes}
    waiting: list[etree._Element] = []
    for element in (item.element for item in notes):
        if element.find("grace") is not None:
            waiting.append(element)
        else:
            new = same.get(element)
            if new is not None and all(g.findtext("voice") == element.findtext("voice") for g in waiting):
                chords[new][:0] = waiting
                same.update((grace, grace) for grace in waiting)
            waiting = []


def _carry_marks(old: etree._Element, new: etree._Element, all_of_them: bool) -> None:
    """Those that do not depend on the pitch, or ``all_of_them``; what spans several notes does not stand on one."""
    for mark in old.findall("notations/*") if old is not new else ():
        # Another note of the chord may have brought such a mark already.
        there = any(other.tag == mark.tag for other in new.iterfind("notations/*"))
        wanted = mark.tag not in _WRITTEN if all_of_them else mark.tag in _OF_RHYTHM and not there
        if wanted and not any(part.get("type") in _SPANNING for part in mark.iter()):
            mark.tail = None
            _notations(new).append(mark)


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


def _ends_among(lines: Sequence[Line], notes: Sequence[Item]) -> list[Line]:
    """Those lines, or their one end, that are on these notes."""
    among = {item.element for item in notes}
    found = [[end for end in ends if end[0] in among] for ends in lines]
    return [ends for ends in found if ends]


def _taken_lines(
    lines: Sequence[Line], same: Again, again: Again, written: Written
) -> list[tuple[etree._Element, str, etree._Element]]:
    """The ends of ``lines``, off their notes, that stay: each with its new note and the name of what it was in.

    Lines from and to notes that stay keep their other end: in its place, else on the first or the last new note.
    """
    notes = [note for _, note in _sounding(written)]
    found = []
    for ends in lines:
        there = again if len(ends) == 1 or ends[0][1].tag in _OF_RHYTHM else same
        places = [there[note] for note, _ in ends if note in there]
        if len(ends) == 1 and not places:
            places = _at_the_edge(ends[0], notes)
        names = [take_off(line) for _, line in ends]
        if len(places) == len(ends):
            found += [(place, name, line) for place, name, (_, line) in zip(places, names, ends, strict=True)]
    return found


def _at_the_edge(end: End, notes: list[etree._Element]) -> list[etree._Element]:
    """The first of the new notes, the last for the beginning of a line; one of the same voice if it has any."""
    owner, line = end
    own = [note for note in notes if note.findtext("voice") == owner.findtext("voice")] or notes
    return own[:1] if line.get("type") == "stop" else own[-1:]


def _holder(note: etree._Element, name: str) -> etree._Element:
    """The note's ``<notations>``, or what is called so in them, made where there is none."""
    notations = _notations(note)
    if name == "notations":
        return notations
    found = notations.find(name)
    return etree.SubElement(notations, name) if found is None else found


def _notations(note: etree._Element) -> etree._Element:
    """The note's ``<notations>``, made where it has none; lyrics come after it."""
    found = note.find("notations")
    if found is None:
        found = etree.Element("notations")
        note.insert(next((i for i, child in enumerate(note) if child.tag == "lyric"), len(note)), found)
    return found
