"""What the worker has packed, as the desk's side hands it out: it needs none of what writes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from bridge.jobs.job import TakeFile
from bridge.results.excerpt import joined


def unpacked(file: TakeFile) -> bytes:
    """The bytes of a take in one format; measures that came one by one are put together."""
    pieces = [zlib.decompress(piece) for piece in file.packed]
    if len(pieces) == 1:
        return pieces[0]
    return _joined_lists(pieces) if file.format == "events" else joined(pieces)


def _joined_lists(lists: Sequence[bytes]) -> bytes:
    """Write lists of the same parts as one."""
    whole, *others = map(json.loads, lists)
    for other in others:
        for name in ("measures", "events", "chords", "clef_changes"):
            whole[name] += other[name]
    return json.dumps(whole).encode()
