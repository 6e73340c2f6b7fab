"""The user's own document made to say what a score says; nothing else in it is touched.

``graft`` compares two scores, the one that was read from the document and the one that it is to become, and
brings exactly the differences: measures at the end, voices of cells, chord symbols, parts.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from lxml import etree

from bridge.documents.graft.cells import rewrite_cells
from bridge.documents.graft.chords import insert_chords
from bridge.documents.graft.ending import append_measures
from bridge.documents.graft.parts import insert_parts, longest_part
from bridge.errors import InputError
from engine.score import Part, Score


def graft(tree: etree._ElementTree, before: Score, after: Score) -> tuple[str, ...]:
    """Bring into a score-partwise document what ``after`` has and ``before`` has not.

    ``before`` is what was read from the document. ``after`` has the same parts in the same order, known by their
    ids, and maybe new ones anywhere among them; it has the same measures, and maybe more at the end. Voices that
    differ are written anew, and chord symbols come where there were none. Returns remarks, one line each, on what
    could not be kept. Raises InputError when the document's measures are not those of ``before``, RequestError when
    a part has not the measure to write into, EngineError when a rhythm has no notation.
    """
    root = tree.getroot()
    numbers = [measure.get("number", "") for measure in longest_part(root)]
    if len(numbers) != len(before.measures):
        raise InputError(f"the document has {len(numbers)} measures where {len(before.measures)} were read")
    ids = {part.id for part in before.parts}
    remarks: list[str] = []
    kept = [part for part in after.parts if part.id in ids]
    for element, old, new in zip(root.iterchildren("part"), before.parts, kept, strict=True):
        remarks += rewrite_cells(element, old, _up_to(new, len(numbers)), before.measures, numbers)
        if len(after.measures) > len(before.measures):
            append_measures(element, new, after.measures, numbers)
    _insert_chords(root, before, after)
    _insert_new(root, after, ids)
    return tuple(remarks)


def _insert_chords(root: etree._Element, before: Score, after: Score) -> None:
    """Above the first part that is heard."""
    added = (replace(measure, chords=()) for measure in after.measures[len(before.measures) :])
    numbers = [measure.get("number", "") for measure in longest_part(root)]
    pairs = zip(root.iterchildren("part"), before.parts, strict=False)
    top = next((element for element, part in pairs if part.pitched), None)
    if top is not None:
        insert_chords(top, (*before.measures, *added), after.measures, numbers)


def _up_to(part: Part, measures: int) -> Part:
    return replace(part, cells=part.cells[:measures])


def _insert_new(root: etree._Element, score: Score, ids: set[str]) -> None:
    """Each run of new parts below the part that stands above it in the score."""
    above: str | None = None
    for is_old, group in groupby(score.parts, key=lambda part: part.id in ids):
        run: list[Part] = list(group)
        if is_old:
            above = run[-1].id
        else:
            insert_parts(root, run, score, above)
