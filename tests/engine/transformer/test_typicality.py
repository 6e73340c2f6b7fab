"""Music that has the style that is asked for is known by it, and then nothing guides to it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformer.untrained import network_of, untrained
from works import two_part_score

from engine.encoding import MEASURE, PART, encode
from engine.interface import Controls, Passage, Sampling, written
from engine.score import Note
from engine.training.examples import collate, rows_of
from engine.transformer import stream
from engine.transformer.columns import CONTROLS
from engine.transformer.engine import TransformerEngine
from engine.transformer.manner import Manner
from engine.transformer.typicality import odds_a_note
from engine.transformer.window import Likeness, Window, canonical, with_parts
from engine.transformer.writer import Row
from engine.vocabulary import STYLE

POP = Controls(style="pop")


def manner() -> Manner:
    return Manner(untrained(ending=1.0).network, {"pop": {"piano": Likeness(2.0, 3.0, 57.3)}})


def engine() -> TransformerEngine:
    engine = untrained(ending=2.0)
    engine.manner = manner()
    return engine


def answered(reading: Generator[Row, np.ndarray, float]) -> float:
    """What a generator returns once every row of it has been answered."""
    try:
        row = next(reading)
        while True:
            row = reading.send(row.network.steps([(row.ids, row.at, row.memory)])[0])
    except StopIteration as end:
        return end.value


def window_of(parts: tuple[int, ...], first: int = 0) -> Window:
    score = encode(two_part_score(seed=3))
    mask = np.zeros((len(score.starts) - 1, 2), np.bool_)
    mask[np.ix_(range(first, len(mask)), parts)] = True
    controls = np.full((2, len(CONTROLS)), 1, np.int16)
    return Window(score, 0, len(mask), mask, np.ones(2, np.bool_), controls, canonical(0))


@torch.no_grad()
def nats(window: Window, parts: tuple[int, ...], style: str) -> float:
    """By the network that learns: each measure of the parts as if nothing stood before it and no others were."""
    network, alone = network_of(1.0), with_parts(window.score, list(parts))
    total = 0.0
    for measure in np.flatnonzero(window.mask.any(1)).tolist():
        notes = alone.notes[alone.notes[:, MEASURE] <= measure]
        mask, controls = window.mask[measure:, parts], np.zeros((len(parts), len(CONTROLS)), np.int16)
        controls[:, 0] = STYLE.get(style)
        score, heard = replace(alone, notes=notes), np.zeros(len(parts), np.bool_)
        of = replace(window, score=score, first=measure, mask=mask, heard=heard, controls=controls)
        batch, cells = collate([rows_of(of)]), int((notes[:, MEASURE] == measure).sum()) + len(parts)
        events = network.event_losses(
            network(batch.known, batch.known_at, batch.rows, batch.rows_at), batch.targets
        )
        total -= float(events[:cells].sum())
    return total


@pytest.mark.parametrize(("parts", "first"), [((1,), 0), ((1,), 3), ((0, 1), 2)])
def test_how_much_likelier_is_as_the_network_that_learns_has_it(parts, first):
    window = window_of(parts, first)
    notes = window.score.notes
    count = int(window.mask[notes[:, MEASURE], notes[:, PART]].sum())
    expected = (nats(window, parts, "pop") - nats(window, parts, "")) / count
    assert answered(odds_a_note(window, manner(), POP)) == pytest.approx(expected, abs=1e-3)
    assert abs(expected) > 0.01
    assert answered(odds_a_note(window, manner(), Controls())) == 0


def notes_of(engine: TransformerEngine, controls: Controls) -> list[list[Note]]:
    score = two_part_score(20)  # of two windows
    passage = Passage(score, frozenset((1, m) for m in range(20)))
    return [list(cell.notes) for cell in written(engine, passage, controls, Sampling(2))]


def test_what_has_the_style_already_is_not_guided_to_it(monkeypatch):
    guided, unguided = engine(), untrained(ending=2.0)
    monkeypatch.setattr(stream, "TYPICAL", -np.inf)
    assert notes_of(guided, POP) == notes_of(unguided, POP)
    monkeypatch.setattr(stream, "TYPICAL", np.inf)
    assert notes_of(guided, POP) != notes_of(unguided, POP)


def test_a_composer_is_always_guided_to(monkeypatch):
    found = []
    for typical in (-np.inf, np.inf):
        monkeypatch.setattr(stream, "TYPICAL", typical)
        found.append(notes_of(engine(), Controls(style="pop", composer="Someone")))
    assert found[0] == found[1]
