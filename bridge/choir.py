"""The voices of a choir around a given one: which are missing, and on which staves they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.errors import RequestError
from engine.instruments import VOICES, voice_of
from engine.score import Cell, Part, Score, note_order

_UPPER = VOICES[:2]  # those of the upper one of two staves
_OPEN = "Use --staves 4."


def wanted_voices(given: Part, named: Sequence[str]) -> list[str]:
    """The voices that are ``named``, from the highest; where none is, those that a choir with the given one lacks."""
    return sorted(named or (name for name in VOICES if name != _voice_of(given)), key=VOICES.index)


def open_score(score: Score, given: int, added: Sequence[Part]) -> Score:
    """The score with the ``added`` voices, its last parts, above and below the part of index ``given``."""
    old = score.parts[: len(score.parts) - len(added)]
    above = [part for part in added if _is_above(part, old[given])]
    below = [part for part in added if not _is_above(part, old[given])]
    return replace(score, parts=(*old[:given], *above, old[given], *below, *old[given + 1 :]))


def closed_score(score: Score, given: int, added: Sequence[Part]) -> Score:
    """The same on two staves: soprano and alto on one, tenor and bass on the other.

    A voice joins the given one on its staff, the others share a new part. ``require_room`` says whether they can.
    """
    old = score.parts[: len(score.parts) - len(added)]
    beside, others = _beside(old[given], added)
    host = replace(old[given], cells=_merged([old[given].cells, *(_in_voice(part, 2) for part in beside)]))
    new = [_together(others)] if others else []
    staves = [host, *new] if _is_upper(host) else [*new, host]
    return replace(score, parts=(*old[:given], *staves, *old[given + 1 :]))


def require_room(host: Part, measures: Iterable[int], added: Sequence[Part]) -> None:
    """Raise RequestError unless one of the voices can join the part in those measures."""
    name = host.name or host.id
    if host.staves > 1:
        raise RequestError(f"{name} has {host.staves} staves; two voices of a choir share one", _OPEN)
    own = {note.voice for measure in measures for note in host.cells[measure]}
    beside, _ = _beside(host, added)
    if not own <= {1} or len(beside) > 1:
        raise RequestError(f"{name} has no room for a second voice on its staff", _OPEN)
    if any(_is_above(part, host) for part in beside):
        raise RequestError(
            f"{name} is the first voice of its staff, and {beside[0].name} is higher",
            f"{_OPEN[:-1]}, or leave {beside[0].name} out with --add.",
        )


def _voice_of(part: Part) -> str:
    return voice_of(part.instrument, part.name)


def _is_above(part: Part, other: Part) -> bool:
    return VOICES.index(_voice_of(part)) < VOICES.index(_voice_of(other))


def _is_upper(part: Part) -> bool:
    return _voice_of(part) in _UPPER


def _beside(host: Part, added: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Those of the added voices that are on the staff of the given one, and those on the other staff."""
    beside = [part for part in added if _is_upper(part) == _is_upper(host)]
    return beside, [part for part in added if _is_upper(part) != _is_upper(host)]


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
