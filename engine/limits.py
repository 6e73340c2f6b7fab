"""The user's limits, held against cells that stand already."""

from __future__ import annotations

from engine.exact import Fraction
from engine.interface import Controls
from engine.score import Cell, Measure, Note

RHYTHMIC = ("density", "polyphony", "shortest")  # the limits that do not ask for pitches


def broken_limits(cell: Cell, measure: Measure, controls: Controls) -> tuple[str, ...]:
    """The names of the limits of ``controls`` that the cell breaks."""
    density, polyphony, shortest = controls.density, controls.polyphony, controls.shortest
    broken = {
        "density": density is not None and len({n.onset for n in cell}) > most_onsets(density, measure),
        "polyphony": polyphony is not None and most_at_once(cell) > polyphony,
        "low": controls.low is not None and any(n.pitch.midi < controls.low for n in cell),
        "high": controls.high is not None and any(n.pitch.midi > controls.high for n in cell),
        "shortest": shortest is not None and any(_too_short(n, shortest) for n in cell),
    }
    return tuple(name for name, is_broken in broken.items() if is_broken)


def most_onsets(density: float, measure: Measure) -> int:
    """How many onsets a measure may have; none where it is shorter than 1 / density quarters."""
    return int(density * measure.duration)


def limits_without_room(measure: Measure, controls: Controls) -> tuple[str, ...]:
    """The names of the limits under which the measure can hold no note at all.

    Those that leave no room in a measure leave none in a shorter one.
    """
    density, shortest = controls.density, controls.shortest
    too_narrow = {
        "density": density is not None and most_onsets(density, measure) < 1,
        "shortest": shortest is not None and shortest > measure.duration,
    }
    return tuple(name for name, is_so in too_narrow.items() if is_so)


def most_at_once(cell: Cell) -> int:
    """The most notes that sound together."""
    return max((sum(n.onset <= onset < n.end for n in cell) for onset in {n.onset for n in cell}), default=0)


def _too_short(note: Note, shortest: Fraction) -> bool:
    """Too short, or off the grid, so that some reader would split it into notes that are."""
    on_grid = (note.onset / shortest).denominator == 1
    return note.duration < shortest or not (on_grid or note.tuplet.actual > 1)
