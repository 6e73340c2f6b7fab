from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction

import pytest
import torch
from torch import nn

from benchmarks.rivals.__main__ import Measured, Timed, report, spread
from benchmarks.rivals.deepbach import REACH, DeepBach
from benchmarks.rivals.gpt2 import Gpt2, Gpt2Config
from benchmarks.rivals.passages import MEASURES, Passage, Written, passages, written
from benchmarks.rivals.t5 import T5, T5Config
from benchmarks.rivals.tasks import Event, Task
from benchmarks.rivals.writers import (
    AMT,
    CHORALES,
    HEADING,
    MIDI_GPT,
    RIVALS,
    TRACK,
    Draw,
    Gpt2Writer,
    Rival,
    T5Writer,
    anticipated,
    assistant_given,
    assistant_lengths,
    by_tracks,
    drawn,
)
from bridge.engines import open_engine

SMALL = Gpt2Config(vocabulary=50, context=32, width=16, layers=2, heads=2)
SMALL_T5 = T5Config(vocabulary=50, width=16, feedforward=32, layers=2, heads=2, head=4, distances=64)


def event(measure: int, onset: Fraction | int, duration: int = 1) -> Event:
    return Event(4 * measure + Fraction(onset), measure, Fraction(onset), Fraction(duration))


@pytest.fixture
def task() -> Task:
    """A melody in whole notes; a chord of three at the start, then a quarter, then a measure of one late half."""
    chord = [event(0, 0, 2), event(0, 0, 2), event(0, 0, 2)]
    return Task(2, Fraction(8), (event(0, 0, 4), event(1, 0, 4)), (*chord, event(0, 2), event(1, 2, 2)))


@contextmanager
def counted(network: nn.Module) -> Iterator[list[int]]:
    """The number of new tokens of each forward pass."""
    passes: list[int] = []
    handle = network.register_forward_pre_hook(lambda _, inputs: passes.append(len(inputs[0])))
    yield passes
    handle.remove()


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_rivals_have_their_published_size(rival: Rival) -> None:
    with torch.device("meta"):
        built = sum(p.numel() for p in rival.build().network.parameters())
    assert built == pytest.approx(rival.published, rel=0.02)


def test_composers_assistant_has_its_published_size_to_the_last_weight() -> None:
    with torch.device("meta"):
        built = sum(p.numel() for p in RIVALS[1].build().network.parameters())
    assert built == RIVALS[1].published == 192_368_256


@torch.inference_mode()
def test_gpt2_with_its_cache_says_what_it_says_without() -> None:
    torch.manual_seed(0)
    network, ids = Gpt2(SMALL).eval(), torch.randint(50, (20,))
    cache = network.cache()
    kept = [network(part, cache) for part in (ids[:7], ids[7:8], ids[8:12], *ids[12:, None])]
    for end, scores in zip((7, 8, *range(12, 21)), kept, strict=True):
        torch.testing.assert_close(scores, network(ids[:end], network.cache()))


@torch.inference_mode()
def test_t5_with_its_cache_says_what_it_says_without() -> None:
    torch.manual_seed(0)
    network, ids = T5(SMALL_T5).eval(), torch.randint(50, (9,))
    heard = network.read(torch.randint(50, (11,)))
    cache = network.cache(9)
    for end in range(1, 10):
        scores = network(ids[end - 1 : end], cache, heard)
        torch.testing.assert_close(scores, network(ids[:end], network.cache(end), heard))


@torch.inference_mode()
def test_t5_listens_and_knows_the_order_of_what_it_hears() -> None:
    torch.manual_seed(0)
    network, given = T5(SMALL_T5).eval(), torch.arange(11)
    start = torch.zeros(1, dtype=torch.long)
    scores = [network(start, network.cache(1), network.read(ids)) for ids in (given, given, given.flip(0))]
    torch.testing.assert_close(scores[0], scores[1])
    assert (scores[0] - scores[2]).abs().max() > 1e-4


def test_anticipation_is_three_passes_a_note_with_controls_five_seconds_ahead(task: Task) -> None:
    draws = anticipated(task)
    assert len(draws) == 3 * len(task.written)
    # Both notes of the melody, at 0 and 2.4 s, are within five seconds of the start.
    assert [draw.given for draw in draws] == [1 + 6] + 14 * [0]
    late = Task(4, Fraction(16), (event(0, 0), event(3, 0)), (event(0, 0), event(1, 0), event(2, 0)))
    # The second, at 7.2 s, comes when the note at 2.4 s has been written.
    assert [draw.given for draw in anticipated(late)][::3] == [1 + 3, 0, 3]
    assert [draw.among for draw in draws[:3]] == [slice(0, 10000), slice(10000, 11000), slice(11000, 27512)]
    assert AMT.vocabulary == 55028


def test_the_tokens_of_composers_assistant(task: Task) -> None:
    # First measure: d, three N, w, d, N; second: w, d, N.
    assert assistant_lengths(task.written, 2) == [7, 3]
    assert assistant_given(task) == 2 * HEADING + 2 + 2


def test_the_tokens_of_midi_gpt(task: Task) -> None:
    # First measure: velocity, three times pitch and duration, position, pitch, duration, end; second the same of one.
    draws = by_tracks(task)
    assert len(draws) == (1 + 6 + 1 + 2 + 1) + (1 + 1 + 2 + 1)
    melody = 2 * (2 + 1 + 2 + 1)
    assert [draw for draw in draws if draw.given] == [Draw(1 + TRACK + melody + 1 + TRACK + 2), Draw(2)]
    assert MIDI_GPT.vocabulary == 647


def test_as_many_passes_as_tokens_are_drawn(task: Task) -> None:
    for writer in (
        Gpt2Writer(Gpt2Config(AMT.vocabulary, 32, 8, 1, 1), anticipated, 0.98),
        Gpt2Writer(SMALL, by_tracks, 0.95),
        T5Writer(SMALL_T5, 0.85),
    ):
        with counted(writer.network) as passes:
            writer.write(task, writer.passes(task))
            assert len(passes) == writer.passes(task)
            writer.write(task, 4)
        assert len(passes) == writer.passes(task) + 4
        if not isinstance(writer, T5Writer):
            draws = writer.encoding(task)
            assert sum(passes[:-4]) >= sum(draw.given for draw in draws) + len(draws) - 1


def test_what_outgrows_the_context_is_read_again(task: Task) -> None:
    long = Task(2, Fraction(8), task.melody, task.written * 10)
    writer = Gpt2Writer(SMALL, lambda _: [Draw(5), *[Draw(0)] * 60], 1.0)
    with counted(writer.network) as passes:
        writer.write(long, 61)
    # 5 and then one at a time up to 32; then 15 kept and a new one, as often as it is full again.
    assert passes == [5, *[1] * 27, 16, *[1] * 16, 16, *[1] * 15]


def test_deepbach_draws_three_voices_in_turn(task: Task) -> None:
    chorales = DeepBach()
    assert chorales.passes(task) == 1500
    counts = []
    for voice in chorales.network:
        voice.register_forward_pre_hook(lambda model, inputs: counts.append((model, inputs[0].shape)))
    chorales.write(task, 6)
    assert [model for model, _ in counts] == [*list(chorales.network)[1:]] * 2
    assert {shape for _, shape in counts} == {(8, 4, 2 * REACH)}


def test_a_nucleus_leaves_out_the_unlikely() -> None:
    scores = torch.tensor([0.0, 3.0, 2.9, -9.0, 5.0])
    torch.manual_seed(0)
    assert {drawn(scores, slice(1, 4), 0.9) for _ in range(50)} == {1, 2}
    assert {drawn(scores, slice(0, None), 0.1) for _ in range(20)} == {4}


def test_passages_of_the_examples_have_a_voice_in_every_measure() -> None:
    found = passages(None, 9)
    assert len(found) == 9
    assert len({(passage.document.name, passage.first) for passage in found}) == 9
    assert len({passage.document.name for passage in found}) > 4
    for passage in found:
        cells = passage.document.score.parts[0].cells[passage.first : passage.first + MEASURES]
        assert len(cells) == MEASURES and all(cells)


def test_obbligato_is_timed_and_its_notes_are_what_rivals_write() -> None:
    [passage] = passages(None, 1)
    ours = written(passage, passage.options, open_engine("transformer"))
    assert 0 < ours.first < ours.whole and 0 < ours.engine < ours.whole
    assert len(ours.cells) == MEASURES and ours.notes > MEASURES
    task = passage.task(ours.cells)
    assert len(task.written) == ours.notes and task.measures == MEASURES
    assert len(task.melody) == sum(len(cell) for cell in voice(passage))
    assert 0 <= task.written[0].time <= task.written[-1].time < task.quarters


def voice(passage: Passage) -> tuple[tuple[object, ...], ...]:
    return passage.document.score.parts[0].cells[passage.first : passage.first + MEASURES]


def test_spread() -> None:
    assert spread(5, 50) == [0, 10, 20, 30, 40]
    assert spread(5, 3) == [0, 1, 2]


def test_the_report(made: Callable[[int, float], Written]) -> None:
    own = [made(92, 0.5), made(92, 1.5)]
    slow = Measured(RIVALS[0], 128_103_936, 2, [Timed(92, 276, 5.0, 0.5), Timed(92, 276, 19.5, 1.5)])
    fast = Measured(RIVALS[2], 20_295_168, 1, [Timed(92, 230, 0.75, 0.5), Timed(92, 230, 3.0, 1.5)])
    bach = Measured(CHORALES, 8_906_172, 2, [Timed(92, 1500, 6.0, 0.5)])
    lines = list(report(7_858_951, own, [slow, fast, bach]))
    assert lines[2].startswith("| Obbligato | 7.86 M |  | ") and lines[2].endswith("| 1.09 | 92 | 1 |  |")
    assert lines[3].endswith("| 128.1 M | 128 M | 2 | 3.00 | 7.5 | 11.5 (10.0 to 13.0) | 12, missed |")
    assert lines[4].endswith("| 20.3 M | 20 M | 1 | 2.50 | 49.1 | 1.8 (1.5 to 2.0) | 2, missed |")
    assert lines[5] == "| DeepBach | 8.9 M |  | 2 |  |  | 12.0 (12.0 to 12.0) |  |"
    assert "| of it the engine | 1.000 | 1.500 | 1.500 |" in lines
    assert {line.count("|") for line in lines[:6]} == {9}
    met = Measured(RIVALS[2], 1, 1, [Timed(92, 230, 1.0, 0.5)])
    assert list(report(1, own, [met]))[3].endswith("2.0 (2.0 to 2.0) | 2, met |")


@pytest.fixture
def made() -> Callable[[int, float], Written]:
    """So many notes in so many seconds of the engine."""
    passage = passages(None, 1)[0]
    note = passage.document.score.parts[0].cells[passage.first][0]
    return lambda notes, seconds: Written(((note,) * notes,), seconds / 8, seconds + 0.1, seconds)
