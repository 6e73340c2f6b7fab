"""The rivals that write token by token: their sizes, what they encode a passage as, and how they draw."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from benchmarks.rivals.deepbach import DeepBach
from benchmarks.rivals.gpt2 import Cache, Gpt2, Gpt2Config
from benchmarks.rivals.t5 import T5, T5Config
from benchmarks.rivals.tasks import Event, Task, by_measure

ANYTHING = slice(0, None)
PACE = 100  # quarters a minute; says only when the Anticipatory Music Transformer gets its controls


class Draw(NamedTuple):
    """One token that the network decides, in one forward pass.

    ``given`` tokens are put in before it, in the same pass as the token that was drawn before; it is drawn
    ``among`` these ids.
    """

    given: int
    among: slice = ANYTHING


class Writer(Protocol):
    """A rival with its network."""

    @property
    def network(self) -> nn.Module: ...

    def passes(self, task: Task) -> int:
        """Forward passes of the (decoding) network."""
        ...

    def write(self, task: Task, passes: int) -> None:
        """Draw notes and forget them: as many as ``task`` has, or what so many passes make of them."""
        ...


def drawn(scores: Tensor, among: slice, top_p: float) -> int:
    """An id by nucleus sampling (Holtzman et al. 2020)."""
    odds, ids = scores[among].softmax(0).sort(descending=True)
    odds = odds * ((odds.cumsum(0) - odds) < top_p)
    return int(among.start + ids[torch.multinomial(odds, 1)])


class Context:
    """A sequence that a GPT-2 goes on with.

    When it outgrows the context its older half is forgotten, and the rest read again in one pass: places are
    absolute, so what was kept is of no use then.
    """

    def __init__(self, network: Gpt2) -> None:
        self.network, self.size = network, network.config.context
        self._cache: Cache = network.cache()
        self._ids = torch.zeros(0, dtype=torch.long)

    def scores(self, ids: Tensor) -> Tensor:
        """Put tokens (L,) in; scores (vocabulary,) of the next."""
        if self._cache.length + len(ids) > self.size:
            kept = max(0, self.size // 2 - len(ids))
            ids = torch.cat([self._ids[len(self._ids) - kept :], ids])[-self.size :]
            self._cache, self._ids = self.network.cache(), self._ids[:0]
        self._ids = torch.cat([self._ids, ids])
        scores: Tensor = self.network(ids, self._cache)
        return scores


class Gpt2Writer:
    """GPT-2 with an encoding."""

    def __init__(self, config: Gpt2Config, encoding: Callable[[Task], list[Draw]], top_p: float) -> None:
        self.network = Gpt2(config).eval()
        self.encoding, self.top_p = encoding, top_p

    def passes(self, task: Task) -> int:
        return len(self.encoding(task))

    @torch.inference_mode()
    def write(self, task: Task, passes: int) -> None:
        context, last = Context(self.network), torch.zeros(0, dtype=torch.long)
        for draw in self.encoding(task)[:passes]:
            given = torch.randint(self.network.config.vocabulary, (draw.given,))
            scores = context.scores(torch.cat([last, given]))
            last = torch.tensor([drawn(scores, draw.among, self.top_p)])


class T5Writer:
    """T5 with the encoding of Composer's Assistant: what is given goes to the encoder."""

    def __init__(self, config: T5Config, top_p: float) -> None:
        self.network = T5(config).eval()
        self.top_p = top_p

    def passes(self, task: Task) -> int:
        return sum(1 + length for length in assistant_lengths(task.written, task.measures))

    @torch.inference_mode()
    def write(self, task: Task, passes: int) -> None:
        heard = self.network.read(torch.randint(self.network.config.vocabulary, (assistant_given(task),)))
        cache, last = self.network.cache(passes), torch.zeros(1, dtype=torch.long)
        for _ in range(passes):
            last = torch.tensor([drawn(self.network(last, cache, heard), ANYTHING, self.top_p)])


# -- Anticipatory Music Transformer (Thickstun et al., TMLR 2024) --------------------------------------------------
# Published (repository jthickstun/anticipation: config.py, vocab.py, sample.py, train/lakh-small.yaml): 12 layers of
# 768, 12 heads, context 1,024; times of 10 ms up to 100 s, durations up to 10 s, 129 instruments of 128 pitches, a
# rest: 27,513 ids; all but the rest again for controls, and 3 special: 55,028. Each note is three tokens, time,
# duration, note, and so is each given one, which comes 5 s ahead; ids are drawn among those that may stand there;
# top-p .98. The published code keeps no keys and values; here they are kept.
TIMES, DURATIONS, PITCHES = 10_000, 1_000, 129 * 128
AMT = Gpt2Config(
    vocabulary=2 * (TIMES + DURATIONS + PITCHES) + 1 + 3, context=1024, width=768, layers=12, heads=12
)
AHEAD = 5  # seconds


def anticipated(task: Task) -> list[Draw]:
    """Three tokens a note; controls are put in as their time comes."""
    fields = (
        slice(0, TIMES),
        slice(TIMES, TIMES + DURATIONS),
        slice(TIMES + DURATIONS, TIMES + DURATIONS + PITCHES),
    )
    waiting = deque(_seconds(event) for event in task.melody)
    draws, given, now = [], 1, 0.0  # first the token that says that there are controls
    for event in task.written:
        while waiting and waiting[0] - AHEAD <= now:
            waiting.popleft()
            given += 3
        draws += [Draw(given, fields[0]), Draw(0, fields[1]), Draw(0, fields[2])]
        given, now = 0, _seconds(event)
    return draws


def _seconds(event: Event) -> float:
    return float(event.time * 60 / PACE)


# -- Composer's Assistant 2 (Malandro, ISMIR 2024) -----------------------------------------------------------------
# Published (repository m-malandro/composers-assistant-REAPER: code of version 2; config.json of the large model, which
# is the one that release 2.1.0 ships, as others have read it): 16 encoder and 16 decoder layers of 576, 12 heads of 48,
# gated feed-forward of 2,304, 4,096 distances, 1,944 ids, 192,368,256 parameters. In each measure a token that says
# which measure it is; then waits (w) where the next onset is not the measure's start, durations (d) where they differ
# from the last one, and notes (N). Top-p .85. Inferred: the tokens of an empty request around the melody, about six a
# measure. The released code may try nine times; here it writes once.
ASSISTANT = T5Config(
    vocabulary=1944, width=576, feedforward=2304, layers=16, heads=12, head=48, distances=4096
)
HEADING = 6  # loudness, tempo, length; instrument of the melody; instrument and mask of what is to be written


def assistant_lengths(found: Sequence[Event], measures: int) -> list[int]:
    """Tokens of the notes of each measure."""
    return [_waits(cell) + _changes(cell) + len(cell) for cell in by_measure(found, measures)]


def assistant_given(task: Task) -> int:
    """Tokens that the encoder reads."""
    return HEADING * task.measures + sum(assistant_lengths(task.melody, task.measures))


def _waits(cell: Sequence[Event]) -> int:
    """Onsets that are not the start of the measure."""
    return len({event.onset for event in cell} - {0})


def _changes(cell: Sequence[Event]) -> int:
    return sum(1 for _ in groupby(cell, key=lambda event: event.duration))


# -- MIDI-GPT (Pasquier et al., AAAI 2025) -------------------------------------------------------------------------
# Published (repository Metacreation-Lab/MIDI-GPT: models/yellow_encoder.json, docs, tests/golden): 6 layers of 512, 8
# heads, context 2,048, 647 ids; a file of about 80 MB, so 20 M parameters. (Later checkpoints of the package are
# larger; this is the first, the paper's.) Tracks one after the other; a measure is: start, metre, a velocity, which
# comes again only when it changes, then a position for each onset that is not the measure's start, and pitch and
# duration of each note; end. Top-p .95. Start and metre are given, the grammar leaves no choice there. Inferred: one
# velocity a measure, since our notes have none; all eight measures in one request, so that the melody is read once.
MIDI_GPT = Gpt2Config(vocabulary=647, context=2048, width=512, layers=6, heads=8)
TRACK = 8  # kind, instrument, number of measures and five attributes


def by_tracks(task: Task) -> list[Draw]:
    """The melody's track is given, then that of the piano is drawn measure by measure."""
    lengths = _track_lengths(task.melody, task.measures)
    given = 1 + TRACK + sum(2 + length for length in lengths) + 1 + TRACK
    draws = []
    for length in _track_lengths(task.written, task.measures):
        draws += [Draw(given + 2), *[Draw(0)] * (length - 1)]
        given = 0
    return draws


def _track_lengths(found: Sequence[Event], measures: int) -> list[int]:
    """Tokens of each measure after its start and metre, its end included."""
    return [bool(cell) + _waits(cell) + 2 * len(cell) + 1 for cell in by_measure(found, measures)]


# ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rival:
    """``published`` counts parameters; ``target``: how many times faster Obbligato is to be, where it has one."""

    name: str
    published: int | None
    target: int | None
    build: Callable[[], Writer]


RIVALS = (
    Rival(
        "Anticipatory Music Transformer, small", 128_000_000, 12, lambda: Gpt2Writer(AMT, anticipated, 0.98)
    ),
    Rival("Composer's Assistant 2", 192_368_256, 12, lambda: T5Writer(ASSISTANT, 0.85)),
    Rival("MIDI-GPT", 20_000_000, 2, lambda: Gpt2Writer(MIDI_GPT, by_tracks, 0.95)),
)
CHORALES = Rival("DeepBach", None, None, DeepBach)
