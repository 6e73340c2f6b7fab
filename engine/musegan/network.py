"""The networks of MuseGAN (Dong et al., AAAI 2018, section 3, and for the critic's streams Dong and Yang, ISMIR 2018).

Shapes: B phrases, M measures of a phrase, N = B * M measures, T tracks, S steps of a measure, P = 84 pitches in O = 7
octaves. A convolution whose stride is its kernel is a linear layer on patches, a transposed one a layer that makes
patches; inside, time and channels come last, (N, O, time, C), so that patches of time are nothing but another shape.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.musegan.config import METRES, Shape
from engine.sounds.rolls import PITCHES, QUARTERS

_CLASSES = 12
_OCTAVES = PITCHES // _CLASSES
# Places of a frame at each scale of time.
_EIGHTHS, _SIXTEENTHS, _FINE = 2 * QUARTERS, 4 * QUARTERS, 12 * QUARTERS
_SLOPE = 0.2  # of leaky units
_QUIET = -4.0  # log odds at which a generator begins: most of a roll is silence
_FINE_SHARE = 0.1  # of the usual size, at which the weights of single steps begin
_MAP = 24  # channels of the encoder's maps


class TemporalGenerator(nn.Module):
    """One random vector of a phrase to a vector for each of its four measures."""

    def __init__(self, z: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose1d(z, 2 * z, 2),
            nn.BatchNorm1d(2 * z),
            nn.ReLU(),
            nn.ConvTranspose1d(2 * z, z, 2, 2),
            nn.BatchNorm1d(z),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        """(B, z) -> (B, 4, z)."""
        out: Tensor = self.layers(z[:, :, None])
        return out.transpose(1, 2)


class Grow(nn.Module):
    """A transposed convolution over time: (..., time, before) -> (..., by * time, after), normal and not below 0."""

    def __init__(self, before: int, after: int, by: int) -> None:
        super().__init__()
        self.after = after
        self.linear = nn.Linear(before, by * after, bias=False)
        self.norm = nn.BatchNorm1d(after)

    def forward(self, x: Tensor) -> Tensor:
        shape = (*x.shape[:-2], -1, self.after)
        return torch.relu(self.norm(self.linear(x).reshape(-1, self.after))).reshape(shape)


class Encoder(nn.Module):
    """The given tracks of a measure: a vector in the place of a random one, and maps at three scales of time."""

    def __init__(self, tracks: int, resolution: int, z: int) -> None:
        super().__init__()
        self.first = nn.Linear(tracks * resolution, _MAP)
        self.second = nn.Linear(2 * _MAP, _MAP)
        self.third = nn.Linear(3 * _MAP, _MAP)
        self.fourth = nn.Linear(_OCTAVES * _MAP, 48)
        self.vector = nn.Linear(48 * _EIGHTHS + tracks, z)

    def forward(self, rolls: Tensor, given: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, T, S, P), silent where nothing is given, and (N, T) -> (N, z), maps (N, O, 8 or 24 or 48, C)."""
        first = _leaky(self.first(patches(rolls)))
        second = _leaky(self.second(_joined(first, 2)))
        third = _leaky(self.third(_joined(second, 3)))
        whole = _leaky(self.fourth(third.transpose(1, 2).flatten(2))).flatten(1)
        vector: Tensor = torch.tanh(self.vector(torch.cat([whole, given], 1)))
        return vector, [third, second, first]


class MeasureGenerator(nn.Module):
    """A measure of ``out`` tracks, from the beats to the steps and from octaves to pitches.

    Its log odds are the sum of three answers, for whole eighths, whole sixteenths and single steps (as the outputs of
    Karras et al. 2020, section 4.1, are): what lasts is said once, and the steps only say what is different in them.
    """

    def __init__(self, size: int, out: int, resolution: int, conditional: bool) -> None:
        super().__init__()
        self.out = out
        extra = _MAP * conditional
        self.beats = nn.Linear(size, 96 * QUARTERS, bias=False)
        self.normal = nn.BatchNorm1d(96 * QUARTERS)
        self.eighths = Grow(96, 64, 2)
        self.octaves = Grow(64, 48, _OCTAVES)
        self.triplets = Grow(48 + extra, 32, 3)  # six of a quarter: eighths, and triplets
        self.sixteenths = Grow(32 + extra, 24, 2)
        self.around = Grow(3 * (24 + extra), 48, 1)  # each with its neighbours
        self.of_eighths = nn.Linear(48 + extra, out * _CLASSES)
        self.of_sixteenths = nn.Linear(48, out * _CLASSES)
        self.steps = nn.Linear(48, out * resolution)
        with torch.no_grad():
            self.steps.weight *= _FINE_SHARE
            self.steps.bias.fill_(_QUIET)

    def forward(self, vector: Tensor, maps: list[Tensor]) -> Tensor:
        """(N, size) and the encoder's maps, if there is one -> log odds (N, out, S, P)."""
        third, second, first = ([scale] for scale in maps) if maps else ([], [], [])
        x = torch.relu(self.normal(self.beats(vector))).reshape(-1, QUARTERS, 96)
        x = self.octaves(self.eighths(x)).reshape(-1, _EIGHTHS, _OCTAVES, 48).transpose(1, 2)
        x = torch.cat([x, *third], 3)
        eighths = self.of_eighths(x)
        x = self.triplets(x)
        x = self.sixteenths(torch.cat([x, *second], 3))
        x = functional.pad(torch.cat([x, *first], 3), (0, 0, 1, 1))
        x = self.around(torch.cat([x[:, :, :-2], x[:, :, 1:-1], x[:, :, 2:]], 3))
        sixteenths = self.of_sixteenths(x.unflatten(2, (_SIXTEENTHS, -1)).mean(3))
        odds = self.steps(x).unflatten(3, (self.out, -1, _CLASSES))
        for coarse in (eighths, sixteenths):
            held = coarse.repeat_interleave(_FINE // coarse.shape[2], 2)
            odds = odds + held.unflatten(3, (self.out, 1, _CLASSES))
        return unpatched(odds.flatten(3), self.out)


class Generator(nn.Module):
    """Jamming: a generator and vectors for each track. Composer: one of all, shared vectors. Hybrid: both of vectors.

    From scratch, half of the vectors stay for the phrase and half go through a temporal generator. With given tracks,
    the time is theirs: every measure has vectors of its own, and the encoder's stands beside them (section 3.3.2).
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        shared, own = shape.kind != "jamming", shape.kind != "composer"
        self.voices = 1 if shape.kind == "composer" else shape.tracks  # generators
        size = 2 * shape.z * (shared + own) + len(METRES) + shape.z * shape.conditional
        out = shape.tracks // self.voices
        self.shared, self.own = int(shared), shape.tracks if own else 0
        self.vectors = self.shared + self.own  # random ones of a phrase, of either kind
        self.measures = nn.ModuleList(
            MeasureGenerator(size, out, shape.resolution, shape.conditional) for _ in range(self.voices)
        )
        count = 0 if shape.conditional else self.vectors
        self.temporal = nn.ModuleList(TemporalGenerator(shape.z) for _ in range(count))
        self.encoder = Encoder(shape.tracks, shape.resolution, shape.z) if shape.conditional else None

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def noise(self, phrases: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random vectors of phrases (B, V, z), and of their time: (B, M, V, z) beside given tracks, else as those."""
        still = torch.randn(phrases, self.vectors, self.shape.z, generator=generator)
        measures = (self.shape.measures,) if self.shape.conditional else ()
        moving = torch.randn(phrases, *measures, self.vectors, self.shape.z, generator=generator)
        return still, moving

    def forward(self, noise: tuple[Tensor, Tensor], metres: Tensor, rolls: Tensor, given: Tensor) -> Tensor:
        """Log odds (B, M, T, S, P).

        ``metres`` (B, M) are places in ``METRES``, ``rolls`` (B, M, T, S, P) are read where ``given`` (B, T) is 1, and
        nowhere from scratch.
        """
        still, moving = noise
        measures = metres.shape[1]
        still = still[:, None].expand(-1, measures, -1, -1)
        if not self.encoder:
            moving = torch.stack([net(moving[:, i]) for i, net in enumerate(self.temporal)], 2)
        both = torch.cat([still, moving], -1).flatten(0, 1)  # (N, V, 2z)
        about = [functional.one_hot(metres.flatten(), len(METRES)).to(both.dtype)]
        maps: list[Tensor] = []
        if self.encoder:
            known = given[:, None].expand(-1, measures, -1).flatten(0, 1)
            vector, maps = self.encoder(rolls.flatten(0, 1) * known[:, :, None, None], known)
            about.append(vector)
        out = torch.cat(
            [
                net(torch.cat([*self._heard_by(i, both), *about], 1), maps)
                for i, net in enumerate(self.measures)
            ],
            1,
        )
        return out.reshape(*metres.shape, *out.shape[1:])

    def _heard_by(self, voice: int, both: Tensor) -> list[Tensor]:
        """The random vectors of a generator: the shared one, its own, or both."""
        places = [*range(self.shared), *([self.shared + voice] if self.own else [])]
        return [both[:, place] for place in places]


class Critic(nn.Module):
    """How much a phrase looks like a composer's: measures first, then the phrase.

    Besides the rolls it looks at their pitch classes and at their onsets.
    """

    def __init__(self, tracks: int, shape: Shape) -> None:
        super().__init__()
        self.eighth, self.sixteenth = shape.resolution // 2, shape.resolution // 4
        self.fine = nn.Linear(tracks * shape.resolution, 32)
        self.triplets = nn.Linear(2 * 32, 48)
        self.eighths = nn.Linear(3 * 48, 64)
        self.octaves = nn.Linear(_OCTAVES * 64, 96)
        self.beats = nn.Linear(2 * 96, 96)
        self.measure = nn.Linear(96 * QUARTERS, 128)
        self.chroma = nn.Sequential(
            nn.Conv1d(tracks * _CLASSES, 64, 1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv1d(64, 32, 2, 2),
            nn.LeakyReLU(_SLOPE),
            nn.Flatten(),
            nn.Linear(32 * QUARTERS, 32),
        )
        self.onsets = nn.Sequential(
            nn.Conv1d(tracks, 16, self.sixteenth, self.sixteenth),
            nn.LeakyReLU(_SLOPE),
            nn.Flatten(),
            nn.Linear(16 * 4 * QUARTERS, 32),
        )
        self.phrase = nn.Sequential(
            nn.Conv1d(128 + 32 + 32 + len(METRES), 128, 2),
            nn.LeakyReLU(_SLOPE),
            nn.Flatten(),
            nn.Linear(128 * (shape.measures - 1), 1),
        )

    def forward(self, rolls: Tensor, metres: Tensor) -> Tensor:
        """(B, M, tracks, S, P) from 0 to 1, and (B, M) -> (B,)."""
        x = rolls.flatten(0, 1)
        struck = torch.relu(x[:, :, 1:] - x[:, :, :-1]).sum(3)
        classes = x.reshape(*x.shape[:3], _OCTAVES, _CLASSES).sum(3)
        eighths = classes.reshape(*x.shape[:2], -1, self.eighth, _CLASSES).mean(3)  # (N, tracks, 8, 12)
        seen = [
            self._of_rolls(x),
            self.chroma(eighths.transpose(2, 3).flatten(1, 2)),
            self.onsets(torch.cat([x[:, :, :1].sum(3), struck], 2)),
        ]
        about = functional.one_hot(metres.flatten(), len(METRES)).to(x.dtype)
        measures = torch.cat([*map(_leaky, seen), about], 1).reshape(*metres.shape, -1)
        out: Tensor = self.phrase(measures.transpose(1, 2))
        return out[:, 0]

    def _of_rolls(self, rolls: Tensor) -> Tensor:
        """(N, tracks, S, P) -> (N, 128)."""
        x = _leaky(self.fine(patches(rolls)))
        x = _leaky(self.triplets(_joined(x, 2)))
        x = _leaky(self.eighths(_joined(x, 3)))
        x = _leaky(self.octaves(x.transpose(1, 2).flatten(2)))
        x = _leaky(self.beats(_joined(x, 2)))
        out: Tensor = self.measure(x.flatten(1))
        return out


class Critics(nn.Module):
    """Composer and hybrid: one critic of all tracks. Jamming: one for each, which sees the given tracks too."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.alone = shape.kind == "jamming"
        seen = 1 + shape.tracks * shape.conditional if self.alone else shape.tracks
        self.critics = nn.ModuleList(Critic(seen, shape) for _ in range(shape.tracks if self.alone else 1))

    def forward(self, rolls: Tensor, metres: Tensor, given: Tensor) -> Tensor:
        """(B, M, T, S, P), (B, M), (B, T) -> (critics, B)."""
        if not self.alone:
            return torch.stack([critic(rolls, metres) for critic in self.critics])
        known = [rolls * given[:, None, :, None, None]] if self.shape.conditional else []
        views = [torch.cat([rolls[:, :, i : i + 1], *known], 2) for i in range(self.shape.tracks)]
        return torch.stack([critic(view, metres) for critic, view in zip(self.critics, views, strict=True)])


def binarised(odds: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Log odds as 0 and 1: by the threshold of a half, or, with a generator, drawn (Bernoulli).

    Gradients are those of the probabilities: straight-through, as the deterministic and stochastic binary neurons of
    Dong and Yang, ISMIR 2018, section 3.2.
    """
    odds = torch.sigmoid(odds)
    bound = torch.rand(odds.shape, generator=generator).to(odds) if generator else 0.5
    return odds + ((odds > bound).to(odds) - odds).detach()


def patches(rolls: Tensor) -> Tensor:
    """(N, T, S, P) -> (N, O, 48, T * steps * 12): the octaves of all tracks, at twelve places of each quarter."""
    count, tracks, steps, _ = rolls.shape
    cut = rolls.reshape(count, tracks, _FINE, steps // _FINE, _OCTAVES, _CLASSES)
    return cut.permute(0, 4, 2, 1, 3, 5).reshape(count, _OCTAVES, _FINE, -1)


def unpatched(x: Tensor, tracks: int) -> Tensor:
    """The inverse of ``patches``."""
    cut = x.reshape(len(x), _OCTAVES, _FINE, tracks, -1, _CLASSES)
    return cut.permute(0, 3, 2, 4, 1, 5).reshape(len(x), tracks, -1, PITCHES)


def _joined(x: Tensor, by: int) -> Tensor:
    """(..., time, C) -> (..., time / by, by * C)."""
    return x.reshape(*x.shape[:-2], x.shape[-2] // by, -1)


def _leaky(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, _SLOPE)
