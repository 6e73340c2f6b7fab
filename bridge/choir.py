"""A choir on two staves: soprano and alto on one, tenor and bass on the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.errors import RequestError
from engine.score import Cell, Part, Score, note_order

_UPPER = ("soprano", "alto")
_OPEN = "Use --staves 4."


def closed_score(score: Score, given: int, added: Sequence[Part]) -> Score:
    """The score with the ``added`` voices, its last parts, on two staves.

    The upper ones join the part of index ``given`` on its staff, the lower ones share a new part below it.
    ``require_room`` says whether they can.
    """
    old = score.parts[: len(score.parts) - len(added)]
    upper = [part for part in added if part.instrument in _UPPER]
    lower = [part for part in added if part.instrument not in _UPPER]
    host = _joined(old[given], upper) if upper else old[given]
    below = (_together(lower),) if lower else ()
    return replace(score, parts=(*old[:given], host, *below, *old[given + 1 :]))


def require_room(host: Part, measures: Iterable[int], added: Sequence[Part]) -> None:
    """Raise RequestError unless one of the voices can join the part in those measures."""
    name = host.name or host.id
    if host.staves > 1:
        raise RequestError(f"{name} has {host.staves} staves; a choir's upper voices share one", _OPEN)
    own = {note.voice for measure in measures for note in host.cells[measure]}
    if not own <= {1} or len([part for part in added if part.instrument in _UPPER]) > 1:
        raise RequestError(f"{name} has no room for a second voice on its staff", _OPEN)


def _joined(host: Part, voices: Sequence[Part]) -> Part:
    """The part with a second voice on its staff."""
    return replace(host, cells=_merged([host.cells, _in_voice(voices[0], 2)]))


def _together(voices: Sequence[Part]) -> Part:
    """One part of one or two voices on a staff, in the clef of the lowest."""
    lowest = voices[-1]
    cells = _merged([_in_voice(part, voice) for voice, part in enumerate(voices, 1)])
    name = " ".join(part.name for part in voices)
    return replace(lowest, id=voices[0].id, name=name, cells=cells, staves=1)


def _in_voice(part: Part, voice: int) -> tuple[Cell, ...]:
    return tuple(tuple(replace(note, voice=voice, staff=1) for note in cell) for cell in part.cells)


def _merged(lines: Sequence[Sequence[Cell]]) -> tuple[Cell, ...]:
    return tuple(
        tuple(sorted((note for cell in cells for note in cell), key=note_order))
        for cells in zip(*lines, strict=True)
    )
