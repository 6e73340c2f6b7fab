"""How often the notator writes what an engraver wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from engine.notator.examples import measures_of, parts_of
from engine.notator.network import Notator
from engine.notator.notate import placed_by
from engine.notator.sounds import RANKS, Placed, pages_of
from engine.training.works import Work

HANDS = 2


def agreement(found: Sequence[Placed], true: Sequence[Placed]) -> Counter[str]:
    """Sounds in all, and those with the same spelling, staff and rank; ranks beyond the second count as that."""
    return Counter(
        sounds=len(true),
        spelling=sum(f.pitch == t.pitch for f, t in zip(found, true, strict=True)),
        staff=sum(f.staff == t.staff for f, t in zip(found, true, strict=True)),
        voice=sum(min(f.rank, RANKS - 1) == t.rank for f, t in zip(found, true, strict=True)),
    )


def accuracy(network: Notator, works: Iterable[Work]) -> Counter[str]:
    """The agreement over all piano parts of two staves, the others heard, with how many parts those are."""
    total: Counter[str] = Counter()
    for work in works:
        measures = measures_of(work.score)
        for part, true, heard in pages_of(parts_of(work.score), measures):
            if part.instrument == "piano" and part.staves == HANDS:
                found = placed_by(network, [placed.sound for placed in true], measures, HANDS, heard)
                total += agreement(found, true) + Counter(parts=1)
    return total
