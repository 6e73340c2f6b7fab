"""Training goes on where it stopped, and the networks are what the paper says."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from musegan.untrained import generator
from works import two_part_score

from engine.encoding import encode
from engine.musegan.config import KINDS, METRES, Recipe, Shape, read_models
from engine.musegan.examples import Phrases, given_tracks, metres_of
from engine.musegan.network import Critics, Generator, binarised, patches, unpatched
from engine.musegan.training import Game, train
from engine.musegan.weights import load_weights
from engine.score import Cell, Key, Metre, Score
from engine.sounds.rolls import LOW
from engine.training.config import CONFIGS
from engine.training.works import Work

RECIPE = Recipe(
    steps=4, batch=2, critic_steps=2, binary_from=0.5, log_every=2, checkpoint_every=2, threads=1, decay=0.5
)
SHAPE = Shape("piano", "hybrid", True)
CPU = torch.device("cpu")


def work(score: Score) -> Work:
    return Work("w", "song", "Someone", encode(score))


def works() -> list[Work]:
    return [work(two_part_score(8, seed)) for seed in range(2)]


def rolls(count: int = 2, tracks: int = 3, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return (torch.rand((count, 4, tracks, 96, 84), generator=random) < 0.02).float()


def run(network: Generator, given: torch.Tensor, seen: torch.Tensor, seed: int = 1) -> torch.Tensor:
    noise = network.noise(len(seen), torch.Generator().manual_seed(seed))
    with torch.no_grad():
        out: torch.Tensor = network(noise, torch.zeros(seen.shape[:2], dtype=torch.long), seen, given)
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("conditional", [True, False])
def test_every_kind_of_model_writes_all_tracks_and_is_small(kind: str, conditional: bool) -> None:
    network = generator("string-quartet", kind, conditional)
    seen, given = rolls(tracks=4), torch.tensor([[1.0, 0, 0, 0]] * 2)
    out = run(network, given, seen)
    assert out.shape == seen.shape
    assert network.parameter_count < 1_500_000
    assert len(network.measures) == (1 if kind == "composer" else 4)
    assert Critics(network.shape)(seen, torch.zeros((2, 4), dtype=torch.long), given).shape == (
        4 if kind == "jamming" else 1,
        2,
    )


@pytest.mark.parametrize("resolution", [24, 48])
def test_patches_are_octaves_of_all_tracks_at_twelve_places_of_a_quarter(resolution: int) -> None:
    seen = torch.rand(2, 3, 4 * resolution, 84)
    cut = patches(seen)
    assert cut.shape == (2, 7, 48, 3 * resolution)
    assert torch.equal(unpatched(cut, 3), seen)
    step, pitch = 5 * resolution // 12 + 1, 2 * 12 + 7  # in the sixth place, third octave
    seen[1, 2, step, pitch] = 9.0
    assert (patches(seen) == 9.0).nonzero()[:, :3].tolist() == [[1, 2, 5]]


def test_a_finer_grid_is_written_too() -> None:
    shape = replace(SHAPE, resolution=48)
    seen, given = torch.zeros(2, 4, 3, 192, 84), torch.ones(2, 3)
    out = run(Generator(shape), given, seen)
    assert out.shape == seen.shape
    assert Critics(shape)(seen, torch.zeros((2, 4), dtype=torch.long), given).shape == (1, 2)


@pytest.mark.parametrize(("kind", "shared"), [("jamming", 0), ("composer", 1), ("hybrid", 1)])
def test_vectors_of_a_track_reach_it_alone_and_shared_ones_all(kind: str, shared: int) -> None:
    network = generator("piano", kind)
    seen, given = rolls(), torch.zeros(2, 3)
    still, moving = network.noise(2, torch.Generator().manual_seed(1))

    def changed(vector: int) -> list[bool]:
        other = still.clone()
        other[:, vector] += 1
        metres = torch.zeros((2, 4), dtype=torch.long)
        with torch.no_grad():
            a, b = (network((noise, moving), metres, seen, given) for noise in (still, other))
        return [bool((a[:, :, t] != b[:, :, t]).any()) for t in range(3)]

    if shared:
        assert changed(0) == [True] * 3
    if kind != "composer":
        assert changed(shared + 1) == [False, True, False]


def test_a_vector_of_a_measure_is_of_no_other_one() -> None:
    network = generator("piano")
    still, moving = network.noise(1, torch.Generator().manual_seed(1))
    other = moving.clone()
    other[:, 2] += 1
    metres, seen, given = torch.zeros((1, 4), dtype=torch.long), rolls(1), torch.zeros(1, 3)
    with torch.no_grad():
        a, b = (network((still, noise), metres, seen, given) for noise in (moving, other))
    assert [bool((a[:, m] != b[:, m]).any()) for m in range(4)] == [False, False, True, False]


def test_from_scratch_the_time_goes_through_a_temporal_generator_of_each_vector() -> None:
    network = generator("piano", conditional=False)
    assert len(network.temporal) == network.vectors == 4
    assert network.temporal[0](torch.zeros(5, 32)).shape == (5, 4, 32)
    assert not generator("piano").temporal


def test_given_tracks_are_heard_and_others_are_not() -> None:
    network, given = generator("piano"), torch.tensor([[1.0, 0, 0]] * 2)
    seen, other = rolls(), rolls(seed=1)
    for track in range(3):
        mixed = seen.clone()
        mixed[:, :, track] = other[:, :, track]
        assert bool((run(network, given, seen) != run(network, given, mixed)).any()) == (track == 0)
    scratch = generator("piano", conditional=False)
    assert bool((run(scratch, given, seen) == run(scratch, given, other)).all())


def test_the_metre_is_heard() -> None:
    network = generator("piano")
    noise = network.noise(1, torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = [
            network(noise, torch.full((1, 4), metre), rolls(1), torch.zeros(1, 3))
            for metre in range(len(METRES))
        ]
    assert all(bool((found[0] != other).any()) for other in found[1:])


def test_jamming_critics_see_their_own_track_and_what_is_given() -> None:
    critics = Critics(Shape("piano", "jamming", True))
    seen, other = rolls(), rolls(seed=1)
    mixed = seen.clone()
    mixed[:, :, 1] = other[:, :, 1]
    metres = torch.zeros((2, 4), dtype=torch.long)
    alone, given = torch.zeros(2, 3), torch.tensor([[0, 1.0, 0]] * 2)

    def changed(known: torch.Tensor) -> list[bool]:
        with torch.no_grad():
            return (critics(seen, metres, known) != critics(mixed, metres, known)).any(1).tolist()

    assert changed(alone) == [False, True, False]
    assert changed(given) == [True] * 3


def test_binarising_is_by_threshold_or_drawn_and_lets_gradients_through() -> None:
    odds = torch.tensor([-3.0, -0.1, 0.1, 3.0], requires_grad=True)
    assert binarised(odds).tolist() == pytest.approx([0, 0, 1, 1])
    drawn = binarised(odds[1:2].expand(10_000), torch.Generator().manual_seed(0))
    assert drawn.mean().item() == pytest.approx(torch.sigmoid(odds[1]).item(), abs=0.02)
    binarised(odds).sum().backward()
    chance = torch.sigmoid(odds.detach())
    assert odds.grad is not None and torch.allclose(odds.grad, chance * (1 - chance))


def test_phrases_are_whole_measures_of_one_metre_without_accidentals() -> None:
    score = two_part_score(8, 2)  # in D
    odd = replace(score.measures[4], metre=Metre(3, 4), duration=Fraction(3))
    odd_score = replace(
        score,
        measures=(*score.measures[:4], odd, *score.measures[5:]),
        parts=tuple(replace(p, cells=(*p.cells[:4], (), *p.cells[5:])) for p in score.parts),
    )
    assert len(Phrases([work(score)], SHAPE, RECIPE).places) == 5
    phrases = Phrases([work(odd_score)], SHAPE, RECIPE)
    assert phrases.places == [(0, 0)]
    batch = phrases.at([0], np.zeros((1, 3), np.bool_), np.random.default_rng(0))
    melody = batch.rolls[0, 0, 0, 0].nonzero()[0] + LOW
    first = score.parts[0].cells[0][0].pitch.midi
    assert score.measures[0].key == Key(2) and melody.tolist() == [first - 2]
    assert batch.metres.tolist() == [[0] * 4] and batch.frames[0].tolist() == [[0, 96]] * 4


def test_others_are_in_the_same_metre() -> None:
    score = two_part_score(8, 2)
    waltz = tuple(replace(measure, metre=Metre(3, 4), duration=Fraction(3)) for measure in score.measures)
    three = tuple(replace(p, cells=tuple(_within(cell, 3) for cell in p.cells)) for p in score.parts)
    works = [work(score), work(replace(score, measures=waltz, parts=three))]
    phrases = Phrases(works, SHAPE, replace(RECIPE, batch=40))
    batch = phrases.batch(0)
    lasts = [roll[..., 72:, :].any() for roll in batch.others]
    assert lasts == [METRES[metre] == "4/4" for metre in batch.metres[:, 0]]
    assert (batch.others != batch.rolls).any((1, 2, 3, 4)).sum() > 20 and len(set(lasts)) == 2


def _within(cell: Cell, quarters: int) -> Cell:
    return tuple(
        replace(note, duration=min(note.duration, quarters - note.onset))
        for note in cell
        if note.onset < quarters
    )


def test_critics_refuse_composers_tracks_beside_the_given_ones_of_others() -> None:
    game = Game(SHAPE, RECIPE, Phrases(works(), SHAPE, RECIPE), CPU)
    phrases, given = game.phrases.batch(0), torch.tensor([[1.0, 0, 0], [0, 0, 1]])
    found = game._mismatched(torch.from_numpy(phrases.rolls).float(), phrases, given).numpy() > 0
    assert (found[0, :, 0] == phrases.others[0, :, 0]).all() and (
        found[0, :, 1:] == phrases.rolls[0, :, 1:]
    ).all()
    assert (found[1, :, 2] == phrases.others[1, :, 2]).all() and (
        found[1, :, :2] == phrases.rolls[1, :, :2]
    ).all()


def test_works_for_others_have_no_phrases() -> None:
    with pytest.raises(ValueError, match="no phrase for satb"):
        Phrases(works(), Shape("satb", "hybrid", True), RECIPE).batch(0)


def test_metres_are_those_that_the_model_knows() -> None:
    score = two_part_score(5)
    metres = (Metre(4, 4), Metre(6, 8), Metre(2, 4), Metre(3, 4), Metre(5, 4))
    measures = tuple(replace(m, metre=metre) for m, metre in zip(score.measures, metres, strict=True))
    assert metres_of(encode(replace(score, measures=measures))).tolist() == [0, 3, 2, 1, -1]


def test_the_first_track_leads_and_sometimes_any_others_but_never_all() -> None:
    recipe = replace(RECIPE, batch=2000, lead=0.5)
    given = given_tracks(recipe, SHAPE, np.random.default_rng(0))
    first = (given == [True, False, False]).all(1).mean()
    assert first == pytest.approx(0.5 + 0.5 / 7, abs=0.04)
    assert not given.all(1).any()
    assert (~given.any(1)).mean() == pytest.approx(0.5 / 7, abs=0.02)
    assert not given_tracks(recipe, replace(SHAPE, conditional=False), np.random.default_rng(0)).any()


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_ends_as_one_that_was_never_stopped(
    tmp_path: Path, kind: str, conditional: bool
) -> None:
    shape = Shape("piano", kind, conditional)  # type: ignore[arg-type]
    seen: list[int] = []

    def report(step: int, numbers: dict[str, float]) -> None:
        seen.append(step)
        if numbers["penalty"] < 0 or (len(seen) == 3 and step == 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("x", shape, RECIPE, works(), tmp_path / "stopped", report)
    train("x", shape, RECIPE, works(), tmp_path / "stopped", report)
    train("x", shape, RECIPE, works(), tmp_path / "whole", lambda step, numbers: None)
    assert seen == [1, 2, 3, 3, 4]
    stopped, whole = (
        load_weights(tmp_path / name / "musegan-x").state_dict() for name in ("stopped", "whole")
    )
    assert all(torch.equal(tensor, whole[name]) for name, tensor in stopped.items())


def test_weights_and_log_say_how_it_went(tmp_path: Path) -> None:
    figures = train("x", SHAPE, RECIPE, works(), tmp_path, lambda step, numbers: None)
    meta = json.loads((tmp_path / "musegan-x.json").read_text())
    assert meta["model"] == SHAPE.to_dict() and meta["figures"] == figures and meta["phrases"] == 10
    assert figures["data EB"] == 0 and figures["data QN"] == figures["data DP"] == 1
    log = [json.loads(line) for line in (tmp_path / "x" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [2, 4]
    assert {"distance", "penalty", "generator", "EB", "UPC", "QN", "DP", "TD"} <= log[0].keys()
    assert (tmp_path / "musegan-x.safetensors").stat().st_size < 3e6


def test_figures_are_counted_when_a_checkpoint_is_written_and_only_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counted: list[dict[str, float]] = []

    def counting(game: Game) -> dict[str, float]:
        counted.append({"EB": float(len(counted))})
        return counted[-1]

    monkeypatch.setattr(Game, "figures", counting)
    recipe = replace(RECIPE, steps=5, log_every=3)
    assert train("x", SHAPE, recipe, works(), tmp_path, lambda step, numbers: None) == {"EB": 2}
    log = [json.loads(line) for line in (tmp_path / "x" / "log.jsonl").read_text().splitlines()]
    assert [(line["step"], line.get("EB")) for line in log] == [(2, 0), (3, None), (4, 1), (5, 2)]
    assert len(counted) == 3
    assert train("x", SHAPE, recipe, works(), tmp_path, lambda step, numbers: None) == {"EB": 3}


def test_the_critics_learn_to_tell(tmp_path: Path) -> None:
    """Critics alone: the distance that they see grows when the generator stands still."""
    recipe = replace(RECIPE, batch=4, steps=100, critic_steps=8, binary_from=1.0)
    game = Game(SHAPE, recipe, Phrases(works(), SHAPE, recipe), CPU)
    first = game._critic_step(0, 0)[0]
    for draw in range(1, 25):
        last = game._critic_step(0, draw)[0]
    assert last > first + 1


def test_slopes_of_jamming_are_those_of_each_critic() -> None:
    games = [
        Game(replace(SHAPE, kind=kind), RECIPE, Phrases(works(), SHAPE, RECIPE), CPU)  # type: ignore[arg-type]
        for kind in ("jamming", "hybrid")
    ]
    slope = torch.ones(2, 4, 3, 96, 84)
    sizes = [game._norms(slope).square() for game in games]
    assert sizes[0].shape == (2, 3) and sizes[1].shape == (2, 1)
    assert torch.allclose(sizes[0].sum(1), sizes[1][:, 0])


def test_the_shipped_configuration_lists_what_the_engine_needs_first() -> None:
    import tomllib

    models = read_models(tomllib.loads((CONFIGS / "musegan.toml").read_text(encoding="utf-8")))
    assert list(models)[:3] == ["string-quartet", "satb", "piano"]
    assert all(name == shape.ensemble and shape.conditional for name, (shape, _) in list(models.items())[:3])
    table = {
        (shape.kind, shape.conditional) for shape, _ in models.values() if shape.ensemble == "string-quartet"
    }
    assert table == {(kind, conditional) for kind in KINDS for conditional in (True, False)}


@pytest.mark.parametrize(
    "wrong", [{"kind": "solo"}, {"ensemble": "band"}, {"resolution": 20}, {"measures": 5}, {"colour": 1}]
)
def test_a_model_that_there_is_none_of_is_refused(wrong: dict[str, object]) -> None:
    settings = {"ensemble": "satb", "kind": "hybrid", "conditional": True, "steps": 1, **wrong}
    with pytest.raises((ValueError, TypeError)):
        read_models({"musegan": {"models": {"x": settings}}})
