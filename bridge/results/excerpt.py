"""The generated measures alone, as a MusicXML document of their own.

What was left out can still be joined: ``joined`` makes one document of excerpts that follow each other. For it an
excerpt says in its ``<miscellaneous>`` which measures it has, and which notes are held into the first of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from lxml import etree

from bridge.documents.musicxml_reader import read_musicxml
from bridge.documents.musicxml_writer import write_musicxml
from bridge.documents.serial import serialised
from bridge.documents.xml import parse_xml
from bridge.notation.xml import add
from engine.score import Cell, Note, Part, Score

_MEASURES, _HELD = "obbligato-measures", "obbligato-held"  # names of <miscellaneous-field>
_NAME = "excerpt"  # in messages

Sound = tuple[int, int, int]  # of a note that begins a measure: part of the excerpt from 0, staff, MIDI key


def excerpt(score: Score, parts: Sequence[int], measures: Sequence[int], first: int = 0) -> bytes:
    """Those measures of those parts (ascending indices from 0) as a MusicXML 4.0 score-partwise document.

    Each is written as if the excerpt were all there is: key, metre, clefs and transposition stand at its
    beginning, and no tie leads into it or out of it. Chord symbols stand in the score's first part. Where ``score``
    is not the whole, ``first`` is the place of its first measure there. Raises EngineError when a rhythm has no
    notation.
    """
    picked = [score.parts[index] for index in parts]
    starts = {index for index in measures if index - 1 not in measures}
    held = {
        (number, note.staff, note.pitch.midi)
        for number, part in enumerate(picked)
        for note in part.cells[measures[0]]
        if _is_held(note)
    }
    columns = [score.measures[index] for index in measures]
    small = Score(
        tuple(columns if 0 in parts else [replace(measure, chords=()) for measure in columns]),
        tuple(_selected(part, measures, starts) for part in picked),
    )
    return _written(small, [first + index for index in measures], held)


def joined(excerpts: Sequence[bytes]) -> bytes:
    """One excerpt of at least one, all of the same parts: their measures in that order.

    Where measures follow each other in the score, ties lead from one excerpt into the next.
    """
    roots = [parse_xml(data, _NAME).getroot() for data in excerpts]
    measures = [[int(index) for index in _field(root, _MEASURES)] for root in roots]
    held = [{_sound(text) for text in _field(root, _HELD)} for root in roots]
    for root in roots[1:]:
        for part, more in zip(roots[0].iterchildren("part"), root.iterchildren("part"), strict=True):
            part.extend(list(more))
    score = read_musicxml(roots[0], _NAME)
    firsts = accumulate(map(len, measures))
    for (before, after), first, sounds in zip(pairwise(measures), firsts, held[1:], strict=False):
        if before[-1] + 1 == after[0]:
            score = _with_ties(score, first, sounds)
    return _written(score, [index for own in measures for index in own], held[0])


def _is_held(note: Note) -> bool:
    return note.tied and note.onset == 0


def _selected(part: Part, measures: Sequence[int], starts: Collection[int]) -> Part:
    """Only those measures of a part; nothing is held into one of the ``starts``."""
    cells = (_cut_off(part.cells[index]) if index in starts else part.cells[index] for index in measures)
    return replace(part, cells=tuple(cells))


def _cut_off(cell: Cell) -> Cell:
    return tuple(replace(note, tied=False) if _is_held(note) else note for note in cell)


def _with_ties(score: Score, measure: int, sounds: Collection[Sound]) -> Score:
    """The score with these notes held into a measure."""
    cells = {
        (index, measure): tuple(
            replace(note, tied=True)
            if note.onset == 0 and (index, note.staff, note.pitch.midi) in sounds
            else note
            for note in part.cells[measure]
        )
        for index, part in enumerate(score.parts)
    }
    return score.with_cells(cells)


def _written(score: Score, measures: Sequence[int], held: Collection[Sound]) -> bytes:
    tree = write_musicxml(score, final=False)
    [identification] = tree.iterfind("identification")
    miscellaneous = add(identification, "miscellaneous")
    add(miscellaneous, "miscellaneous-field", " ".join(map(str, measures)), name=_MEASURES)
    if held:
        sounds = (".".join(map(str, sound)) for sound in sorted(held))
        add(miscellaneous, "miscellaneous-field", " ".join(sounds), name=_HELD)
    etree.indent(tree, space=" ")
    return serialised(tree, b"")


def _field(root: etree._Element, name: str) -> list[str]:
    """The words of one field of an excerpt."""
    return root.findtext(f"identification/miscellaneous/miscellaneous-field[@name='{name}']", "").split()


def _sound(text: str) -> Sound:
    part, staff, key = map(int, text.split("."))
    return part, staff, key
