"""Training: a Wasserstein game with gradient penalty (Gulrajani et al. 2017), as in section 3.4 of the paper."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.evaluation import rolls as measures
from engine.musegan.config import Recipe, Shape
from engine.musegan.examples import Batch, Phrases
from engine.musegan.network import Critics, Generator, binarised
from engine.musegan.weights import save_weights
from engine.sounds.rolls import QUARTERS, Roll, inside
from engine.training.checkpoint import log, restored, run_of, save_checkpoint
from engine.training.works import Work

Report = Callable[[int, dict[str, float]], None]

_BETAS = (0.5, 0.9)  # section 4.2
_DRAWS = 1000  # random numbers of a step have seeds of their own, so that a resumed run draws the same
_MEASURED = 8  # batches that the figures in the log are of


class Game:
    """A generator, its critics, and all that is needed to go on after a step."""

    def __init__(self, shape: Shape, recipe: Recipe, phrases: Phrases, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.shape, self.recipe, self.phrases, self.device = shape, recipe, phrases, device
        self.generator, self.critics = Generator(shape).to(device), Critics(shape).to(device)
        self.mean = deepcopy(self.generator).eval()  # running mean of the generator, which is what is kept
        networks = (self.generator, self.critics)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), recipe.learning_rate, _BETAS) for network in networks
        ]

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """All that a checkpoint holds."""
        return (self.generator, self.critics, self.mean)

    def step(self, step: int) -> dict[str, float]:
        """Some steps of the critics and one of the generator; what they lost."""
        losses = [self._critic_step(step, draw) for draw in range(self.recipe.critic_steps)]
        batch = self._on_device(self.phrases.batch(step, self.recipe.critic_steps))
        _, metres, _, given = batch
        found = self.critics(self._written(batch, step, self.recipe.critic_steps), metres, given)
        loss = -found.sum(0).mean()
        self._descend(self.optimizers[0], loss)
        self._follow()
        distance, penalty = (sum(column) / len(losses) for column in zip(*losses, strict=True))
        return {"distance": distance, "penalty": penalty, "generator": loss.item()}

    def _critic_step(self, step: int, draw: int) -> tuple[float, float]:
        """The distance that the critics see between composers and generator, and how far their slope is from 1."""
        phrases = self.phrases.batch(step, draw)
        batch = self._on_device(phrases)
        rolls, metres, _, given = batch
        with torch.no_grad():
            written = self._written(batch, step, draw)
        chance = torch.rand(len(rolls), generator=self._random(step, draw, 0)).to(self.device)
        strange = (chance < self.recipe.mismatched) & given.any(1)
        written[strange] = self._mismatched(rolls, phrases, given)[strange]
        distance = (self.critics(rolls, metres, given) - self.critics(written, metres, given)).mean(1)
        between = torch.rand(len(rolls), 1, 1, 1, 1, generator=self._random(step, draw, 1)).to(self.device)
        mixed = (rolls + between * (written - rolls)).requires_grad_()
        slope = torch.autograd.grad(self.critics(mixed, metres, given).sum(), mixed, create_graph=True)[0]
        penalty = (self._norms(slope) - 1).square().mean()
        self._descend(self.optimizers[1], self.recipe.penalty * penalty - distance.sum())
        return distance.mean().item(), penalty.item()

    def _mismatched(self, rolls: Tensor, phrases: Batch, given: Tensor) -> Tensor:
        """Composers' phrases beside the given tracks of others (after Reed et al. 2016, section 4.1)."""
        others = torch.from_numpy(phrases.others).to(rolls)
        return torch.where(given[:, None, :, None, None] > 0, others, rolls)

    def _norms(self, slope: Tensor) -> Tensor:
        """Of each phrase, and in jamming of each track: there every critic sees one that is written, and no other's."""
        tracks = slope.transpose(1, 2).flatten(2) if self.critics.alone else slope.flatten(1)[:, None]
        return (tracks.square().sum(2) + 1e-12).sqrt()

    def _written(self, batch: tuple[Tensor, Tensor, Tensor, Tensor], step: int, draw: int) -> Tensor:
        """What the generator writes beside the given tracks, which stay: (B, M, T, S, P), from 0 to 1."""
        rolls, metres, there, given = batch
        noise = self.generator.noise(len(rolls), self._random(step, draw, 2))
        odds = self.generator((noise[0].to(self.device), noise[1].to(self.device)), metres, rolls, given)
        written = torch.sigmoid(odds)
        if step >= self.recipe.binary_from * self.recipe.steps:
            drawn = self._random(step, draw, 3) if self.recipe.binary == "sampled" else None
            written = binarised(odds, drawn)
        return torch.where(given[:, None, :, None, None] > 0, rolls, written * there)

    def _random(self, step: int, draw: int, use: int) -> torch.Generator:
        return torch.Generator().manual_seed(((self.recipe.seed * 10**7 + step) * _DRAWS + draw) * 4 + use)

    def _on_device(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Rolls, metres, steps that the measures have (B, M, 1, S, 1), given tracks."""
        there = inside(batch.frames.reshape(-1, 2), batch.rolls.shape[3]).reshape(*batch.frames.shape[:2], -1)
        arrays = (batch.rolls, batch.metres, there[:, :, None, :, None], batch.given)
        rolls, metres, there_, given = (torch.from_numpy(array).to(self.device) for array in arrays)
        return rolls.float(), metres, there_.float(), given.float()

    def _descend(self, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def _follow(self) -> None:
        with torch.no_grad():
            for kept, new in zip(
                self.mean.state_dict().values(), self.generator.state_dict().values(), strict=True
            ):
                if kept.is_floating_point():
                    kept.lerp_(new, 1 - self.recipe.decay)
                else:
                    kept.copy_(new)

    def figures(self) -> dict[str, float]:
        """The paper's measures of what the kept generator writes, binarised by threshold, beside composers'."""
        written, real, free = [], [], []
        with torch.no_grad():
            for draw in range(_MEASURED):
                batch = self.phrases.batch(self.recipe.steps, draw)
                rolls, metres, there, given = self._on_device(batch)
                still, moving = self.mean.noise(len(rolls), self._random(self.recipe.steps, draw, 2))
                odds = self.mean((still.to(self.device), moving.to(self.device)), metres, rolls, given)
                binary = (odds > 0) & (there > 0)
                written.append(
                    torch.where(given[:, None, :, None, None] > 0, rolls > 0, binary).cpu().numpy()
                )
                real.append(batch.rolls)
                free.append(~batch.given)
        tracks = np.concatenate(free)
        return _figures("", np.concatenate(written), tracks) | _figures("data ", np.concatenate(real), tracks)


def train(
    name: str, shape: Shape, recipe: Recipe, works: Sequence[Work], out: Path, report: Report
) -> dict[str, float]:
    """Train to the last step, from the last checkpoint in ``out``/``name`` if there is one; the figures at the end.

    Writes ``checkpoint.pt`` and ``log.jsonl`` there, and at the end ``out``/musegan-``name``.safetensors and .json.
    ``report`` is called after each step with the losses. Raises OtherRunError, and NothingToLearnError where no work
    is for the ensemble.
    """
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    phrases = Phrases(works, shape, recipe)
    game = Game(shape, recipe, phrases, device)
    figures: dict[str, float] = {}
    run = run_of(shape, recipe, (work.id.encode() for work in works))
    first = restored(folder, run, game.networks, game.optimizers, recipe.steps)
    for step in range(first, recipe.steps):
        began = time.perf_counter()
        numbers = game.step(step)
        numbers["seconds"] = time.perf_counter() - began
        done = step + 1
        kept = done == recipe.steps or done % recipe.checkpoint_every == 0
        figures = game.figures() if kept else {}
        if kept:
            save_checkpoint(folder, run, game.networks, game.optimizers, done)
        if kept or done % recipe.log_every == 0:
            log(folder, done, numbers | figures)
        report(done, numbers)
    figures = figures or game.figures()  # of a run that was done already
    meta = {
        "recipe": asdict(recipe),
        "figures": figures,
        "phrases": len(phrases.places),
        "parameters": game.mean.parameter_count,
    }
    save_weights(out / f"musegan-{name}", game.mean.cpu(), meta)
    return figures


def _figures(prefix: str, rolls: Roll, free: Roll) -> dict[str, float]:
    """Means over the tracks that are written: rolls (B, M, T, S, P), of which ``free`` (B, T) are."""
    count = rolls.shape[1]
    flat, tracks = rolls.reshape(-1, *rolls.shape[2:]), rolls.shape[2]
    resolution = flat.shape[2] // QUARTERS
    own = [flat[np.repeat(free[:, t], count), t : t + 1] for t in range(tracks)]
    own = [track for track in own if len(track)]
    apart = measures.tonal_distances(flat, steps=resolution)[np.triu_indices(tracks, 1)]
    return {
        f"{prefix}EB": _mean(measures.empty_measures(track) for track in own),
        f"{prefix}UPC": _mean(measures.used_pitch_classes(track) for track in own),
        f"{prefix}QN": _mean(measures.qualified_notes(track, resolution) for track in own),
        f"{prefix}DP": _mean(measures.patterned_onsets(track, resolution) for track in own),
        f"{prefix}TD": _mean([apart]),
    }


def _mean(values: Iterator[measures.Floats] | list[measures.Floats]) -> float:
    """Of what is not NaN; 0 where there is nothing, for JSON has no NaN."""
    numbers = np.concatenate(list(values))
    numbers = numbers[~np.isnan(numbers)]
    return float(numbers.mean()) if len(numbers) else 0.0
