"""Training: the next tone foretold, then the game, in which the generator matches features (section 4).

Adam takes the place of the paper's gradient descent, which diverges here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.crnngan.config import Recipe, Shape
from engine.crnngan.network import Discriminator, Generator
from engine.crnngan.tones import Floats, tones_of
from engine.tensors import save_network
from engine.training.checkpoint import log, restored, run_of, save_checkpoint
from engine.training.works import NothingToLearnError

Report = Callable[[int, dict[str, float]], None]

_NORM = 5.0  # of gradients, section 4


class Game:
    """The two networks, and all that is needed to go on after a step."""

    def __init__(self, shape: Shape, recipe: Recipe, melodies: Sequence[Floats]) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.generator, self.discriminator = Generator(shape), Discriminator(shape)
        self._melodies = [tones_of(melody) for melody in melodies if len(melody) > recipe.tones]
        if not self._melodies:
            raise NothingToLearnError(f"no melody of more than {recipe.tones} tones")
        self.optimizers = [
            torch.optim.Adam(network.parameters(), recipe.learning_rate, (0.5, 0.9))
            for network in (self.generator, self.discriminator)
        ]

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """All that a checkpoint holds."""
        return (self.generator, self.discriminator)

    def step(self, step: int) -> dict[str, float]:
        """One step; what was lost."""
        torch.manual_seed(self.recipe.seed * 10**6 + step)  # a resumed run draws the same
        real = self._batch(np.random.default_rng([self.recipe.seed, step]))
        noise = torch.randn(*real.shape[:2], self.generator.shape.z)[:, :-1]
        if step < self.recipe.pretraining:
            return self._foretell(real, noise)
        return self._play(real, noise)

    def _batch(self, rng: np.random.Generator) -> Tensor:
        """(B, tones, 4): pieces of melodies."""
        count = self.recipe.tones
        chosen = rng.integers(len(self._melodies), size=self.recipe.batch)
        pieces = [self._melodies[index] for index in chosen]
        firsts = [int(rng.integers(len(piece) - count + 1)) for piece in pieces]
        cut = [piece[first : first + count] for piece, first in zip(pieces, firsts, strict=True)]
        return torch.from_numpy(np.stack(cut)).float()

    def _foretell(self, real: Tensor, noise: Tensor) -> dict[str, float]:
        told, _ = self.generator(real[:, :-1], noise)
        loss = functional.mse_loss(told, real[:, 1:])
        self._descend(0, loss)
        return {"foretold": loss.item()}

    def _play(self, real: Tensor, noise: Tensor) -> dict[str, float]:
        given = real[:, : self.recipe.given]
        written = torch.cat([given, self.generator.going_on(given, noise)], 1)
        odds, features = self.discriminator(written)
        _, wanted = self.discriminator(real)
        # Means over the batch: single melodies need not be met, their features as a whole are (Salimans et al. 2016).
        matched = functional.mse_loss(features.mean(0), wanted.mean(0).detach())
        own = functional.softplus(-odds).mean().item()
        self._descend(0, matched)
        real_odds, _ = self.discriminator(real)
        odds, _ = self.discriminator(written.detach())
        loss = functional.softplus(-real_odds).mean() + functional.softplus(odds).mean()
        if loss.item() / 2 >= self.recipe.freezing * own:
            self._descend(1, loss)
        return {"generator": own, "matched": matched.item(), "discriminator": loss.item() / 2}

    def _descend(self, which: int, loss: Tensor) -> None:
        optimizer = self.optimizers[which]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.networks[which].parameters(), _NORM)
        optimizer.step()


def train(shape: Shape, recipe: Recipe, melodies: Sequence[Floats], out: Path, report: Report) -> None:
    """Train to the last step, from the checkpoint in ``out`` if there is one.

    ``melodies`` as in ``engine.crnngan.tones``. Writes ``checkpoint.pt``, ``log.jsonl``, and at the end
    c-rnn-gan.safetensors and .json. Raises NothingToLearnError where no melody is long enough, and OtherRunError.
    """
    out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    game = Game(shape, recipe, melodies)
    total = recipe.pretraining + recipe.steps
    run = run_of(shape, recipe, (melody.tobytes() for melody in melodies))
    first = restored(out, run, game.networks, game.optimizers, total)
    for step in range(first, total):
        numbers, done = game.step(step), step + 1
        if done == total or done % recipe.checkpoint_every == 0:
            save_checkpoint(out, run, game.networks, game.optimizers, done)
        if done == total or done % recipe.log_every == 0:
            log(out, done, numbers)
        report(done, numbers)
    meta = {
        "recipe": asdict(recipe),
        "melodies": len(melodies),
        "tones": sum(map(len, melodies)),
        "parameters": game.generator.parameter_count,
    }
    save_network(out / "c-rnn-gan", game.generator, shape.to_dict(), meta)
