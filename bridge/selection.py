"""Which measures and parts a person means: names as printed in the score -> indices of the model."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bridge.errors import RequestError
from engine.score import Measure, Part

MOST_STAVES = 2  # of a part that are written on


@dataclass(frozen=True, slots=True)
class Target:
    """An existing part to write into; ``staves``, from 1, where it is not all of them."""

    part: int
    staves: tuple[int, ...] = ()

    def staves_of(self, part: Part) -> tuple[int, ...]:
        """The staves that are written on; ``part`` is its part."""
        return self.staves or tuple(range(1, part.staves + 1))


Place = tuple[int, int]  # the number a measure is counted under, then its rank among the suffixed ones there

_LEADING_NUMBER = re.compile(r"-?\d{1,9}(?!\d)")  # below zero where a score counts from further back


def select_measures(text: str, measures: Sequence[Measure]) -> tuple[int, ...]:
    """Indices (from 0, ascending) of the measures that ``text`` names as printed: "9-16", "5", "0-4,12a".

    Every measure of a chosen number is taken: both endings, both halves of a split measure, and the
    uncounted or suffixed ones (X1, 12a) that follow it. An empty text means all. Raises ``RequestError``.
    """
    if not text.strip():
        return tuple(range(len(measures)))
    places = _places(measures)
    chosen: set[int] = set()
    for item in text.replace("–", "-").split(","):
        first, last = _bounds(item.strip(), measures, places)
        if first > last:
            raise RequestError(f"measures {item.strip()} run backwards", "Give the lower number first.")
        chosen.update(i for i, place in enumerate(places) if first <= place <= last)
    return tuple(sorted(chosen))


def _places(measures: Iterable[Measure]) -> list[Place]:
    """Where each measure is counted; one without a number of its own is counted under the one before it."""
    places: list[Place] = []
    number, rank = 0, 0
    for measure in measures:
        match = _LEADING_NUMBER.match(measure.number)
        previous, number = number, int(match[0]) if match else number
        plain = match is not None and match[0] == measure.number
        rank = 0 if plain else rank + 1 if number == previous else 1
        places.append((number, rank))
    return places


def _bounds(item: str, measures: Sequence[Measure], places: list[Place]) -> tuple[Place, Place]:
    """First and last place of one measure name or of two joined by a hyphen."""
    if (single := _named(item, measures, places)) is not None:
        return single
    for hyphen in (i for i, letter in enumerate(item) if letter == "-"):
        names = item[:hyphen].strip(), item[hyphen + 1 :].strip()
        first, last = (_named(name, measures, places) for name in names)
        if first is not None and last is not None:
            return first[0], last[1]
    names_ = [name.strip() for name in item.split("-")]
    missing = next((name for name in names_ if _named(name, measures, places) is None), item)
    raise RequestError(
        f'there is no measure "{missing}"; the score has {name_measures(measures)}',
        "Give the numbers as printed, such as 9-16.",
    )


def _named(name: str, measures: Sequence[Measure], places: list[Place]) -> tuple[Place, Place] | None:
    if re.fullmatch(_LEADING_NUMBER, name):
        found = [place for place in places if place[0] == int(name)]
    else:
        found = [place for place, measure in zip(places, measures, strict=True) if measure.number == name]
    return (min(found), max(found)) if found else None


def plain_number(name: str) -> int | None:
    """The number from zero that a measure is counted by; None for names such as X1 and 12a."""
    return int(name) if re.fullmatch(r"\d{1,9}", name) else None


def describe_measures(measures: Iterable[Measure]) -> str:
    """The printed numbers in short: "0-16, 17a, 18-32"."""
    numbers = list(dict.fromkeys(measure.number for measure in measures))
    pieces = []
    for _, group in groupby(enumerate(numbers), _run):
        run = [number for _, number in group]
        pieces.append(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}")
    return ", ".join(pieces[:12]) + (", ..." if len(pieces) > 12 else "")


def _run(numbered: tuple[int, str]) -> int | str:
    """What those that are counted on from one to the next have in common; any other name stands alone."""
    index, name = numbered
    number = plain_number(name)
    return name if number is None else number - index


def name_measures(measures: Sequence[Measure]) -> str:
    """The same with the noun, for a message: "measure 9", "measures 9-16"."""
    noun = "measure" if len({measure.number for measure in measures}) == 1 else "measures"
    return f"{noun} {describe_measures(measures)}"


def select_parts(names: Iterable[str], parts: Sequence[Part]) -> tuple[int, ...]:
    """Indices (from 0, ascending) of parts given by id, name, 1-based number or unique beginning of a name.

    Case does not matter. Several parts of the same name are all taken. Raises ``RequestError``.
    """
    return tuple(sorted({index for name in names for index in _part(name.strip(), parts)}))


def _part(name: str, parts: Sequence[Part]) -> list[int]:
    folded = name.casefold()
    titles = [part.name.strip().casefold() for part in parts]
    by_id = [i for i, part in enumerate(parts) if part.id == name]
    by_name = [i for i, title in enumerate(titles) if title and title == folded]
    by_number = [i for i in range(len(parts)) if str(i + 1) == name]
    by_start = [i for i, title in enumerate(titles) if folded and title.startswith(folded)]
    found = by_id or by_name or by_number or by_start
    listed = ", ".join(f"{i + 1} {part.name or part.id}" for i, part in enumerate(parts))
    if not found:
        raise RequestError(
            f'there is no part "{name}"; the score has {listed}', "Give a name, an id or a number."
        )
    if found is by_start and len({titles[i] for i in found}) > 1:
        raise RequestError(
            f'"{name}" fits several parts; the score has {listed}', "Give the whole name or the number."
        )
    return found


def select_targets(names: Iterable[str], parts: Sequence[Part]) -> tuple[Target, ...]:
    """The parts to write into, given as for ``select_parts``; "Piano:2" is the second staff of the piano.

    A part that is named several times is written on all the staves that are named. Raises ``RequestError``, also
    for parts that are not written with pitches.
    """
    staves: defaultdict[int, set[int]] = defaultdict(set)
    for name in names:
        title, staff = _split(name.strip(), parts)
        for index in _part(title, parts):
            staves[index] |= _staves(parts[index], staff)
    return tuple(_target(index, parts[index], named) for index, named in staves.items())


def whole_target(index: int, parts: Sequence[Part], unheard: Collection[int] = ()) -> Target:
    """A part of pitches as a target on all of its staves that are written on, but those ``unheard`` if any are left."""
    staves = _staves(parts[index], None)
    return _target(index, parts[index], staves.difference(unheard) or staves)


def _split(name: str, parts: Sequence[Part]) -> tuple[str, int | None]:
    """What is said of the part, and the staff behind the colon if one is."""
    title, colon, staff = name.rpartition(":")
    if not (colon and staff.strip().isdecimal()) or any(part.name == name for part in parts):
        return name, None
    return title.strip(), int(staff)


def _staves(part: Part, staff: int | None) -> set[int]:
    """The staves to write on: the one that is named, else all that are written on."""
    label = part.name or part.id
    if not part.pitched:
        raise RequestError(f"{label} has no notes with a pitch", "Choose another part to write into.")
    written = set(range(1, min(part.staves, MOST_STAVES) + 1))
    if staff is not None and staff not in written:
        count = "one staff" if part.staves == 1 else f"{part.staves} staves"
        hint = "Leave the colon away." if part.staves == 1 else "Give 1 or 2 after the colon."
        raise RequestError(f"{label} has {count}; staff {staff} cannot be written", hint)
    return written if staff is None else {staff}


def _target(index: int, part: Part, staves: set[int]) -> Target:
    return Target(index, tuple(sorted(staves)) if len(staves) < part.staves else ())
