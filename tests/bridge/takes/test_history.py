from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import HistoryError, NotFoundError
from bridge.takes import History, NewTake, history
from bridge.version import version

TAKE = NewTake(
    task="accompany",
    title="Song",
    parts=("Piano",),
    measures="9-16",
    seed=7,
    engine="transformer",
    options={"add": ["piano"], "density": 2.5},
    suffix=".musicxml",
)

json_values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
new_takes = st.builds(
    NewTake,
    task=st.sampled_from(["accompany", "fill"]),
    title=st.text(),
    parts=st.lists(st.text(), max_size=3).map(tuple),
    measures=st.text(max_size=9),
    seed=st.integers(0, 2**64),
    engine=st.text(max_size=9),
    options=st.dictionaries(st.text(max_size=9), json_values | st.lists(st.text(max_size=9)), max_size=4),
    suffix=st.sampled_from([".musicxml", ".mxl"]),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "takes.sqlite"


@pytest.fixture
def kept(path: Path) -> Iterator[History]:
    with History(path) as opened:
        yield opened


def record(kept: History, document: bytes = b"<score/>", title: str = "Song") -> str:
    id = kept.record(replace(TAKE, title=title), document)
    assert id is not None
    return id


def titles(kept: History) -> list[str]:
    return [take.title for take in kept.newest(1000)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(new_takes, st.binary(max_size=2000)), max_size=5))
def test_what_was_recorded_comes_back(written: list[tuple[NewTake, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "takes.sqlite"
        with History(path) as kept:
            ids = [kept.record(take, document) for take, document in written]
        with History(path) as kept:
            for id, (take, document) in zip(ids, written, strict=True):
                assert id is not None
                found = kept.get(id)
                assert all(getattr(found, name) == getattr(take, name) for name in NewTake.__slots__)
                assert (found.id, found.size, found.version) == (id, len(document), version())
                assert kept.document(id) == document
            assert [take.id for take in kept.newest(10)] == ids[::-1]


def test_a_take_knows_when_it_was_written(kept: History) -> None:
    created = datetime.fromisoformat(kept.get(record(kept)).created)
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)


def test_pages_follow_each_other(kept: History) -> None:
    for number in range(5):
        record(kept, title=str(number))
    first = kept.newest(2)
    second = kept.newest(2, before=first[-1].id)
    third = kept.newest(2, before=second[-1].id)
    assert [take.title for take in (*first, *second, *third)] == ["4", "3", "2", "1", "0"]
    assert kept.newest(2, before=third[-1].id) == []


def test_a_beginning_of_an_id_is_enough_when_no_other_has_it(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = iter("abcdefgh" + "abcdexyz" + "0bcdefgh")
    monkeypatch.setattr(history.secrets, "choice", lambda _: next(letters))
    first, second, third = (record(kept, title=title) for title in ("first", "second", "third"))
    assert (first, second, third) == ("abcdefgh", "abcdexyz", "0bcdefgh")
    assert [kept.get(id).title for id in ("abcdef", "ABCDEX", "0", "0bcdefgh")] == [
        *("first", "second", "third", "third")
    ]
    for method in (kept.get, kept.document, lambda id: kept.newest(1, before=id)):
        with pytest.raises(NotFoundError, match='more than one take begins with "abc"') as caught:
            method("abc")
        assert "abcdefgh, abcdexyz" in caught.value.hint


def test_an_id_that_is_taken_is_not_given_again(kept: History, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("aaaaaaaa" + "aaaaaaaa" + "bbbbbbbb")
    monkeypatch.setattr(history.secrets, "choice", lambda _: next(letters))
    assert [record(kept), record(kept)] == ["aaaaaaaa", "bbbbbbbb"]


@pytest.mark.parametrize("id", ["", "nothing", "zzzzzzzz0", "a%", "' OR 1", "\x00", "é", "\udce9", "../x"])
def test_an_unknown_id_is_not_found(kept: History, id: str) -> None:
    record(kept)
    for method in (kept.get, kept.document):
        with pytest.raises(NotFoundError, match="there is no take"):
            method(id)


def test_beyond_the_limit_the_oldest_leave_and_the_file_stays_within_it(path: Path) -> None:
    limit = 200_000
    with History(path, limit) as kept:
        for number in range(60):
            record(kept, os.urandom(10_000), title=str(number))
            assert titles(kept)[0] == str(number)
        left = titles(kept)
    assert left == [str(number) for number in range(59, 59 - len(left), -1)]
    assert len(left) >= 12
    assert path.stat().st_size <= limit


def test_a_smaller_limit_makes_the_file_smaller(path: Path) -> None:
    with History(path) as kept:
        for _ in range(30):
            record(kept, os.urandom(10_000))
    assert path.stat().st_size > 300_000
    with History(path, 100_000) as kept:
        record(kept)
    assert path.stat().st_size <= 100_000


def test_the_newest_take_stays_even_when_the_file_is_too_large_for_it(path: Path) -> None:
    with History(path, 5_000) as kept:
        record(kept, os.urandom(4_000), "old")
        record(kept, os.urandom(4_000), "new")
        assert titles(kept) == ["new"]


def test_a_take_beyond_the_limit_is_not_kept_and_pushes_out_no_other(path: Path) -> None:
    with History(path, 100_000) as kept:
        record(kept, title="small")
        assert kept.record(TAKE, os.urandom(100_001)) is None
        assert titles(kept) == ["small"]


def test_no_history_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with History.none() as kept:
        assert kept.record(TAKE, b"") is None
        assert kept.newest(10) == []
        with pytest.raises(NotFoundError):
            kept.get("a")
    assert os.listdir(tmp_path) == []


def test_a_take_that_cannot_be_kept_leaves_no_trace(kept: History, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: sqlite3.Connection) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    record(kept, title="before")
    with monkeypatch.context() as patch:
        patch.setattr(history, "_used", fail)  # the row is in by then
        with pytest.raises(HistoryError, match="disk is full"):
            record(kept, title="lost")
    record(kept, title="after")
    assert titles(kept) == ["after", "before"]


def test_many_threads_may_use_one_history(path: Path) -> None:
    lost: list[str] = []

    def use(kept: History, name: int) -> None:
        for number in range(15):
            document = f"{name} {number}".encode() * 500
            if kept.document(record(kept, document)) != document or not kept.newest(3):
                lost.append(f"{name} {number}")

    with History(path) as one, History(path) as other:  # two connections, as two processes have them
        threads = [threading.Thread(target=use, args=((one, other)[name % 2], name)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert lost == []
        assert len(one.newest(1000)) == len(other.newest(1000)) == 8 * 15


def test_a_take_whose_bytes_are_damaged_is_said_to_be(kept: History, path: Path) -> None:
    id = record(kept)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE takes SET document = x'00'")
    connection.close()
    with pytest.raises(HistoryError, match="is damaged"):
        kept.document(id)


def test_a_history_that_was_closed_opens_again_when_it_is_used(kept: History) -> None:
    record(kept)
    kept.close()
    assert titles(kept) == ["Song"]
