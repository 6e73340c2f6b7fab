"""How a style or a composer that is asked for is heard beside the given parts, which have a style of their own.

The network that writes follows the given parts and takes their style for granted, whatever its tokens say. A smaller
one, ``manner``, has learnt parts by themselves: what a style or a composer is like, and what music is like at all.
What is asked for makes some choices likelier than nothing at all would, and they are made likelier beside the given
parts: scores are put together as plain + STRENGTH (of what is asked for - of anything). So Liu et al. steer a
language model with two small ones (DExperts, 2021, section 2), and Ho and Salimans pictures (Classifier-Free
Diffusion Guidance, 2022, section 3). Of two odds that are next to nothing one may be many times the other, which says
nothing: what is asked for must be plausible by itself to be made likelier (Li et al., Contrastive Decoding, 2023,
section 3.2).

Of the given parts ``manner`` knows the harmony alone, as chord symbols: the composer's, or those of a draft that the
network which writes makes by itself (``stream``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np

from engine.encoding import Array
from engine.interface import Controls
from engine.transformer.columns import CONTROLS, D_, DECODER
from engine.transformer.config import ModelConfig
from engine.transformer.manner import Manner
from engine.transformer.numpy_network import Floats
from engine.transformer.recall import Recall
from engine.transformer.window import (
    HINT_COLUMNS,
    QUARTER_OF,
    QUARTERS_OF,
    SUB_OF,
    Window,
    cell_columns,
    encoder_rows,
    hint_ids,
    recall_of,
    with_parts,
)
from engine.transformer.writing_network import Memory, WritingNetwork
from engine.vocabulary import STYLE

STRENGTH = 9.0
# Of styles that are told apart by less, or only by more; beyond that it costs harmony and brings nothing.
STRENGTHS = {"song": 6.0, "hymn": 12.0, "pop": 18.0}
PLAUSIBLE = 0.1  # of the odds of the likeliest, told what is asked for: less is as unlike it as can be
MOST = 0.85  # nats of those odds that count: beyond that the given parts would not be heard any more

_MANNER = [CONTROLS.index("style"), CONTROLS.index("composer")]


def manner_ids(controls: Controls, config: ModelConfig) -> tuple[int, int]:
    """Ids of the style and the composer that are asked for, 0 for none and for one that the network does not know."""
    composers = config.composers
    composer = composers.index(controls.composer) + 1 if controls.composer in composers else 0
    return STYLE.get(controls.style), composer


class Reading:
    """A window as a network reads it; ``window``, ``memory`` and ``recall`` are for the cell that was opened last."""

    strength = 0.0  # with which it guides the first reading

    def __init__(self, network: WritingNetwork, window: Window) -> None:
        self.network, self.window = network, window
        self.memory: Memory = network.encode(*encoder_rows(window))
        self.recall = Recall(None, 0.0)
        self._columns = np.zeros(0, np.int16)

    def open(self, measure: int, part: int, before: Array) -> None:
        """Go on to a cell; ``before``: rows of ``EncodedScore.notes``, of its part's cell before."""
        self.recall = recall_of(self.window, measure, before)
        self._columns = cell_columns(self.window, np.array([measure], np.int16), np.array([part], np.int16))[
            0
        ]

    def row(self, last: Array, onset: int, voice: int) -> Array:
        """The ids (C,) of the next row: after that last note, at this place of the cell."""
        row = np.zeros(len(DECODER), np.int16)
        row[: len(last)] = last
        row[D_["onset"]], row[D_["quarter"]], row[D_["sub"]] = onset, QUARTER_OF[onset], SUB_OF[onset]
        row[D_["voice"]] = voice
        row[HINT_COLUMNS] = hint_ids(self.recall.hints(onset, voice))
        row[D_["instrument"] :] = self._columns
        return row

    def position(self, measure: int, onset: int) -> Floats:
        """Of that row, see ``Window``: (3,)."""
        starts, quarters = self.window.score.starts, float(QUARTERS_OF[onset])
        start = float(starts[measure] - starts[self.window.first])
        return np.array([start + quarters, quarters, measure - self.window.first], np.float32)


class MannerReading(Reading):
    """The written parts by themselves, every measure as if it were the first.

    What was written before would tell of a style too, and that of the given parts, which is not what is asked for.
    """

    def __init__(
        self, network: WritingNetwork, window: Window, parts: Sequence[int], strength: float = 0.0
    ) -> None:
        """``window`` has just the ``parts`` of the score."""
        super().__init__(network, window)
        self._whole, self._parts, self.strength = window, parts, strength

    def open(self, measure: int, part: int, before: Array) -> None:
        """See ``Reading``; ``part`` is the score's."""
        self.turn_to(measure)
        super().open(measure, self._parts.index(part), before)

    def turn_to(self, measure: int) -> None:
        """Begin there; ``window`` is from that measure on, ``memory`` of nothing written."""
        if measure != self.window.first:
            mask = self._whole.mask[measure - self._whole.first :]
            self.window = replace(self._whole, first=measure, mask=mask)
            self.memory = self.network.encode(*encoder_rows(self.window))

    def row(self, last: Array, onset: int, voice: int) -> Array:
        """See ``Reading``; the first row follows nothing."""
        return super().row(last if self.memory.rows else np.zeros_like(last), onset, voice)


def readings_of(
    network: WritingNetwork, window: Window, manner: Manner | None, asked: Controls
) -> list[Reading]:
    """The network's own reading; with ``manner`` then its two, see ``manner_readings``."""
    plain = Reading(network, window)
    return [plain, *manner_readings(window, manner, asked)] if manner and window.mask.any() else [plain]


def manner_readings(window: Window, manner: Manner, asked: Controls) -> tuple[MannerReading, MannerReading]:
    """Of all that is asked for, the window's own controls and a style or a composer; and of anything.

    Some cell of the window is to be written.
    """
    parts = np.flatnonzero(window.mask.any(0)).tolist()
    first = int(np.flatnonzero(window.mask.any(1))[0])
    alone = replace(
        window,
        score=with_parts(window.score, parts),
        first=window.first + first,
        mask=window.mask[first:, parts],
        heard=np.zeros(len(parts), np.bool_),
        controls=np.zeros_like(window.controls[parts]),
    )
    controls = window.controls[parts]
    controls[:, _MANNER] = manner_ids(asked, manner.network.config)
    told, strength = replace(alone, controls=controls), STRENGTHS.get(asked.style, STRENGTH)
    return MannerReading(manner.network, told, parts, strength), MannerReading(manner.network, alone, parts)


class States:
    """The networks' states after the last row, one for each reading, and what they say together."""

    def __init__(self, readings: Sequence[Reading], states: Sequence[Floats]) -> None:
        self._readings, self._states = readings, states

    def logits(self, field: str) -> Floats:
        """Scores of the ids of one field."""
        own, *manner = (
            reading.network.heads.logits(state, field)
            for reading, state in zip(self._readings, self._states, strict=True)
        )
        if not manner:
            return own
        asked, any_ = (log_odds(scores) for scores in manner)
        plausible = asked >= asked[1:].max() + log(PLAUSIBLE)
        odds = np.where(plausible, np.clip(asked - any_, -MOST, MOST), -MOST)
        guided: Floats = own + (self._readings[1].strength * odds).astype(np.float32)
        return guided

    def chosen(self, field: str, id: int) -> States:
        """After a choice."""
        pairs = zip(self._readings, self._states, strict=True)
        states = [reading.network.heads.chosen(state, field, id) for reading, state in pairs]
        return States(self._readings, states)


def log_odds(scores: Floats) -> Floats:
    """Of the scores (ids,) of a field; the first id is no choice."""
    odds: Floats = scores - np.logaddexp.reduce(scores[1:])
    return odds
