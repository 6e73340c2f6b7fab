"""Notes that no instrument, or not this one, can play."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from bridge.documents.checker.faults import Fault
from bridge.documents.checker.reading import Measure, PartReading
from engine.instruments import INSTRUMENTS, SETS, recognise
from engine.pitch import Pitch


def range_faults(part: PartReading) -> Iterator[Fault]:
    """Faults beyond the keys 0 to 127; beyond the range of the part's instrument one remark for each pitch."""
    instruments = [INSTRUMENTS[name] for name in _singers(part.name) or (part.instrument,)]
    low, high = min(i.low for i in instruments), max(i.high for i in instruments)
    unusual: dict[Pitch, list[Measure]] = defaultdict(list)
    for measure in part.measures:
        for pitch in dict.fromkeys(note.pitch for note in measure.notes if note.pitch is not None):
            if not 0 <= pitch.midi <= 127:
                yield part.fault(measure, f"{pitch} is beyond every instrument")
            elif part.instrument != "other" and not low <= pitch.midi <= high:
                unusual[pitch].append(measure)
    for pitch, (first, *more) in unusual.items():
        times = f", here and in {len(more)} more measure{'s' if len(more) > 1 else ''}" if more else ""
        labels = " and ".join(instrument.label for instrument in instruments)
        message = f"{pitch} is beyond the usual range of {labels}{times}"
        yield part.fault(first, message, "remark")


def _singers(name: str) -> tuple[str, ...]:
    """The voices of a choir that share a staff by its name ("Tenor Bass", "S. A."); none if it is not such a staff."""
    found = tuple(recognise(word) for word in re.findall(r"[^\W\d_]+\.?", name))
    return found if len(found) > 1 and set(found) <= set(SETS["satb"]) else ()
