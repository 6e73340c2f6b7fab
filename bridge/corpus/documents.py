"""Works that are score documents, as a user has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bridge.documents.document import open_document
from engine.instruments import SETS
from engine.score import Part, Score


def read_score(path: Path) -> Score:
    """The score in a document; errors are those of ``open_document``."""
    return open_document(path).score


def read_hymn(path: Path) -> Score:
    """The same, with the four voices of a hymn apart."""
    return four_voices(read_score(path))


def four_voices(score: Score) -> Score:
    """A hymn on two staves as four parts, soprano to bass, when it has just four voices; else as it is."""
    lines = [
        (part, voice) for part in score.parts for voice in sorted({n.voice for c in part.cells for n in c})
    ]
    if len(lines) != len(SETS["satb"]):
        return score
    parts = [_line(part, voice, name) for (part, voice), name in zip(lines, SETS["satb"], strict=True)]
    return replace(score, parts=tuple(parts))


def _line(part: Part, voice: int, name: str) -> Part:
    cells = tuple(tuple(replace(n, voice=1, staff=1) for n in c if n.voice == voice) for c in part.cells)
    return replace(part, id=f"{part.id}-{voice}", name=name, instrument=name, staves=1, cells=cells)
