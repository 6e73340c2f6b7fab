"""Parts that are added to a score: their ids, names and place among the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count

from engine.instruments import INSTRUMENTS
from engine.score import Cell, Part, Score


def new_parts(
    score: Score, instruments: Sequence[str], taken: frozenset[str] = frozenset()
) -> tuple[Part, ...]:
    """Empty parts for those instruments, with ids and names that the score does not have yet."""
    used = taken | {part.id for part in score.parts}
    ids = (id_ for id_ in (f"P{n}" for n in count(len(score.parts) + 1)) if id_ not in used)
    names = _names([INSTRUMENTS[name].label for name in instruments], {part.name for part in score.parts})
    silence: tuple[Cell, ...] = ((),) * len(score.measures)
    return tuple(
        _empty_part(next(ids), name, kind, silence) for name, kind in zip(names, instruments, strict=True)
    )


def _empty_part(id_: str, name: str, kind: str, silence: tuple[Cell, ...]) -> Part:
    instrument = INSTRUMENTS[kind]
    return Part(id_, name, kind, instrument.staves, silence, instrument.transposition)


def _names(labels: Sequence[str], existing: set[str]) -> list[str]:
    """Labels, numbered where one would stand twice: Violin 1, Violin 2; Piano 2 beside the user's Piano."""
    wanted, taken, names = Counter(labels), set(existing), []
    for label in labels:
        first = 2 if label in existing else 1
        numbered = (f"{label} {n}" for n in count(first))
        alone = wanted[label] == 1 and label not in existing
        name = label if alone else next(name for name in numbered if name not in taken)
        taken.add(name)
        names.append(name)
    return names
