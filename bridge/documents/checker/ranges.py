"""Notes that no instrument, or not this one, can play."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bridge.documents.checker.faults import Fault
from bridge.documents.checker.reading import Measure, PartReading
from engine.instruments import INSTRUMENTS
from engine.pitch import Pitch


def range_faults(part: PartReading) -> Iterator[Fault]:
    """Faults beyond the keys 0 to 127; beyond the range of the part's instrument one remark for each pitch."""
    instrument = INSTRUMENTS[part.instrument]
    unusual: dict[Pitch, list[Measure]] = defaultdict(list)
    for measure in part.measures:
        for pitch in dict.fromkeys(note.pitch for note in measure.notes if note.pitch is not None):
            if not 0 <= pitch.midi <= 127:
                yield part.fault(measure, f"{pitch} is beyond every instrument")
            elif instrument.name != "other" and not instrument.low <= pitch.midi <= instrument.high:
                unusual[pitch].append(measure)
    for pitch, (first, *more) in unusual.items():
        times = f", here and in {len(more)} more measure{'s' if len(more) > 1 else ''}" if more else ""
        message = f"{pitch} is beyond the usual range of {instrument.label}{times}"
        yield part.fault(first, message, "remark")
