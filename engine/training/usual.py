"""What parts of a style or a composer are usually like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from engine.encoding import PART, EncodedScore
from engine.training.alone import ORGANISTS, is_choir, played
from engine.training.works import Work
from engine.transformer.manner import Usual
from engine.transformer.window import Likeness
from engine.vocabulary import INSTRUMENT, STYLE

_OTHER = INSTRUMENT.id("other")  # who knows which
_FEWEST = 20  # parts: of fewer, what is usual would be chance


def usual_of(works: Sequence[Work], composers: Sequence[str]) -> Usual:
    """Medians over the parts for an instrument, where there are more than 20, of each style and of those composers."""
    found: defaultdict[tuple[str, str], list[Likeness]] = defaultdict(list)
    names = {*STYLE.values, *composers}
    for work in works:
        for instrument, likeness in _parts(work.score):
            for name in {work.style, work.composer} & names:
                found[name, instrument].append(likeness)
    usual: defaultdict[str, dict[str, Likeness]] = defaultdict(dict)
    for (name, instrument), likenesses in sorted(found.items()):
        if len(likenesses) > _FEWEST:
            usual[name][instrument] = Likeness(*np.median(likenesses, axis=0).round(2).tolist())
    return dict(usual)


def _parts(score: EncodedScore) -> Iterator[tuple[str, Likeness]]:
    """Instrument and likeness of each part that sounds, a choir's also as keyboard players play it."""
    quarters = float(score.starts[-1] - score.starts[0])
    for part, instrument in enumerate(score.parts.tolist()):
        notes = score.notes[score.notes[:, PART] == part]
        if instrument not in (0, _OTHER) and len(notes):
            yield INSTRUMENT.value(instrument), Likeness.of(notes, quarters)
    if is_choir(score):
        for instrument in ORGANISTS:
            yield from _parts(played(score, instrument))
