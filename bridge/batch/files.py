"""Which files a command means, and where the results of each go."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.documents.source import is_folder, read
from bridge.errors import InputError, OutputError
from bridge.output import SUFFIXES, output_paths

_RESULT = ".obbligato."  # in the name of every result that was not named by its user


@dataclass(frozen=True, slots=True)
class Target:
    """One input, and a path for each of its takes."""

    source: Path
    outputs: tuple[Path, ...]

    def read(self) -> bytes:
        """The input's bytes; raises ``InputError`` as the reader does, and for a folder that holds no score."""
        if is_folder(self.source):
            known = " ".join(SUFFIXES)
            raise InputError(f"{self.source}: there is no score in this folder", f"Looked for {known}.")
        return read(self.source)


@dataclass(frozen=True, slots=True)
class _Found:
    """An input; ``below`` is the way to it from the folder in which it was found."""

    path: Path
    below: Path = Path()
    listed: bool = False  # in a folder that was given, so that it may be one of many


def find_targets(inputs: Sequence[Path], output: str | None, takes: int) -> list[Target]:
    """The scores that ``inputs`` mean, in their order: files, all in folders, and those that patterns fit.

    Beneath the folder ``output`` the scores of a folder lie as they lie in it. Inputs that this command itself
    writes are left out: after an interruption ``*.musicxml`` means the first results too. Raises ``RequestError``
    as ``output_paths`` does.
    """
    unique: dict[Path, _Found] = {}
    for one in _found(inputs):
        unique.setdefault(absolute(one.path), one)
    targets = {}
    for key, one in unique.items():
        paths = output_paths(one.path, output, takes, several=len(unique) > 1 or one.listed)
        below = Path() if output is None else one.below
        targets[key] = Target(one.path, tuple(path.parent / below / path.name for path in paths))
    written = {
        absolute(path) for key, target in targets.items() for path in target.outputs if absolute(path) != key
    }
    return [target for key, target in targets.items() if key not in written]


def _found(inputs: Iterable[Path]) -> Iterator[_Found]:
    for given in inputs:
        if is_folder(given):
            yield from _in_folder(given)
        elif glob.has_magic(str(given)) and not os.path.lexists(given):
            yield from _fitting(given)
        else:
            yield _Found(given)


def _in_folder(folder: Path) -> Iterator[_Found]:
    """Every score in it and in its folders, but for hidden files and results; the folder itself if it has none."""
    scores = [
        Path(place, name)
        for place, folders, names in _walk(folder)
        for name in names
        if Path(name).suffix.lower() in SUFFIXES and not _left_out(name)
    ]
    yield from (_Found(score, score.parent.relative_to(folder), True) for score in scores)
    if not scores:
        yield _Found(folder, listed=True)


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield place, folders, sorted(names)


def _fitting(pattern: Path) -> Iterator[_Found]:
    """What the pattern fits, ``**`` in all folders; the pattern itself if there is nothing."""
    paths = [Path(path) for path in sorted(glob.glob(str(pattern), recursive=True))]  # noqa: PTH207 - absolute too
    paths = [path for path in paths if not _left_out(path.name)]
    yield from _found(paths) if paths else [_Found(pattern)]


def _left_out(name: str) -> bool:
    return name.startswith(".") or _RESULT in name


def absolute(path: Path) -> Path:
    """One name for a file, however it was typed."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolves "..", which Path.absolute does not


class Claims:
    """Who writes which file: the first of the inputs that means to."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._owners: dict[Path, Path] = {}
        for target in targets:
            for path in target.outputs:
                self._owners.setdefault(absolute(path), target.source)

    def __contains__(self, path: Path) -> bool:
        return absolute(path) in self._owners

    def require(self, target: Target) -> None:
        """Two inputs of one name must not end in one file, whatever --force says. Raises ``OutputError``."""
        for path in target.outputs:
            if (owner := self._owners[absolute(path)]) != target.source:
                hint = "Write these inputs into different folders."
                raise OutputError(f"{path} is already written from {owner}", hint)
