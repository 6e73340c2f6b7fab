"""Which cells an example asks for: one draw per task that the engine must know.

A mask has shape (measures of the window, parts) and is True where a cell is to be written.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Random = np.random.Generator


def whole_part(rng: Random, n: int, favourites: list[int], parts: list[int], mask: Mask) -> None:
    """Accompany: one part is unknown, from the first measure or from where it was known so far."""
    part = rng.choice(favourites if favourites and rng.random() < 0.85 else parts)
    first = 0 if rng.random() < 0.5 else int(rng.integers(0, n // 2 + 1))
    last = n if rng.random() < 0.85 else int(rng.integers(first + 1, n + 1))
    mask[first:last, part] = True


def all_but_one(rng: Random, n: int, favourites: list[int], parts: list[int], mask: Mask) -> None:
    """Harmonize: one part is given, the others are unknown."""
    mask[:, parts] = True
    mask[:, rng.choice(parts)] = False


def run(rng: Random, n: int, favourites: list[int], parts: list[int], mask: Mask) -> None:
    """Fill: a run of measures is unknown in some or all parts, known before and after."""
    length = int(rng.integers(1, max(1, n // 2) + 1))
    first = int(rng.integers(0, n - length + 1))
    mask[first : first + length, _some(rng, parts)] = True


def end(rng: Random, n: int, favourites: list[int], parts: list[int], mask: Mask) -> None:
    """Continue: the end is unknown in all parts."""
    mask[int(rng.integers(n // 2, n)) :, parts] = True


def single_cells(rng: Random, n: int, favourites: list[int], parts: list[int], mask: Mask) -> None:
    """Holes anywhere."""
    mask[:, parts] = rng.random((n, len(parts))) < rng.uniform(0.1, 0.5)


def _some(rng: Random, parts: list[int]) -> list[int]:
    return list(rng.choice(parts, size=int(rng.integers(1, len(parts) + 1)), replace=False))


_TASKS: tuple[tuple[Callable[[Random, int, list[int], list[int], Mask], None], float], ...] = (
    (whole_part, 0.66),
    (all_but_one, 0.1),
    (run, 0.1),
    (end, 0.08),
    (single_cells, 0.06),
)
_NEEDS_COMPANY = (whole_part, all_but_one)


def draw_mask(rng: Random, measures: int, n_parts: int, parts: list[int], favourites: list[int]) -> Mask:
    """A mask with at least one True cell; ``parts`` may be masked, ``favourites`` among them more often."""
    mask = np.zeros((measures, n_parts), dtype=np.bool_)
    tasks = [(task, p) for task, p in _TASKS if len(parts) > 1 or task not in _NEEDS_COMPANY]
    odds = np.array([p for _, p in tasks])
    task = tasks[int(rng.choice(len(tasks), p=odds / odds.sum()))][0]
    task(rng, measures, favourites, parts, mask)
    if not mask.any():
        mask[int(rng.integers(0, measures)), int(rng.choice(parts))] = True
    return mask
