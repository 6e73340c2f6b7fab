from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.batch.files import Target
from bridge.batch.journal import Entry, digest, key, open_journal
from bridge.errors import AlreadyRunningError
from bridge.folders import data_folder

HOLD = """
import sys
from bridge.batch.journal import open_journal
with open_journal("k", 1, False):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def target(tmp_path: Path) -> Target:
    source, output = tmp_path / "a.mid", tmp_path / "out.mid"
    source.write_bytes(b"in")
    output.write_bytes(b"out")
    return Target(source, (output,))


def entry(target: Target) -> Entry:
    outputs = {str(path): digest(b"out") for path in target.outputs}
    return Entry(str(target.source), digest(b"in"), outputs, {"measures": 8})


def kept() -> list[str]:
    return sorted(path.name for path in (data_folder() / "batches").iterdir())


def test_what_was_said_is_known_to_the_next_run_with_the_seed_that_was_drawn(target: Target) -> None:
    with open_journal("k", None, False) as journal:
        seed = journal.seed
        journal.add(entry(target))
    with open_journal("k", None, False) as journal:
        assert journal.seed == seed
        assert journal.entries == {str(target.source): entry(target)}
    assert kept() == ["k.jsonl"]


def test_a_run_that_is_finished_leaves_nothing_and_one_without_entries_too(target: Target) -> None:
    with open_journal("k", 7, False) as journal:
        journal.add(entry(target))
        journal.finished = True
    with open_journal("other", 7, False):
        pass
    assert kept() == []


def test_force_begins_anew(target: Target) -> None:
    with open_journal("k", 7, False) as journal:
        journal.add(entry(target))
    with open_journal("k", 8, True) as journal:
        assert (journal.seed, journal.entries) == (8, {})


@pytest.mark.parametrize("cut", [1, 20])
def test_half_a_line_is_forgotten_and_not_written_on(target: Target, cut: int) -> None:
    with open_journal("k", 7, False) as journal:
        journal.add(entry(target))
    path = data_folder() / "batches" / "k.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with open_journal("k", None, False) as journal:
        assert (journal.seed, journal.entries) == (7, {})
        journal.add(entry(target))
    with open_journal("k", None, False) as journal:
        assert journal.entries == {str(target.source): entry(target)}


def test_done_is_what_has_its_input_and_all_its_results_as_they_were(target: Target) -> None:
    (output,) = target.outputs
    assert entry(target).holds(target)
    assert entry(target).own() == {str(output)}
    assert not entry(target).holds(Target(target.source, (output, output.with_name("take2.mid"))))
    target.source.write_bytes(b"new")
    assert not entry(target).holds(target)
    target.source.write_bytes(b"in")
    output.write_bytes(b"edited")
    assert not entry(target).holds(target)
    assert entry(target).own() == set()
    output.unlink()
    assert not entry(target).holds(target)


def test_a_journal_belongs_to_one_process_until_it_dies() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunningError), open_journal("k", 1, False):
            pass
        with open_journal("other", 1, False):
            pass
        holder.kill()
    with open_journal("k", 2, False) as journal:
        assert journal.seed == 1


def test_without_a_place_for_it_a_journal_is_kept_in_memory(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "file"))
    with open_journal("k", 7, False) as journal:
        journal.add(entry(target))
        assert "cannot write into" in journal.homeless


def test_a_journal_that_cannot_be_opened_is_kept_in_memory(target: Target) -> None:
    (data_folder() / "batches" / "k.jsonl").mkdir(parents=True)
    with open_journal("k", 7, False) as journal:
        journal.add(entry(target))
        assert "cannot write into" in journal.homeless


def test_a_full_disk_costs_the_journal_and_nothing_else(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_journal("k", 7, False) as journal, monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        journal.add(entry(target))
        assert "No space" in journal.homeless
    monkeypatch.setattr(os, "fsync", full)
    with open_journal("other", 8, False) as journal:
        assert journal.seed == 8
        assert "No space" in journal.homeless


def full(file: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("damaged", [b"\0\0\n", b"5\n", b"{}\n", b'{"seed": 7}\n{}\n'])
def test_a_damaged_journal_begins_anew(target: Target, damaged: bytes) -> None:
    with open_journal("k", 7, False) as journal:
        journal.add(entry(target))
    (data_folder() / "batches" / "k.jsonl").write_bytes(damaged)
    with open_journal("k", 9, False) as journal:
        assert (journal.seed, journal.entries) == (9, {})
        journal.add(entry(target))
    with open_journal("k", None, False) as journal:
        assert (journal.seed, journal.entries) == (9, {str(target.source): entry(target)})


def test_commands_have_one_key_whatever_the_order_of_their_options() -> None:
    assert key({"a": 1, "b": 2}) == key({"b": 2, "a": 1}) != key({"a": 1, "b": 3})
