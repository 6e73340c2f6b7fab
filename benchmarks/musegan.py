"""The table of MuseGAN's paper, for composers' phrases and those of every model, and whether the models listen.

    python -m benchmarks.musegan --weights runs/musegan --data DIR

2,000 measures by each model for string quartet in the folder, as `obbligato train musegan` leaves it, with the first
violins of the validation split given where a model takes any; beside them what the other installed engines write.
Writes benchmarks/results/musegan.md, sample grids (docs/pictures/musegan-grids.png) and loss curves
(docs/pictures/musegan-losses.svg); with `--ensemble satb` or `piano` those of these, under names of their own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from benchmarks.chart import line_chart
from benchmarks.report import ROOT, write_report
from bridge.corpus import load_corpus
from bridge.folders import cache_folder
from engine.encoding import encode
from engine.evaluation import rolls as measures
from engine.evaluation.scenarios import score_of
from engine.instruments import INSTRUMENTS
from engine.interface import Controls, Engine, Passage, Sampling, written
from engine.musegan.config import Recipe
from engine.musegan.examples import Batch, Phrases
from engine.musegan.network import Generator, binarised
from engine.musegan.passage import binary
from engine.musegan.weights import load_weights
from engine.registry import available, load_engine
from engine.sounds.rolls import STEPS, Ints, Roll, filled, frames_of, inside, spans_of

PHRASES = 500  # of four measures
BALANCED = 200  # of the training split, on which the bound is chosen
OTHERS = 100  # of them, which other engines write to as well
BATCH = 20
DRAWS = 10_000  # of the permutation test
NOTHING = "–"
GRIDS = 3  # phrases of each model in the picture
PICTURES = ROOT / "docs" / "pictures"

Floats = npt.NDArray[np.float64]


def drawn_places(phrases: Phrases, count: int, seed: int) -> Ints:
    """So many phrases, none twice while there are enough."""
    rng = np.random.default_rng(seed)
    found: Ints = rng.choice(len(phrases.places), count, replace=count > len(phrases.places))
    return found


def drawn_phrases(phrases: Phrases, places: Ints, seed: int) -> Batch:
    """The phrases at those places, the first track given."""
    given = np.zeros((len(places), phrases.shape.tracks), np.bool_)
    given[:, 0] = True
    return phrases.at(places, given, np.random.default_rng(seed))


def by_engine(engine: Engine, phrases: Phrases, places: Ints, line: bool) -> Roll:
    """What another engine writes there, (B, M, T, S, P): the other tracks to the first one.

    Of an engine of a ``line``: only the first track, the second half of each phrase after the first half.
    """
    tracks = phrases.shape.players.tracks(phrases.shape.players.instruments)
    assert tracks is not None
    found = []
    for seed, (index, first) in enumerate(phrases.places[place] for place in places):
        score = score_of(phrases.scores[index], first, first + phrases.shape.measures)
        parts = (0,) if line else range(1, len(score.parts))
        measures = range(phrases.shape.measures // 2 if line else 0, phrases.shape.measures)
        passage = Passage(score, frozenset((part, measure) for part in parts for measure in measures))
        cells = {(c.part, c.measure): c.notes for c in written(engine, passage, Controls(), Sampling(seed))}
        encoded = encode(score.with_cells(cells))
        frames = frames_of(encoded)
        roll = filled(spans_of(encoded, tracks, frames), 0, len(score.measures), len(tracks))
        found.append(roll[measures.start :, : 1 if line else None])
    return np.stack(found)


def asked_of(network: Generator, batch: Batch, seed: int) -> Iterator[tuple[slice, Tensor, torch.Generator]]:
    """Log odds (B, M, T, S, P) for some phrases of the batch after the other, and what goes on drawing for them."""
    for first in range(0, len(batch.rolls), BATCH):
        here = slice(first, first + BATCH)
        rolls, given = batch.rolls[here], batch.given[here] & network.shape.conditional
        random = torch.Generator().manual_seed(seed + first)
        with torch.inference_mode():
            odds = network(
                network.noise(len(rolls), random),
                torch.from_numpy(batch.metres[here]),
                torch.from_numpy(rolls.astype(np.float32)),
                torch.from_numpy(given.astype(np.float32)),
            )
        yield here, odds, random


def generated(network: Generator, batch: Batch, seed: int, sampled: bool = False, bound: float = 0.0) -> Roll:
    """What a model writes to the given tracks, which stay: log odds above ``bound``, or sampled.

    The engine's bound is another one, and it closes short holes in a voice.
    """
    found = []
    for here, odds, random in asked_of(network, batch, seed):
        rolls, given = batch.rolls[here], batch.given[here] & network.shape.conditional
        drawn = binarised(odds, random).numpy() > 0.5 if sampled else None
        result = np.empty_like(rolls)
        for seat, player in enumerate(network.shape.players.seats):
            alone = INSTRUMENTS[player.instrument].notes == 1
            own = odds[:, :, seat].flatten(0, 1).numpy()
            result[:, :, seat] = (
                binary(own, alone, bound).reshape(rolls[:, :, seat].shape)
                if drawn is None
                else drawn[:, :, seat]
            )
        found.append(np.where(given[:, None, :, None, None], rolls, result & _there(batch, here)))
    return np.concatenate(found)


def balanced_bound(network: Generator, batch: Batch, seed: int) -> float:
    """The log odds above which as many measures of what it writes are empty as of what composers wrote there."""
    loudest, empty = [], []
    for here, odds, _ in asked_of(network, batch, seed):
        free = ~(batch.given[here] & network.shape.conditional)
        within = np.where(_there(batch, here), odds.numpy(), -np.inf).max((3, 4))  # (B, M, T)
        loudest.append(within.swapaxes(1, 2)[free])
        empty.append(~batch.rolls[here].any((3, 4)).swapaxes(1, 2)[free])
    return float(np.quantile(np.concatenate(loudest), np.concatenate(empty).mean()))


def _there(batch: Batch, here: slice) -> Roll:
    """(B, M, 1, S, 1): the steps that the measures have."""
    rolls = batch.rolls[here]
    return inside(batch.frames[here].reshape(-1, 2), rolls.shape[3]).reshape(*rolls.shape[:2], 1, -1, 1)


def flat(rolls: Roll) -> Roll:
    """(measures, T, S, P)."""
    return rolls.reshape(-1, *rolls.shape[2:])


def row(name: str, rolls: Roll, given: bool) -> str:
    """A line of the table; of a track that is given nothing is said."""
    found = flat(rolls)
    tracks = range(int(given), found.shape[1])
    columns = [
        [said(100 * value, 1) for value in measures.empty_measures(found)[tracks]],
        [said(value, 2) for value in measures.used_pitch_classes(found)[tracks]],
        [said(100 * value, 1) for value in measures.qualified_notes(found)[tracks]],
        [said(100 * value, 1) for value in measures.patterned_onsets(found)[tracks]],
    ]
    apart = measures.tonal_distances(found)[np.triu_indices(found.shape[1], 1)]
    blank = [NOTHING] * given
    distance = said(float(apart.mean()) if len(apart) else np.nan, 2)
    return f"| {name} | " + " | ".join(" ".join(blank + column) for column in columns) + f" | {distance} |"


def said(value: float, places: int) -> str:
    """A figure of the table, where there is one."""
    return NOTHING if np.isnan(value) else f"{value:.{places}f}"


def shuffled_distance(rolls: Roll) -> float:
    """TD of tracks from phrases that do not belong together."""
    found = flat(rolls)
    others = flat(np.roll(rolls, 1, 0))
    return float(measures.tonal_distances(found, others)[np.triu_indices(found.shape[1], 1)].mean())


def distances_to_given(written: Roll, given: Roll) -> Floats:
    """(B,): mean TD of the written tracks of each phrase to a first track (B, M, S, P)."""
    result = []
    for phrase, lead in zip(written, given, strict=True):
        apart = measures.tonal_distances(phrase[:, 1:], np.repeat(lead[:, None], phrase.shape[1] - 1, 1))
        result.append(np.nanmean(apart) if (~np.isnan(apart)).any() else np.nan)
    return np.array(result)


def permutation_p(differences: Floats, seed: int = 0) -> float:
    """One-sided, of paired differences: how often chance signs give as low a mean."""
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (DRAWS, len(differences)))
    return float(((signs * differences).mean(1) <= differences.mean()).sum() + 1) / (DRAWS + 1)


def listening(network: Generator, batch: Batch, right: Roll, seed: int) -> str:
    """Whether the output changes with the given track, and fits its own better than another one.

    Strophes have the same given track: a phrase whose other one is such is no swap, and is not counted.
    """
    given = batch.rolls[:, :, 0]
    swapped = (given != batch.others[:, :, 0]).any((1, 2, 3))
    wrong = generated(network, replace(batch, rolls=batch.others), seed)
    changed = (right[:, :, 1:] != wrong[:, :, 1:]).any((1, 2, 3, 4))[swapped].mean()
    own, strange = (distances_to_given(found, given) for found in (right, wrong))
    pairs = swapped & ~np.isnan(own - strange)
    if not pairs.any():
        return f"| {changed:.1%} | {NOTHING} | {NOTHING} | 0 | {NOTHING} |"
    p = permutation_p((own - strange)[pairs])
    return f"| {changed:.1%} | {own[pairs].mean():.3f} | {strange[pairs].mean():.3f} | {int(pairs.sum())} | {p:.4f} |"


def grid(rolls: Roll) -> npt.NDArray[np.uint8]:
    """Phrases (B, M, T, S, P) as pixels: tracks under each other, time to the right, pitch upwards."""
    rows = []
    for phrase in rolls:
        line = phrase.transpose(1, 0, 2, 3).reshape(phrase.shape[1], -1, phrase.shape[3])
        tracks = [np.where(track.T[::-1], 0, 255) for track in line[:, ::2]]
        for track in tracks:
            track[-1] = 200
        rows.append(np.concatenate(tracks))
    return np.concatenate(rows, 1).astype(np.uint8)


def losses(folder: Path, names: Sequence[str]) -> str:
    """The distance that the critics see, by step, of every model."""
    series = {}
    for name in names:
        lines = (folder / name / "log.jsonl").read_text(encoding="utf-8").splitlines()
        found = {entry["step"]: entry["distance"] for entry in map(json.loads, lines)}
        series[name] = sorted(found.items())
    last = max(step for points in series.values() for step, _ in points)
    ticks = {step: f"{step:,}" for step in range(0, last + 1, max(last // 4, 1))}
    return line_chart(series, ticks, "steps; distance that the critics see")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ensemble", default="string-quartet")
    parser.add_argument("--phrases", type=int, default=PHRASES)
    parser.add_argument("--others", type=int, default=OTHERS, help="phrases by other engines")
    asked = parser.parse_args()
    paths = sorted(asked.weights.glob("musegan-*.json"))
    networks = {path.stem.removeprefix("musegan-"): load_weights(path.with_suffix("")) for path in paths}
    networks = {name: net for name, net in networks.items() if net.shape.ensemble == asked.ensemble}
    if {net.shape.resolution for net in networks.values()} - {STEPS}:
        parser.error(f"{asked.weights}: models of {STEPS} steps to the quarter are measured, no others")
    if not networks:
        parser.error(f"{asked.weights}: no weights for {asked.ensemble}")
    shape = replace(next(iter(networks.values())).shape, conditional=True)
    phrases = Phrases(load_corpus(asked.data, "valid", cache_folder()), shape, Recipe(steps=1))
    places = drawn_places(phrases, asked.phrases, 1)
    batch = drawn_phrases(phrases, places, 1)
    seen = Phrases(load_corpus(asked.data, "train", cache_folder()), shape, Recipe(steps=1))
    learnt = drawn_phrases(seen, drawn_places(seen, BALANCED, 1), 1)

    seats = " ".join(seat.instrument for seat in shape.players.seats)
    table = [
        f"Each figure by track: {seats}; {NOTHING} is given, or nothing was written.",
        "",
        "| | EB, % | UPC | QN, % | DP, % | TD |",
        "|---|---|---|---|---|---|",
        row("composers", batch.rolls, False),
        f"| composers, tracks of other phrases | | | | | {shuffled_distance(batch.rolls):.2f} |",
    ]
    heard = [
        "",
        "| | output changed | TD to its own | TD to another | phrases | p |",
        "|---|---|---|---|---|---|",
    ]
    picture = [grid(batch.rolls[:GRIDS])]
    for name, network in networks.items():
        found = generated(network, batch, 1)
        table.append(row(name, found, network.shape.conditional))
        table.append(row(f"{name}, sampled", generated(network, batch, 1, True), network.shape.conditional))
        bound = balanced_bound(network, learnt, 1)
        balanced = generated(network, batch, 1, bound=bound)
        table.append(row(f"{name}, above {bound:+.2f}", balanced, network.shape.conditional))
        picture.append(grid(found[:GRIDS]))
        if network.shape.conditional:
            heard.append(f"| {name} {listening(network, batch, found, 1)}")
    for info in available():
        if asked.others and info.name != "musegan" and not info.fault:
            line = info.parts == 1
            found = by_engine(load_engine(info.name), phrases, places[: asked.others], line)
            table.append(row(f"the engine {info.name}", found, not line))
    suffix = "" if asked.ensemble == "string-quartet" else f"-{asked.ensemble}"
    notes = [
        "",
        f"{asked.phrases} phrases of four measures each, of the validation split; {asked.others} by the other engines, "
        "of which those of a line write the second half of the first track. QN: notes of a 32nd or longer; DP: onsets "
        f"on sixteenths. Above a bound: not even odds, but those above which, on {BALANCED} phrases of the training "
        "split, as many measures are empty as of composers'. Below: the given track swapped for another one, that of "
        "a phrase in the same metre, random vectors kept; TD of what is then written to the right track; p of a paired "
        "permutation test, one-sided.",
    ]
    command = f"python -m benchmarks.musegan --weights DIR --data DIR --ensemble {asked.ensemble}"
    write_report(
        f"musegan{suffix}", "MuseGAN by the measures of its paper", [*table, *notes, *heard], command
    )
    gap = np.full((6, picture[0].shape[1]), 120, np.uint8)
    rows = np.concatenate([part for found in picture for part in (found, gap)])
    Image.fromarray(rows).save(PICTURES / f"musegan-grids{suffix}.png", optimize=True)
    curves = losses(asked.weights, list(networks))
    (PICTURES / f"musegan-losses{suffix}.svg").write_text(curves, encoding="utf-8")


if __name__ == "__main__":
    main()
