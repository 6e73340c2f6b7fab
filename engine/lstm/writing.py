"""New events drawn one after the other, in the stretches that are open."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from engine.drawing import drawn
from engine.interface import Sampling
from engine.lstm.events import DURATIONS, FIRST_KEY, NOTES, REST, Event, duration_id, events_of, place_of
from engine.lstm.network import Memory, Network
from engine.melody.engine import Opening
from engine.sounds.rolls import Ints, Sound

Floats = npt.NDArray[np.float64]

_REMEMBERED = 96  # events before a stretch that the network reads again, as many as a piece of training has


class Writer:
    """The network as ``engine.melody.engine.LineModel``."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def written(self, opening: Opening, sampling: Sampling) -> list[Sound]:
        """See ``LineModel.written``."""
        rng = np.random.default_rng(sampling.seed)
        keys = np.zeros(NOTES, bool)
        keys[[REST, *range(FIRST_KEY + opening.low, FIRST_KEY + opening.high + 1)]] = True
        new: list[Sound] = []
        for begin, end in opening.stretches:
            before = opening.before(begin, new, _REMEMBERED)
            new += self._stretch(opening.starts, before, begin, end, keys, sampling, rng)
        return new

    def _stretch(
        self,
        starts: Ints,
        before: list[Sound],
        begin: int,
        end: int,
        keys: npt.NDArray[np.bool_],
        sampling: Sampling,
        rng: np.random.Generator,
    ) -> list[Sound]:
        draw = partial(drawn, temperature=sampling.temperature, top_p=sampling.top_p, random=rng)
        time, found = begin, []
        odds = self._odds(list(events_of(before, starts, begin))[-_REMEMBERED:], None)
        while time < end:
            note = draw(np.where(keys, odds[0], -np.inf))
            fitting = np.where(max(end - time, DURATIONS[0]) >= DURATIONS, odds[1], -np.inf)
            length = min(int(DURATIONS[draw(fitting)]), end - time)
            if note != REST:
                found.append(Sound(time, time + length, note - FIRST_KEY))
            time += length
            odds = self._odds([Event(note, duration_id(length), place_of(time, starts))], odds[2])
        return found

    def _odds(self, events: list[Event], memory: Memory | None) -> tuple[Floats, Floats, Memory]:
        ids = torch.tensor([[[e.note, e.duration, e.place] for e in events]])
        with torch.inference_mode():
            notes, durations, memory = self.network(ids, memory)
        return notes[0, -1].double().numpy(), durations[0, -1].double().numpy(), memory
