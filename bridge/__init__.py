"""Scores in and out: documents, notation, the service, HTTP and commands.

For Python users::

    from bridge import accompany, open_score
    from bridge.output import save

    score = open_score("song.musicxml")
    for take in accompany(score, add=["piano"], seed=7):
        save(score, take, "song.piano.musicxml")
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.documents.document import Document
    from bridge.service import Take
    from engine.interface import Engine

__all__ = ["accompany", "continue_", "fill", "harmonize", "open_score"]

# The heavy imports stand inside the functions, so that `obbligato --help` does not wait for them.


def open_score(path: str | PathLike[str]) -> Document:
    """The MusicXML or MIDI document at ``path``. Raises ``bridge.errors.InputError``."""
    from bridge.documents.document import open_document

    return open_document(Path(path))


def accompany(document: Document, engine: Engine | str = "transformer", **options: Any) -> list[Take]:
    """New parts for ``document``, or ``into`` existing ones; the document stays as it is.

    ``options`` are those of ``bridge.options.AccompanyOptions`` (``add=["piano"]``, ``measures="9-16"``,
    ``seed=7``, ...). Give a loaded ``engine`` to use it for several scores. Raises ``ObbligatoError``.
    """
    return _takes("accompany", document, engine, options)


def fill(document: Document, engine: Engine | str = "transformer", **options: Any) -> list[Take]:
    """Chosen measures written anew; see ``accompany`` and ``bridge.options.FillOptions``."""
    return _takes("fill", document, engine, options)


def harmonize(document: Document, engine: Engine | str = "transformer", **options: Any) -> list[Take]:
    """Voices for a given one; see ``accompany`` and ``bridge.options.HarmonizeOptions``."""
    return _takes("harmonize", document, engine, options)


def continue_(document: Document, engine: Engine | str = "transformer", **options: Any) -> list[Take]:
    """Measures appended in every part; see ``accompany`` and ``bridge.options.ContinueOptions``."""
    return _takes("continue", document, engine, options)


def _takes(task: str, document: Document, engine: Engine | str, options: dict[str, Any]) -> list[Take]:
    from bridge import engines, service
    from bridge.options import TASKS

    name = engine if isinstance(engine, str) else engine.info.name
    parsed = TASKS[task].parse({**options, "engine": name})
    loaded = engines.open_engine(engine) if isinstance(engine, str) else engine
    events = service.write(document, parsed, loaded)
    return [event for event in events if isinstance(event, service.Take)]
