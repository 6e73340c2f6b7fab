"""A passage written by a generator: the rolls of its phrases, then its cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
import torch

from engine.encoding import M_KEY, EncodedScore, encode
from engine.frames import Place
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Passage, Sampling, WrittenCell
from engine.musegan.examples import metres_of
from engine.musegan.network import Generator
from engine.musegan.seats import NOBODY, Seating, seating_of
from engine.sounds.notation import PLAIN, Timeline, joined, least_of, pieces_of, snapped, voices_of
from engine.sounds.rolls import (
    PITCHES,
    QUARTERS,
    S_PITCH,
    S_TRACK,
    STEPS,
    Ints,
    Roll,
    filled,
    inside,
    sounds_of,
    spans_of,
)
from engine.sounds.rolls import frames_of as roll_frames_of
from engine.sounds.writing import Staffed, write_cells
from engine.staves import Track, WholeParts
from engine.transformer.rules import VOICES
from engine.transformer.window import canonical

Floats = npt.NDArray[np.float32]

# Under even odds for players of single notes, who are silent too much of the time beside tunes not of a quartet.
_BOUND = -0.2
_SPECK = 12  # steps of 24 to the quarter: a rest as short as that is a hole in the picture, nobody means it


def written_cells(
    generators: Mapping[str, Generator], given: Passage, controls: Controls, sampling: Sampling
) -> Iterator[WrittenCell]:
    """The masked cells of a passage in order. Raises KeyError where there is no generator for the ensemble.

    The temperature scales the random vectors; ``top_p`` has nothing to choose from.
    """
    whole = WholeParts.of(given)
    passage = whole.passage
    seating = seating_of(passage)
    pieces = _pieces(generators[seating.ensemble.players], passage, seating, controls, sampling)
    yield from map(whole.back, write_cells(passage, controls, sampling, pieces))


def _pieces(
    generator: Generator, passage: Passage, seating: Seating, controls: Controls, sampling: Sampling
) -> dict[Place, list[Staffed]]:
    """What the generator wants written, by (part, measure)."""
    measures = sorted({measure for _, measure in passage.mask})
    score, resolution = passage.score, generator.shape.resolution
    frames = roll_frames_of(encode(score), resolution)[measures]
    rolls = _rolls(generator, passage, seating, measures, sampling)
    timeline = Timeline([score.measures[m] for m in measures], frames, resolution)
    found: defaultdict[Place, list[Staffed]] = defaultdict(list)
    for seat in sorted(seating.written):
        track, most = seating.tracks[seat], _voices(seating, seat)
        heard = sounds_of(rolls[:, seat], frames)
        sounds = snapped(heard, timeline, PLAIN, least_of(controls.shortest))
        for voice, line in enumerate(voices_of(sounds, most)):
            for piece in pieces_of(joined(line, _SPECK * timeline.quarter // STEPS), voice, timeline):
                found[track.part, measures[piece.measure]].append((max(track.staff, 1), piece))
    return found


def _voices(seating: Seating, seat: int) -> int:
    return 1 if INSTRUMENTS[seating.ensemble.seats[seat].instrument].notes == 1 else VOICES


def _rolls(
    generator: Generator, passage: Passage, seating: Seating, measures: Sequence[int], sampling: Sampling
) -> Roll:
    """(measures, seats, steps, pitches) at concert pitch: what is given in those measures, and what is written.

    Under a leader all other seats are written first, also those on which nobody sits; the first seat then gets a part
    to these, not what leads again.
    """
    shape, score = generator.shape, encode(passage.score.with_cells(dict.fromkeys(passage.mask, ())))
    random = torch.Generator().manual_seed(sampling.seed)
    keys = [canonical(int(fifths)).chromatic for fifths in score.measures[measures, M_KEY]]
    phrases = list(_phrases(keys, shape.measures))
    noise = generator.noise(len(phrases), random)
    still, moving = noise[0][:1].expand_as(noise[0]), noise[1]  # the style is that of the whole passage
    asked = _Asked(
        generator,
        (still * sampling.temperature, moving * sampling.temperature),
        np.maximum(metres_of(score)[measures], 0),
        [(here, keys[here.start]) for here in phrases],
        inside(roll_frames_of(score, shape.resolution)[measures], QUARTERS * shape.resolution),
    )
    rolls = _known_rolls(score, seating, measures, shape.resolution)
    everyone, first = frozenset(range(shape.tracks)), frozenset({0})
    if seating.leader is None:
        return asked.written(rolls, seating.given, seating.written, seating)
    rolls = asked.written(rolls, seating.given | first, everyone - seating.given - first, seating)
    return asked.written(rolls, everyone - first, seating.written & first, seating)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a generator is asked in all rounds: ``phrases`` are measures, and the semitones by which they are moved."""

    generator: Generator
    noise: tuple[torch.Tensor, torch.Tensor]
    metres: Ints  # (measures,)
    phrases: Sequence[tuple[slice, int]]
    there: Roll  # (measures, steps)

    def written(self, rolls: Roll, given: frozenset[int], wanted: frozenset[int], seating: Seating) -> Roll:
        """The rolls (measures, T, S, P) with the seats that are wanted beside those that are given."""
        if not wanted:
            return rolls
        result = rolls.copy()
        for phrase, (here, _) in enumerate(self.phrases):
            odds = self._odds(phrase, rolls[here], self.metres[here], given)
            for seat in wanted:
                alone = INSTRUMENTS[seating.ensemble.seats[seat].instrument].notes == 1
                result[here, seat] = (
                    binary(odds[:, seat], alone, _BOUND if alone else 0.0) & self.there[here, :, None]
                )
        return result

    def _odds(self, phrase: int, rolls: Roll, metres: Ints, given: frozenset[int]) -> Floats:
        """(measures, T, S, P) of a phrase, the last of which may be short, at concert pitch."""
        count, size = len(rolls), self.generator.shape.measures
        padded = np.zeros((size, *rolls.shape[1:]), np.float32)
        _, semitones = self.phrases[phrase]
        padded[:count] = shifted(rolls.astype(np.float32), semitones, 0.0)
        known = np.zeros(rolls.shape[1], np.float32)
        known[list(given)] = 1
        with torch.inference_mode():
            odds = self.generator(
                (self.noise[0][phrase : phrase + 1], self.noise[1][phrase : phrase + 1]),
                torch.from_numpy(np.resize(metres, (1, size))),
                torch.from_numpy(padded[None]),
                torch.from_numpy(known[None]),
            )
        return shifted(odds[0, :count].numpy(), -semitones, -np.inf)


def _phrases(keys: Sequence[int], size: int) -> Iterator[slice]:
    """The measures of each phrase: ``size`` of them, fewer at the end and before another key."""
    first = 0
    for _, run in groupby(keys):
        last = first + len(list(run))
        for begin in range(first, last, size):
            yield slice(begin, min(begin + size, last))
        first = last


def shifted(rolls: Floats, semitones: int, fill: float) -> Floats:
    """Rolls moved along their last axis, with ``fill`` where nothing comes from."""
    result = np.full_like(rolls, fill)
    here, there = (
        slice(max(semitones, 0), PITCHES + min(semitones, 0)),
        slice(max(-semitones, 0), PITCHES - max(semitones, 0)),
    )
    result[..., here] = rolls[..., there]
    return result


def binary(odds: Floats, alone: bool, bound: float = 0.0) -> Roll:
    """Where log odds (measures, S, P) are above ``bound``; of an instrument of single notes the likeliest key alone."""
    result: Roll = odds > bound
    if alone:
        result &= np.arange(PITCHES) == odds.argmax(-1)[..., None]
    return result


def _known_rolls(score: EncodedScore, seating: Seating, measures: Sequence[int], resolution: int) -> Roll:
    """(measures, seats, steps, pitches) of the given parts, and of the leader on the first seat."""
    tracks = list(seating.tracks)
    if seating.leader is not None:
        tracks[0] = Track(seating.leader)
    frames = roll_frames_of(score, resolution)
    spans = spans_of(score, tracks, frames, resolution)
    led = spans[:, S_TRACK] == (0 if seating.leader is not None else NOBODY.part)
    spans[led, S_PITCH] += 12 * seating.octaves
    spans = spans[(spans[:, S_PITCH] >= 0) & (spans[:, S_PITCH] < PITCHES)]
    return np.concatenate([filled(spans, measure, 1, len(tracks), resolution) for measure in measures])
