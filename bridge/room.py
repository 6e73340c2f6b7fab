"""Whether the user's limits leave room for a note in the measures that are to be written."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from bridge.errors import RequestError
from bridge.options import note_value_name
from bridge.selection import name_measures
from engine.exact import Fraction
from engine.interface import Controls
from engine.limits import limits_without_room
from engine.score import Measure


def require_notes(measures: Sequence[Measure], controls: Controls) -> tuple[str, ...]:
    """A remark that names those of the measures that must stay without notes, if there are any.

    Raises ``RequestError`` where all must: an empty part is not what anybody asks for.
    """
    longest = max(measures, key=lambda measure: measure.duration)
    if limits := limits_without_room(longest, controls):
        given, fits = _told(limits[0], controls, longest.duration)
        noun = "quarter" if longest.duration == 1 else "quarters"
        reason = f"{given} leaves no note in a measure of {float(longest.duration):g} {noun}"
        raise RequestError(reason, f"What leaves one is {fits}.")
    narrow = [measure for measure in measures if limits_without_room(measure, controls)]
    if not narrow:
        return ()
    names = dict.fromkeys(name for measure in narrow for name in limits_without_room(measure, controls))
    given = " and ".join(_told(name, controls, longest.duration)[0] for name in names)
    return (f"no note fits into {name_measures(narrow)} with {given}",)


def _told(limit: str, controls: Controls, duration: Fraction) -> tuple[str, str]:
    """The limit as it was given, and the nearest that leaves a note in a measure of that many quarters."""
    if limit == "density":
        return f"--density {controls.density:g}", f"--density {ceil(100 / duration) / 100:g} or more"
    given, longest = (note_value_name(value) for value in (controls.shortest or duration, duration))
    return f"--shortest {given}", f"--shortest {longest} or shorter"
