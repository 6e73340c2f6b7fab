"""Passages in which only some staves of a part are to be written, as passages of whole parts.

To an engine a part is written whole or not at all. So the staves to be written become a part of their own, beside
what stays of the part, and the engine listens to that as to any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.interface import Passage, WrittenCell
from engine.score import Cell, Part, home_staff


def on_staves(cell: Cell, staves: tuple[int, ...], wanted: bool = True) -> Cell:
    """The notes of a cell whose voices live on those staves, or, if not ``wanted``, on the others."""
    return tuple(note for note in cell if (home_staff(note.voice) in staves) is wanted)


@dataclass(frozen=True, slots=True)
class Track:
    """Where the notes of a track stand: a part, by index, and one of its staves, or 0 for all."""

    part: int
    staff: int = 0


@dataclass(frozen=True, slots=True)
class WholeParts:
    """``passage`` holds whole parts only; ``origin`` tells whose staves each part of it is."""

    passage: Passage
    origin: dict[int, int]

    @classmethod
    def of(cls, passage: Passage) -> WholeParts:
        """Split the parts of which only some staves are to be written."""
        parts = list(passage.score.parts)
        origin = {index: index for index in range(len(parts))}
        for index, staves in passage.staves.items():
            origin[len(parts)] = index
            parts.append(_half(parts[index], staves, wanted=True))
            parts[index] = _half(parts[index], staves, wanted=False)
        place = {whole: index for index, whole in origin.items()}  # the last one: that to be written
        moved = Passage(
            replace(passage.score, parts=tuple(parts)),
            frozenset((place[part], measure) for part, measure in passage.mask),
            passage.listen,
            {place[part]: staves for part, staves in passage.staves.items()},
            passage.like,
            passage.choir,
        )
        return cls(moved, origin)

    def back(self, cell: WrittenCell) -> WrittenCell:
        """A cell of the split passage as one of the passage that was given."""
        return replace(cell, part=self.origin[cell.part])


def _half(part: Part, staves: tuple[int, ...], wanted: bool) -> Part:
    return replace(part, cells=tuple(on_staves(cell, staves, wanted) for cell in part.cells))
