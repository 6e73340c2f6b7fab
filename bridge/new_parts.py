"""Parts that are added to a score: their ids, names and place among the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count

from bridge.documents.musicxml_writer import player_id
from engine.instruments import INSTRUMENTS
from engine.score import Cell, Part, Score

# From the top of the page to the bottom. As in chamber music and songs, the keyboard comes last.
_FAMILIES = ("woodwind", "brass", "voice", "strings", "plucked", "keyboard")


def new_parts(
    score: Score, instruments: Sequence[str], taken: frozenset[str] = frozenset()
) -> tuple[Part, ...]:
    """Empty parts for those instruments; names and ids, also those of their players, are new to the score."""
    used = taken | {part.id for part in score.parts}
    wanted = (f"P{n}" for n in count(len(score.parts) + 1))
    ids = (id_ for id_ in wanted if used.isdisjoint((id_, player_id(id_))))
    names = _names([INSTRUMENTS[name].label for name in instruments], {part.name for part in score.parts})
    silence: tuple[Cell, ...] = ((),) * len(score.measures)
    return tuple(
        _empty_part(next(ids), name, kind, silence) for name, kind in zip(names, instruments, strict=True)
    )


def in_score_order(old: Sequence[Part], groups: Iterable[Sequence[Part]]) -> tuple[Part, ...]:
    """The parts of a score, which keep their order, with groups of new ones among them by family.

    A group goes below the last part of a family that stands no lower than its own, so that a violin comes
    above the piano and a piano below the violin. A group itself, such as a quartet, keeps its order.
    """
    parts = list(old)
    for group in groups:
        places = [i + 1 for i, part in enumerate(parts) if _rank(part) <= _rank(group[0])]
        place = places[-1] if places else 0
        parts[place:place] = group
    return tuple(parts)


def _rank(part: Part) -> int:
    """Place of its family on the page; what is unknown yields to everything."""
    family = INSTRUMENTS[part.instrument].family
    return _FAMILIES.index(family) if family in _FAMILIES and part.pitched else -1


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
