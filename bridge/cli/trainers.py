"""How each kind of model is trained: works read, progress shown, the outcome said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.cli.progress import progress_bar
from bridge.errors import RequestError

if TYPE_CHECKING:
    from engine.training.works import Work

T = TypeVar("T")
Tables = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What to train, as a file says it and the command line after it."""

    name: str
    tables: Tables

    @classmethod
    def of(cls, name: str, settings: Sequence[str] = ()) -> Configuration:
        """A file's, a bare name meaning a shipped one, with some values set anew. Raises ``click.BadParameter``."""
        from engine.training.config import override, read_tables

        found = cls(name, _usable(f"{name}: ", "CONFIG", lambda: read_tables(name)))
        for setting in settings:
            _usable("", "--set", partial(override, found.tables, setting))
        return found

    def read(self, reader: Callable[[Tables], T]) -> T:
        """What ``reader`` makes of the tables. Raises ``click.BadParameter``."""
        return _usable(f"{self.name}: ", "CONFIG", lambda: reader(self.tables))

    @property
    def trainer(self) -> Trainer:
        """Who trains what this describes."""
        return next((_WAYS[table] for table in self.tables if table in _WAYS), train_transformer)


Trainer = Callable[[Configuration, Path, Path], None]  # configuration, data, output


def train_transformer(config: Configuration, data: Path, out: Path) -> None:
    """Also as one of several processes under torchrun."""
    from engine.training import processes
    from engine.training.config import read_config
    from engine.training.run import train as run
    from engine.weight_files import weight_files

    model, recipe = config.read(read_config)
    try:
        processes.join(recipe.batch)
    except ValueError as error:
        raise RequestError(str(error), "Start fewer with --nproc-per-node.") from None
    first = processes.rank() == 0
    training, validation = processes.from_first(
        lambda: tuple(read_works(data, split, recipe.collections) for split in ("train", "valid"))
    )
    losses: dict[str, float] = {}
    with progress_bar("training") if first else nullcontext(_unseen) as advance:

        def report(step: int, numbers: dict[str, float]) -> None:
            losses.update(numbers)
            advance(step, recipe.steps, remark(losses))

        run(model, recipe, training, validation, out, report)
    processes.leave()
    if first:
        files = ", ".join(map(str, weight_files(out / "model")))
        click.echo(f"trained {recipe.steps} steps: {remark(losses)}; weights in {files}")


def _unseen(done: int, total: int, remark: str) -> None:
    """Where a progress bar would be, in processes that do not report."""


def _train_notator(config: Configuration, data: Path, out: Path) -> None:
    from engine.notator import training

    shape, recipe = config.read(training.read_recipe)
    works, validation = (read_works(data, split) for split in ("train", "valid"))
    kept = held_out_songs(data, recipe.held_out)
    learnt = [work for work in works if work.id not in kept]
    songs = [work for work in validation if work.style == "song"] + [w for w in works if w.id in kept]
    with progress_bar("training") as advance:

        def report(step: int, steps: int, loss: float) -> None:
            advance(step, steps, remark({"loss": loss}))

        found = training.run(shape, recipe, learnt, songs, out, report)
    shares = ", ".join(f"{name} {found[name] / found['sounds']:.1%}" for name in training.COUNTED if found)
    click.echo(f"right of {found['sounds']:,} notes: {shares}; weights in {out / 'model.safetensors'}")


def _train_critic(config: Configuration, data: Path, out: Path) -> None:
    from engine.critic import training
    from engine.registry import load_engine

    recipe = config.read(training.read_recipe)
    works = read_works(data, "train")
    with progress_bar("training") as advance:
        told = training.run(recipe, load_engine(), works, out, lambda what, done, of: advance(done, of, what))
    click.echo(f"told apart on works held out: AUC {told:.3f}; weights in {out / 'model.safetensors'}")


def _train_musegan(config: Configuration, data: Path, out: Path) -> None:
    from engine.musegan.config import read_models
    from engine.musegan.training import train as run

    models = config.read(read_models)
    works = read_works(data, "train")
    for name, (shape, recipe) in models.items():
        with progress_bar(name) as advance:

            def report(step: int, numbers: dict[str, float], steps: int = recipe.steps) -> None:
                advance(step, steps, f"distance {numbers['distance']:.2f}")

            figures = run(name, shape, recipe, works, out, report)
        click.echo(f"{name}: {_listed(figures)}; weights in {out / f'musegan-{name}.safetensors'}")


def _train_lstm(config: Configuration, data: Path, out: Path) -> None:
    from engine.lstm import training
    from engine.lstm.config import read_recipe

    shape, recipe = config.read(read_recipe)
    works, validation = (read_works(data, split) for split in ("train", "valid"))
    with progress_bar("training") as advance:

        def report(step: int, numbers: dict[str, float]) -> None:
            advance(step, recipe.steps, remark({"loss": sum(numbers.values())}))

        figures = training.train(shape, recipe, works, validation, out, report)
    click.echo(f"trained {recipe.steps} steps: {_listed(figures)}; weights in {out / 'lstm.safetensors'}")


def _train_crnngan(config: Configuration, data: Path, out: Path) -> None:
    from bridge.corpus.melodies import load_melodies
    from bridge.folders import cache_folder
    from engine.crnngan import training
    from engine.crnngan.config import read_recipe

    shape, recipe = config.read(read_recipe)
    with progress_bar("reading (train)") as advance:
        melodies = load_melodies(data, "train", cache_folder(), lambda done, of: advance(done, of, ""))
    total = recipe.pretraining + recipe.steps
    with progress_bar("training") as advance:

        def report(step: int, numbers: dict[str, float]) -> None:
            advance(step, total, " ".join(f"{name} {value:.2f}" for name, value in numbers.items()))

        training.train(shape, recipe, melodies, out, report)
    click.echo(f"trained {total} steps; weights in {out / 'c-rnn-gan.safetensors'}")


# By the table that a configuration has; one with none of these is for the Transformer.
_WAYS: dict[str, Trainer] = {
    "notator": _train_notator,
    "critic": _train_critic,
    "musegan": _train_musegan,
    "lstm": _train_lstm,
    "crnngan": _train_crnngan,
}


def _listed(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


def _usable(place: str, hint: str, read: Callable[[], T]) -> T:
    """What ``read`` gives. Raises ``click.BadParameter`` for a missing or wrong file, or a wrong value."""
    try:
        return read()
    except KeyError as error:
        raise click.BadParameter(f"{place}there is no table {error.args[0]}", param_hint=hint) from None
    except OSError as error:
        raise click.BadParameter(
            f"{place}{(error.strerror or str(error)).lower()}", param_hint=hint
        ) from None
    except (ValueError, TypeError) as error:
        raise click.BadParameter(f"{place}{' '.join(str(error).split())}", param_hint=hint) from None


def read_works(data: Path, split: str, collections: Sequence[str] = ()) -> list[Work]:
    """The works of a split, of those collections only; the first time takes minutes, later ones come from the cache."""
    from bridge.corpus import load_corpus
    from bridge.folders import cache_folder

    with progress_bar(f"reading ({split})") as advance:
        return load_corpus(
            data, split, cache_folder(), lambda done, total: advance(done, total, ""), collections
        )


def held_out_songs(data: Path, count: int) -> set[str]:
    """The ids of that many songs of the training split, an arbitrary choice that stays: the smallest hashes."""
    from bridge.corpus import read_manifest

    rows = [r for r in read_manifest(data) if r["split"] == "train" and r["collection"] == "lieder"]
    rows.sort(key=lambda row: row.get("sha256_16", ""))  # without them the first
    return {row["id"] for row in rows[:count]}


def remark(losses: dict[str, float]) -> str:
    """The newest losses in nats per note."""
    known = {"loss": "loss", "validation": "validation loss"}
    return ", ".join(f"{label} {losses[name]:.3f}" for name, label in known.items() if name in losses)
