from __future__ import annotations

import hashlib
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import HistoryError
from bridge.takes import History, NewTake, history

POSIX = pytest.mark.skipif(os.name != "posix", reason="a matter of POSIX")
TAKE = NewTake(
    task="fill", title="", parts=(), measures="", seed=0, engine="", options={}, suffix=".musicxml"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "takes.sqlite"


def fill(path: Path, takes: int = 20) -> bytes:
    """A history with takes; its bytes."""
    with History(path) as kept:
        for _ in range(takes):
            kept.record(TAKE, random.randbytes(3000))
    return path.read_bytes()


def aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob("takes.broken-*.sqlite"))


@POSIX
def test_only_the_owner_may_read_any_of_its_files(path: Path) -> None:
    before = os.umask(0)
    try:
        with History(path) as kept:
            kept.record(TAKE, b"")
            files = os.listdir(path.parent)
            modes = {stat.S_IMODE((path.parent / name).stat().st_mode) for name in files}
    finally:
        os.umask(before)
    assert "takes.sqlite-wal" in files
    assert modes == {0o600}


def foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (name)")
    connection.close()


def prose(path: Path) -> None:
    path.write_text("Once upon a time there was a song.\n" * 500)


def scribbled(path: Path) -> None:
    data = bytearray(fill(path))
    data[4096:] = random.Random(1).randbytes(len(data) - 4096)
    path.write_bytes(data)


def truncated(path: Path) -> None:
    path.write_bytes(fill(path)[:10_000])


@pytest.mark.parametrize("damage", [foreign, prose, scribbled, truncated])
def test_a_file_that_is_no_history_is_put_aside_and_a_new_one_begun(
    path: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(path)
    data = path.read_bytes()
    with History(path) as kept:
        id = kept.record(TAKE, b"new")
        assert id is not None
        assert [take.id for take in kept.newest(100)] == [id]
    (broken,) = aside(path)
    assert broken.read_bytes() == data
    (remark,) = caplog.messages
    assert str(path) in remark
    assert broken.name in remark
    with History(path) as kept:
        assert kept.document(id) == b"new"
    assert len(aside(path)) == 1


@pytest.mark.parametrize("too_late", [False, True])
def test_damage_while_it_is_open_is_survived_by_all_who_use_it(
    path: Path, too_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if too_late:  # the file is put aside by one just after the other has looked whether it was
        monkeypatch.setattr(history, "_identity", lambda _: None)
    fill(path)
    with History(path) as one, History(path) as other:
        assert len(one.newest(100)) == len(other.newest(100)) == 20
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.write(random.Random(2).randbytes(size))
        assert one.record(TAKE, b"one")
        (broken,) = aside(path)
        assert broken.with_name(f"{broken.name}-wal").exists()  # the newest takes may be in it
        assert other.record(TAKE, b"other")
        assert len(one.newest(100)) == len(other.newest(100)) == 2
    assert len(aside(path)) == 1


@POSIX
def test_a_file_that_was_removed_is_made_again(path: Path) -> None:
    with History(path) as kept:
        kept.record(TAKE, b"gone")
        for name in os.listdir(path.parent):
            (path.parent / name).unlink()
        id = kept.record(TAKE, b"kept")
        assert id is not None
    with History(path) as kept:
        assert [take.id for take in kept.newest(10)] == [id]


def test_an_empty_file_becomes_a_history(path: Path) -> None:
    path.touch()
    with History(path) as kept:
        assert kept.newest(10) == []
    assert aside(path) == []


def test_the_file_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    fill(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    data = path.read_bytes()
    with pytest.raises(HistoryError, match="newer version") as caught:
        History(path)
    assert caught.value.hint
    assert path.read_bytes() == data
    assert aside(path) == []


def test_a_place_that_cannot_hold_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.sqlite").mkdir()
    for path in (tmp_path / "file" / "takes.sqlite", tmp_path / "folder.sqlite"):
        with pytest.raises(HistoryError, match="cannot be used"):
            History(path)


def test_a_file_that_another_program_holds_is_an_error_and_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.takes.file._BUSY", 0.05)
    fill(path, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with History(path) as kept:
        assert len(kept.newest(10)) == 1
        with pytest.raises(HistoryError, match="locked"):
            kept.record(TAKE, b"")
        other.execute("ROLLBACK")
        other.close()
        assert kept.record(TAKE, b"")
    assert aside(path) == []


RECORDER = """
import hashlib, pathlib, random, sys
from bridge.takes import History, NewTake
with History(pathlib.Path(sys.argv[1]), int(sys.argv[2])) as kept:
    print("open", flush=True)
    while True:
        document = random.randbytes(random.randrange(60_000))
        digest = hashlib.sha256(document).hexdigest()
        take = NewTake(task="fill", title=digest, parts=(), measures="", seed=0, engine="", options={}, suffix="")
        print(kept.record(take, document), flush=True)
"""


def recorder(path: Path, limit: int) -> subprocess.Popen[str]:
    """A process that records until it is killed, and prints what it has recorded."""
    command = [sys.executable, "-c", RECORDER, str(path), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])


def sound(path: Path) -> list[str]:
    """The ids in the history, every take of it looked into."""
    with History(path) as kept:
        takes = kept.newest(10_000)
        for take in takes:
            document = kept.document(take.id)
            assert len(document) == take.size
            assert hashlib.sha256(document).hexdigest() == take.title
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return [take.id for take in takes]


@POSIX
@pytest.mark.parametrize(("processes", "limit"), [(1, 400_000), (2, 2**30)])
def test_after_a_kill_the_history_opens_and_holds_whole_takes(path: Path, processes: int, limit: int) -> None:
    moments = random.Random(processes)
    for _ in range(6):
        children = [recorder(path, limit) for _ in range(processes)]
        told = [child.stdout.readline() if child.stdout else "" for child in children]
        time.sleep(moments.uniform(0, 0.25))
        for child in children:
            child.send_signal(signal.SIGKILL)
        said = [child.communicate()[0].splitlines() for child in children]
        assert told == ["open\n"] * processes
        ids = sound(path)
        for recorded in said:  # what was said to be recorded is there
            assert not recorded[-1:] or recorded[-1] in ids
    assert len(ids) > 3
    assert aside(path) == []


@POSIX
def test_a_kill_while_the_file_is_being_made_leaves_one_that_opens(tmp_path: Path) -> None:
    code = """
import os, pathlib, sqlite3, sys
from bridge.takes import History, file
steps = int(sys.argv[2])
def step(_):
    global steps
    steps -= 1
    if steps < 0:
        os.kill(os.getpid(), 9)
connect = sqlite3.connect
def traced(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(step)
    return connection
file.sqlite3.connect = traced
History(pathlib.Path(sys.argv[1])).close()
"""
    for steps in range(30):
        path = tmp_path / str(steps) / "takes.sqlite"
        command = [sys.executable, "-c", code, str(path), str(steps)]
        ended = subprocess.run(command, cwd=Path(__file__).parents[3], check=False).returncode
        assert ended in (0, -signal.SIGKILL)
        with History(path) as kept:
            assert kept.record(TAKE, b"")
        assert aside(path) == []
        if ended == 0:
            break
    assert steps > 5
    assert ended == 0


def test_processes_that_begin_at_the_same_moment_share_one_file(path: Path) -> None:
    code = """
import pathlib, sys
from bridge.takes import History, NewTake
take = NewTake(task="fill", title="", parts=(), measures="", seed=0, engine="", options={}, suffix="")
input()
with History(pathlib.Path(sys.argv[1])) as kept:
    print(*[kept.record(take, b"x" * 9000) for _ in range(5)])
"""
    command = [sys.executable, "-c", code, str(path)]
    children = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdin
        child.stdin.write("\n")
        child.stdin.flush()
    recorded = [id for child in children for id in child.communicate()[0].split()]
    with History(path) as kept:
        assert sorted(take.id for take in kept.newest(100)) == sorted(recorded)
    assert len(recorded) == 20


def test_a_file_that_another_process_is_making_is_waited_for(path: Path) -> None:
    History(path).close()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode = DELETE")  # as it is before the log is kept
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.3, other.execute, ["COMMIT"])
    ending.start()
    with History(path) as kept:
        assert kept.newest(1) == []
    ending.join()
    other.close()
