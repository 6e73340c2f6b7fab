from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import bridge
from bridge import engines, service, tasks
from bridge.documents.checker import Fault
from bridge.documents.document import Document, open_document
from bridge.engines import resolved
from bridge.errors import EmptyScoreError, EngineError, RequestError
from bridge.new_parts import new_parts
from bridge.options import AccompanyOptions
from bridge.service import Progress, Take, Timings, advance, begin, write
from engine.critic import critic
from engine.interface import Engine
from tests.bridge.conftest import SONG

Make = Callable[..., Path]
BEATS = "<beats>4<", "<beats>3<"
VALUE = (
    "<duration>4</duration><voice>1</voice><type>whole</type>",
    ("<duration>3</duration><voice>1</voice><type>half</type><dot/>"),
)
FAULT = Fault("P1", "3", "too full")


def run(document: Document, engine: Engine, **options: Any) -> tuple[list[Progress], list[Take]]:
    events = list(write(document, AccompanyOptions.parse(options), engine))
    return [e for e in events if isinstance(e, Progress)], [e for e in events if isinstance(e, Take)]


def canonical(tree: Any) -> bytes:
    return bytes(etree.tostring(tree, method="c14n"))


def test_a_piano_is_written_under_the_whole_song(make_score: Make, fake_engine: Any) -> None:
    document = open_document(make_score())
    progress, takes = run(document, fake_engine, seed=7)
    assert [(p.number, p.done, p.total) for p in progress] == [
        ("1", 1, 4),
        ("2", 2, 4),
        ("3", 3, 4),
        ("4", 4, 4),
    ]
    (take,) = takes
    assert (take.number, take.seed, take.parts, take.measures) == (1, 7, ("Piano",), (0, 1, 2, 3))
    assert [part.name for part in take.score.parts] == ["Voice", "Piano"]
    assert all(take.score.parts[1].cells)
    assert [name.text for name in take.tree.iter("part-name")] == ["Voice", "Piano"]


def test_the_document_stays_as_it_was(make_score: Make, fake_engine: Any) -> None:
    document = open_document(make_score())
    before = canonical(document.tree)
    _, (take,) = run(document, fake_engine)
    assert canonical(document.tree) == before
    assert canonical(take.tree) != before


def test_only_the_chosen_measures_are_written(make_score: Make, fake_engine: Any) -> None:
    progress, (take,) = run(open_document(make_score()), fake_engine, measures="2-3")
    assert [p.measure for p in progress] == [1, 2]
    assert [bool(cell) for cell in take.score.parts[1].cells] == [False, True, True, False]
    assert fake_engine.calls[0][0].mask == {(1, 1), (1, 2)}


def test_every_part_of_a_set_is_written_and_named_apart(make_score: Make, fake_engine: Any) -> None:
    progress, (take,) = run(open_document(make_score()), fake_engine, add="string-quartet")
    assert take.parts == ("Violin 1", "Violin 2", "Viola", "Violoncello")
    assert [len(p.cells) for p in progress] == [4] * 4
    assert len({part.id for part in take.score.parts}) == 5


def test_each_take_can_be_had_alone_by_its_seed(make_score: Make, fake_engine: Any) -> None:
    document = open_document(make_score())
    progress, takes = run(document, fake_engine, seed=3, takes=3)
    assert [take.seed for take in takes] == [3, 4, 5]
    assert [(p.done, p.total) for p in progress][-1] == (12, 12)
    assert len({canonical(take.tree) for take in takes}) == 3
    _, (alone,) = run(document, fake_engine, seed=5)
    assert canonical(alone.tree) == canonical(takes[2].tree)


def test_a_missing_seed_is_drawn_and_reported(make_score: Make, fake_engine: Any) -> None:
    document = open_document(make_score())
    _, (take,) = run(document, fake_engine)
    _, (again,) = run(document, fake_engine, seed=take.seed)
    assert canonical(again.tree) == canonical(take.tree)


def test_takes_are_written_at_the_same_time_but_not_too_many(make_score: Make, fake_engine: Any) -> None:
    progress, takes = run(open_document(make_score()), fake_engine, seed=3, takes=11)
    assert [p.take for p in progress[:5]] == [1, 2, 3, 4, 1]
    assert [(p.done, p.total) for p in progress] == [(done, 44) for done in range(1, 45)]
    assert sorted(take.number for take in takes) == list(range(1, 12))
    assert [take.seed for take in takes] == [take.number + 2 for take in takes]


class Judge:
    """Likes takes by their first note, the steps of ``order`` from the best on, and says what it was asked."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.asked: list[tuple[Any, Any, float]] = []

    def score(self, passage: Any, written: Any, nats: float) -> float:
        self.asked.append((passage, written, nats))
        return -float(self.order.index(written[1, 0][0].pitch.step))


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    own = Judge("FCBDEAG")
    monkeypatch.setattr(critic, "shipped", lambda: own)
    return own


def test_the_best_take_comes_first_when_all_are_written(
    make_score: Make, fake_engine: Any, judge: Judge
) -> None:
    """More takes than are written together; seed 3 begins with F, 4 with G and so on."""
    document = open_document(make_score())
    events = list(write(document, AccompanyOptions.parse({"seed": 3, "takes": 6}), fake_engine))
    assert [type(event) for event in events] == [Progress] * 24 + [Take] * 6
    takes = [event for event in events if isinstance(event, Take)]
    assert [take.number for take in takes] == [1, 2, 3, 4, 5, 6]
    assert [take.score.parts[1].cells[0][0].pitch.step for take in takes] == list("FCBDAG")
    assert [take.seed for take in takes] == [3, 7, 6, 8, 5, 4]
    for take in takes:
        _, (alone,) = run(document, fake_engine, seed=take.seed)
        assert canonical(alone.tree) == canonical(take.tree) and alone.number == 1


def test_takes_that_are_as_good_stay_as_they_were_drawn(make_score: Make, fake_engine: Any) -> None:
    _, takes = run(open_document(make_score()), fake_engine, seed=3, takes=6)
    assert [(take.number, take.seed) for take in takes] == [(k, k + 2) for k in range(1, 7)]


def test_the_critic_is_asked_once_for_each_take_and_told_what_the_engine_thinks(
    make_score: Make, fake_engine: Any, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fake_engine.cells

    def cells(passage: Any, controls: Any, sampling: Any) -> Any:
        return (replace(cell, nats=sampling.seed + 0.5) for cell in plain(passage, controls, sampling))

    monkeypatch.setattr(fake_engine, "cells", cells)
    performance = begin(
        open_document(make_score()), AccompanyOptions.parse({"seed": 3, "takes": 2}), fake_engine
    )
    while not performance.done:
        assert not any(isinstance(event, Exception) for _, event in advance([performance]))
    assert sorted(nats for _, _, nats in judge.asked) == [3.5, 4.5]
    for passage, written, _ in judge.asked:
        assert passage is performance.plan.passage and written.keys() == passage.mask


def test_a_take_that_is_alone_is_not_judged(
    make_score: Make, fake_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(critic, "shipped")
    _, (take,) = run(open_document(make_score()), fake_engine, seed=4)
    assert (take.number, take.seed) == (1, 4)


def test_a_take_that_cannot_be_written_ends_the_job_without_takes(
    make_score: Make, fake_engine: Any, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fake_engine.cells

    def cells(passage: Any, controls: Any, sampling: Any) -> Any:
        yield from plain(passage, controls, sampling)
        if sampling.seed == 4:
            raise ValueError("no room")

    monkeypatch.setattr(fake_engine, "cells", cells)
    performance = begin(
        open_document(make_score()), AccompanyOptions.parse({"seed": 3, "takes": 2}), fake_engine
    )
    events = []
    while not performance.done:
        events += [event for _, event in advance([performance])]
    assert [type(event) for event in events] == [Progress] * 8 + [ValueError]
    assert judge.asked == []


def test_several_performances_go_on_together_and_give_what_each_gives_alone(
    make_score: Make, fake_engine: Any
) -> None:
    wishes = [{"add": "piano", "takes": 2}, {"add": "cello"}, {"add": "string-quartet", "measures": "2-3"}]
    options = [AccompanyOptions.parse({**wish, "seed": 5}) for wish in wishes]
    document = open_document(make_score())
    alone = [[e for e in write(document, wish, fake_engine) if isinstance(e, Take)] for wish in options]
    performances = [begin(document, wish, fake_engine) for wish in options]
    together: dict[Any, list[Take]] = {performance: [] for performance in performances}
    while going := [performance for performance in performances if not performance.done]:
        for performance, event in advance(going):
            assert not isinstance(event, Exception)
            if isinstance(event, Take):
                together[performance].append(event)
    for performance, before in zip(performances, alone, strict=True):
        assert [canonical(t.tree) for t in together[performance]] == [canonical(t.tree) for t in before]


def test_a_performance_that_fails_ends_alone(
    make_score: Make, fake_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = [open_document(make_score()), open_document(make_score("duo"))]
    bad, good = (begin(song, AccompanyOptions.parse({"takes": 2}), fake_engine) for song in songs)
    monkeypatch.setattr(
        service, "new_faults", lambda before, after: [FAULT] if before is songs[0].tree else []
    )
    events: dict[Any, list[Any]] = {bad: [], good: []}
    while going := [performance for performance in (bad, good) if not performance.done]:
        for performance, event in advance(going):
            events[performance].append(event)
    assert [type(event) for event in events[bad]] == [Progress] * 8 + [EngineError]
    assert [type(event) for event in events[good]].count(Take) == 2


def test_a_performance_that_cannot_begin_ends_alone(make_score: Make, fake_engine: Any) -> None:
    plain = fake_engine.begin

    def only_songs(passage: Any, *more: Any) -> Any:
        if len(passage.score.parts) > 2:
            raise ValueError("too many parts")
        return plain(passage, *more)

    fake_engine.begin = only_songs
    good, bad = (
        begin(open_document(make_score(kind)), AccompanyOptions(), fake_engine) for kind in ("song", "duo")
    )
    events: dict[Any, list[Any]] = {good: [], bad: []}
    while going := [performance for performance in events if not performance.done]:
        for performance, event in advance(going):
            events[performance].append(event)
    assert [type(event) for event in events[bad]] == [ValueError]
    assert [type(event) for event in events[good]] == [Progress] * 4 + [Take]


def test_a_step_that_fails_ends_all_that_were_to_take_it(make_score: Make, fake_engine: Any) -> None:
    def fail(streams: Any) -> Any:
        raise MemoryError

    fake_engine.step = fail
    document = open_document(make_score())
    both = [begin(document, AccompanyOptions(), fake_engine) for _ in range(2)]
    assert [(performance, type(event)) for performance, event in advance(both)] == [
        (performance, MemoryError) for performance in both
    ]
    assert all(performance.done for performance in both)


def test_wishes_reach_the_engine(make_score: Make, fake_engine: Any) -> None:
    run(
        open_document(make_score("duo")),
        fake_engine,
        part="violin",
        low="C3",
        density=2,
        style="hymn",
        top_p=0.5,
    )
    passage, controls, sampling = fake_engine.calls[0]
    assert passage.listen == {0}
    assert (controls.low, controls.density, controls.style) == (48, 2, "hymn")
    assert sampling.top_p == 0.5


def test_chord_symbols_alone_are_enough(make_score: Make, fake_engine: Any) -> None:
    run(open_document(make_score("chords")), fake_engine)
    assert fake_engine.calls[0][0].score.measures[0].chords


def test_chord_symbols_are_hidden_on_request_but_never_lost(make_score: Make, fake_engine: Any) -> None:
    _, (take,) = run(open_document(make_score("lead")), fake_engine, chords="ignore")
    assert not fake_engine.calls[0][0].score.measures[0].chords
    assert take.score.measures[0].chords
    assert len(take.tree.findall(".//harmony")) == 2


def test_timings_count_only_the_work(make_score: Make, fake_engine: Any) -> None:
    timings = Timings()
    list(write(open_document(make_score()), AccompanyOptions.parse({}), fake_engine, timings))
    assert set(timings.seconds) == {"write", "rank", "notate"}


@pytest.mark.parametrize(
    ("kind", "options", "error", "words"),
    [
        ("song", {"measures": "9"}, RequestError, ["9", "1-4"]),
        ("song", {"part": "Tuba"}, RequestError, ["Tuba", "Voice"]),
        ("song", {"style": "hymns"}, RequestError, ["fake", "hymns"]),
        ("song", {"composer": "Nobody"}, RequestError, ["fake", "Nobody"]),
        ("song", {"density": 0.2}, RequestError, ["--density 0.2 leaves no note in a measure of 4 quarters"]),
        ("drums", {}, EmptyScoreError, ["percussion", "Drumset"]),
        ("silent", {}, EmptyScoreError, ["silent", "no notes"]),
        ("chords", {"chords": "ignore"}, EmptyScoreError, ["no notes"]),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(
    make_score: Make,
    fake_engine: Any,
    kind: str,
    options: dict[str, Any],
    error: type[Exception],
    words: list[str],
) -> None:
    document = open_document(make_score(kind))
    with pytest.raises(error) as caught:
        write(document, AccompanyOptions.parse(options), fake_engine)
    for word in words:
        assert word in str(caught.value)
    assert not fake_engine.calls


@pytest.mark.parametrize(
    ("limit", "hint"),
    [
        ({"density": 0.3}, "What leaves one is --density 0.34 or more."),
        ({"shortest": "whole"}, "What leaves one is --shortest half or shorter."),
    ],
)
def test_limits_that_leave_no_note_are_refused_and_the_nearest_that_does_is_taken(
    make_score: Make, fake_engine: Any, limit: dict[str, Any], hint: str
) -> None:
    path = make_score("song")
    path.write_text(SONG.replace(*BEATS).replace(*VALUE), encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        run(open_document(path), fake_engine, **limit)
    assert caught.value.hint == hint
    option, value = hint.split()[4:6]
    _, (take,) = run(open_document(path), fake_engine, **{option.strip("-"): value})
    assert not take.remarks


def test_measures_in_which_no_note_fits_are_named(make_score: Make, fake_engine: Any) -> None:
    path = make_score("song")
    pickup = SONG.replace('<measure number="1">', '<measure number="0" implicit="yes">').replace(*VALUE, 1)
    path.write_text(pickup, encoding="utf-8")
    _, (take,) = run(open_document(path), fake_engine, density=0.3)
    assert take.remarks == ("no note fits into measure 0 with --density 0.3",)


def test_an_instrument_the_engine_does_not_know_is_refused(make_score: Make, fake_engine: Any) -> None:
    fake_engine.info = replace(fake_engine.info, instruments=("piano", "organ"))
    with pytest.raises(RequestError, match="tuba") as caught:
        write(open_document(make_score()), AccompanyOptions.parse({"add": "tuba"}), fake_engine)
    assert "piano" in caught.value.hint


def test_an_engine_that_forgets_a_measure_gives_no_take(make_score: Make, fake_engine: Any) -> None:
    fake_engine.unwritten = 1
    with pytest.raises(EngineError, match="unwritten"):
        run(open_document(make_score()), fake_engine)


def test_an_unsound_part_gives_no_take(
    make_score: Make, fake_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = open_document(make_score())
    monkeypatch.setattr(service, "new_faults", lambda before, after: [FAULT])
    with pytest.raises(EngineError, match="measure 3: too full"):
        run(document, fake_engine)


@pytest.mark.parametrize("place", ["planned.select_measures", "the engine", "graft"])
def test_every_error_names_its_file_once(
    make_score: Make, fake_engine: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Also where one error is that of several files, as when a step fails."""
    error = RequestError("it cannot be", "Leave it.")

    def fail(*_: Any) -> Any:
        raise error

    documents = [open_document(make_score(kind)) for kind in ("song", "duo")]
    if place == "planned.select_measures":
        monkeypatch.setattr(tasks, "select_measures", fail)
    elif place == "the engine":
        fake_engine.step = fail
    else:
        monkeypatch.setattr(service, "graft", fail)
    for document in documents:
        with pytest.raises(RequestError) as caught:
            run(document, fake_engine)
        assert str(caught.value) == caught.value.message == f"{document.name}: it cannot be"
        assert caught.value.hint == "Leave it."
    if place != "planned.select_measures":
        together = [begin(document, AccompanyOptions(), fake_engine) for document in documents]
        failed: dict[Any, Any] = {}
        while going := [performance for performance in together if not performance.done]:
            failed |= {one.document.name: str(e) for one, e in advance(going) if isinstance(e, Exception)}
        assert failed == {document.name: f"{document.name}: it cannot be" for document in documents}


def test_engines_go_by_name(monkeypatch: pytest.MonkeyPatch, fake_engine: Any) -> None:
    monkeypatch.setattr(engines, "available", lambda: [fake_engine.info])
    with pytest.raises(RequestError, match="musegam") as caught:
        engines.open_engine("musegam")
    assert "fake" in caught.value.hint


def test_missing_weights_are_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise FileNotFoundError(2, "no such file", "small.safetensors")

    monkeypatch.setattr(engines, "load_engine", missing)
    with pytest.raises(EngineError, match=r"small\.safetensors"):
        engines.open_engine("transformer")


def test_new_parts_take_ids_and_names_that_are_free(make_score: Make) -> None:
    score = open_document(make_score("duo")).score
    piano, viola = new_parts(score, ("piano", "viola"), frozenset({"P3", "P5-I1"}))
    assert (piano.id, viola.id) == ("P4", "P6")  # players have ids too, made of their part's
    assert (piano.name, viola.name) == ("Piano 2", "Viola")
    assert piano.staves == 2
    assert piano.cells == ((), (), ())


def test_python_users_have_the_same_on_objects(make_score: Make, fake_engine: Any) -> None:
    document = bridge.open_score(str(make_score()))
    takes = bridge.accompany(document, engine=fake_engine, add=["cello"], seed=1, takes=2)
    assert [(take.seed, take.parts) for take in takes] == [(1, ("Violoncello",)), (2, ("Violoncello",))]


@pytest.mark.parametrize("wish", ["Schubert, Franz", "schub", "SCHUBERT"])
def test_a_name_may_be_shortened(wish: str, fake_engine: Any) -> None:
    options = AccompanyOptions.parse({"composer": wish, "style": "hy"})
    found = resolved(options, fake_engine.info)
    assert (found.composer, found.style) == ("Schubert, Franz", "hymn")


def test_a_beginning_of_several_names_is_refused(fake_engine: Any) -> None:
    with pytest.raises(RequestError, match="more than one composer") as caught:
        resolved(AccompanyOptions.parse({"composer": "Schu"}), fake_engine.info)
    assert "Schubert, Franz; Schumann, Robert" in caught.value.hint
