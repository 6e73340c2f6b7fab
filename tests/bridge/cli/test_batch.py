"""Many files by one command: workers, interruptions, and what is there at the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.cli import batch, main
from bridge.folders import data_folder
from bridge.output import write_whole
from tests.bridge.batch.conftest import titled
from tests.bridge.batch.engines import Quick
from tests.bridge.fake_worker import eventually

ROOT = Path(__file__).parents[3]
COUNT = 12
groups_of_processes = pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes")


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """A folder with so many songs, some of them deeper; the last takes so long that no kill comes too late."""
    folder = tmp_path / "scores"
    for index in range(COUNT):
        path = folder / ("deep" if index % 3 else ".") / f"song{index:02}.musicxml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(titled(str(index) if index < COUNT - 1 else "slow"))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below it, hidden ones too."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


Run = Callable[..., Result]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process; it writes what other processes do, and at once."""
    monkeypatch.setattr(batch, "open_engine", lambda name: Quick())
    return lambda *arguments: CliRunner().invoke(main, ["accompany", "--workers", "1", *map(str, arguments)])


@pytest.fixture
def stopped(here: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same, and Ctrl-C after so many results."""

    def run(after: int, *arguments: object) -> Result:
        saved: list[Path] = []

        def write_some(path: Path, data: bytes, force: bool) -> None:
            if len(saved) == after:
                raise KeyboardInterrupt
            write_whole(path, data, force)
            saved.append(path)

        with monkeypatch.context() as patch:
            patch.setattr(batch, "write_whole", write_some)
            result = here(*arguments)
        assert result.exit_code == 130, result.output
        return result

    return run


def started(*arguments: object) -> subprocess.Popen[str]:
    """The command in a process, or in several, of a group of their own."""
    command = [sys.executable, "-m", "tests.bridge.batch.engines", "accompany", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def told(*arguments: object) -> tuple[Any, str]:
    """What the command reports for machines, and what it says, when it comes to its end."""
    process = started(*arguments, "--json")
    report, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return json.loads(report), said


def is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    """Until so many results are there."""
    while len(list(folder.rglob("*.obbligato.musicxml"))) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


def test_processes_write_what_one_writes_into_the_same_folders(
    scores: Path, tmp_path: Path, here: Run
) -> None:
    report, _ = told(scores, "-o", tmp_path / "out", "--workers", 3, "--seed", 7)
    inputs = sorted(str(path) for path in scores.glob("*.musicxml"))
    inputs += sorted(str(path) for path in scores.glob("deep/*.musicxml"))
    assert [file["input"] for file in report["files"]] == inputs
    assert [file["error"] for file in report["files"]] == [None] * COUNT
    result = here(scores, "-o", tmp_path / "alone", "--seed", 7)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == COUNT
    assert contents(tmp_path / "out") == contents(tmp_path / "alone")
    assert set(contents(tmp_path / "out")) == {
        name.replace(".musicxml", ".obbligato.musicxml") for name in contents(scores)
    }


@groups_of_processes
@pytest.mark.parametrize("workers", [1, 3])
def test_killed_three_times_every_file_is_there_once_as_if_never_killed(
    scores: Path, tmp_path: Path, here: Run, workers: int
) -> None:
    rng, out = random.Random(workers), tmp_path / "out"
    command = scores, "-o", out, "--workers", workers
    seen: dict[str, tuple[int, int]] = {}
    for count in (1, 4, 8):
        process = started(*command)
        wait_for(process, out, count)
        time.sleep(rng.random() * 0.1)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        there = {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in out.rglob("*.musicxml")}
        assert there == {**there, **seen}, "a file was done twice"
        seen = there
    assert len(seen) < COUNT
    report, said = told(*command)
    assert f"note: {len(seen)} of {COUNT} files were written before" in said
    there = {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in out.rglob("*.musicxml")}
    assert there == {**there, **seen}
    assert [len(file["outputs"]) for file in report["files"]] == [1] * COUNT
    (seed,) = {file["seed"] for file in report["files"]}
    assert here(scores, "-o", tmp_path / "whole", "--seed", seed).exit_code == 0
    assert contents(out) == contents(tmp_path / "whole")
    assert list((data_folder() / "batches").iterdir()) == []


@groups_of_processes
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_all_processes_says_how_to_go_on_and_it_does(scores: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = started(scores, "-o", out, "--workers", 2)
    wait_for(process, out, 3)
    os.killpg(process.pid, signal.SIGINT)
    written, said = process.communicate(timeout=60)
    assert process.returncode == 130
    eventually(lambda: not is_there(process.pid))
    assert "Traceback" not in said
    done, there = len(written.splitlines()), len(contents(out))
    assert f"{done} of {COUNT} files are done; the same command goes on from there" in said
    assert there - done in (0, 1)  # one may be saved and not told yet
    _, said = told(scores, "-o", out, "--workers", 2)
    assert f"note: {there} of {COUNT} files were written before" in said
    assert len(contents(out)) == COUNT


@pytest.mark.parametrize("saved", [0, 1, 2])
def test_an_end_between_the_journal_and_the_files_costs_nothing(
    scores: Path, tmp_path: Path, here: Run, stopped: Run, saved: int
) -> None:
    """Of two takes none, one, or both are on the disk, with the remains of what was being written."""
    out, songs = tmp_path / "out", [scores / "song00.musicxml", scores / "song03.musicxml"]
    command = *songs, "-o", out, "--takes", 2
    stopped(saved, *command)
    before = contents(out) if saved else {}
    assert len(before) == saved
    out.mkdir(exist_ok=True)
    for name in ("", ".take2"):
        (out / f".song00.obbligato{name}.musicxml.4711.part").write_bytes(b"<score")
    result = here(*command, "--json")
    assert result.exit_code == 0, result.output
    seed = json.loads(result.stdout)["files"][0]["seed"]
    assert here(*songs, "-o", tmp_path / "whole", "--takes", 2, "--seed", seed).exit_code == 0
    after = contents(out)
    if saved == 2:  # the input is done, and nothing is looked for
        after = {name: data for name, data in after.items() if not name.endswith(".part")}
    assert after == contents(tmp_path / "whole")
    assert before.items() <= after.items()


def test_a_resumed_run_reports_what_was_written_before_too(
    scores: Path, tmp_path: Path, here: Run, stopped: Run
) -> None:
    stopped(5, scores, "-o", tmp_path / "out")
    report = json.loads(here(scores, "-o", tmp_path / "out", "--json").stdout)
    assert [len(file["outputs"]) for file in report["files"]] == [1] * COUNT
    assert len({file["seed"] for file in report["files"]}) == 1
    assert {take["output"] for file in report["files"] for take in file["takes"]} == {
        str(tmp_path / "out" / name) for name in contents(tmp_path / "out")
    }


def test_results_beside_their_inputs_that_the_shell_names_too_are_no_inputs(
    scores: Path, here: Run, stopped: Run
) -> None:
    songs = sorted(scores.glob("*.musicxml"))
    stopped(2, *songs)
    result = here(*sorted(scores.glob("*.musicxml")))
    assert result.exit_code == 0, result.output
    assert f"note: 2 of {len(songs)} files were written before" in result.stderr
    assert len(result.stdout.splitlines()) == len(songs) - 2


def test_what_has_changed_since_is_done_again_but_nobody_elses_file_is_touched(
    scores: Path, tmp_path: Path, here: Run, stopped: Run
) -> None:
    out = tmp_path / "out"
    command = scores, "-o", out
    stopped(3, *command)
    changed, gone, edited = sorted(out.rglob("*.musicxml"))
    source = scores / changed.name.replace(".obbligato", "")
    source.write_bytes(titled("changed"))
    gone.unlink()
    edited.write_bytes(b"edited")
    result = here(*command)
    assert result.exit_code == 1
    assert "written before" not in result.stderr
    assert b"changed" in changed.read_bytes()
    assert gone.exists()
    assert edited.read_bytes() == b"edited"
    assert f"{edited} is there already" in result.stderr


def test_force_begins_anew_and_other_options_are_another_command(
    scores: Path, tmp_path: Path, here: Run, stopped: Run
) -> None:
    command = scores, "-o", tmp_path / "out"
    stopped(3, *command)
    other = here(*command, "--add", "cello")
    assert "written before" not in other.stderr
    assert other.stderr.count("is there already") == 2 * 3  # when they come and at the end
    result = here(*command, "--force")
    assert result.exit_code == 0
    assert "written before" not in result.stderr
    assert len(result.stdout.splitlines()) == COUNT


def test_failures_are_listed_at_the_end_and_the_journal_goes(scores: Path, tmp_path: Path, here: Run) -> None:
    (scores / "prose.xml").write_text("Once upon a time")
    (scores / "deep" / "void.mxl").touch()
    result = here(scores, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-3:] == [
        f"2 of {COUNT + 2} files failed:",
        f"  {scores / 'prose.xml'}: neither MusicXML nor MIDI",
        f"  {scores / 'deep' / 'void.mxl'}: the file is empty",
    ]
    assert len(contents(tmp_path / "out")) == COUNT
    assert list((data_folder() / "batches").iterdir()) == []


def test_no_name_of_a_file_takes_the_others_with_it(tmp_path: Path, here: Run) -> None:
    """What a system calls a file may be no text, and too long for a name where nobody has called one so."""
    try:
        strange = tmp_path / os.fsdecode(b"caf\xe9.musicxml")
        strange.write_bytes(titled("strange"))
    except (OSError, UnicodeError):
        pytest.skip("names of files are text here")
    good = tmp_path / "good.musicxml"
    good.write_bytes(titled("good"))
    long = tmp_path / f"{'long' * 75}.musicxml"
    result = here(long, strange, good, "--json", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.count("cannot be read") == 2  # when it comes and at the end
    _, first, second = json.loads(result.stdout)["files"]
    assert [first["outputs"], second["outputs"]] == [
        [str(tmp_path / "out" / os.fsdecode(b"caf\xe9.obbligato.musicxml"))],
        [str(tmp_path / "out" / "good.obbligato.musicxml")],
    ]
    assert (
        here(strange, good).stdout.splitlines()[0].startswith(f"wrote {tmp_path / 'caf'}\\udce9.obbligato.")
    )
    assert CliRunner().invoke(main, ["check", str(strange), str(good)]).exit_code == 0


@groups_of_processes
def test_the_same_command_does_not_run_twice_at_a_time(scores: Path, tmp_path: Path, here: Run) -> None:
    process = started(scores, "-o", tmp_path / "out", "--workers", 1)
    wait_for(process, tmp_path / "out", 1)
    result = here(scores, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the same command is running already")
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


def test_one_bar_follows_all_files(scores: Path, here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    titles: list[str] = []

    @contextmanager
    def spy(title: str) -> Iterator[Callable[[int, int, str], None]]:
        titles.append(title)
        yield lambda done, total, remark: seen.append((done, total))

    monkeypatch.setattr(batch, "progress_bar", spy)
    here(scores)
    assert titles == ["accompany"]
    assert sorted(set(seen)) == [(done, COUNT) for done in range(COUNT + 1)]
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--workers", "0"), "workers"),
        (("--workers", "2", "--cluster", "auto"), "--cluster"),
        (("--device", "abacus"), "cuda"),
    ],
)
def test_wrong_usage_is_status_2(scores: Path, options: tuple[str, ...], words: str) -> None:
    result = CliRunner().invoke(main, ["accompany", str(scores), *options])
    assert result.exit_code == 2
    assert words in result.stderr


def test_without_ray_a_cluster_asks_for_it(
    scores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    result = CliRunner().invoke(
        main, ["accompany", str(scores), "--cluster", "auto", "-o", f"{tmp_path}/out/"]
    )
    assert result.exit_code == 1
    assert "pip install 'obbligato[cluster]'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_gpu_that_is_not_there_is_said_before_anything_is_read(
    scores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBBLIGATO_DEVICE", "cpu")  # what the command sets goes with the test
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    asked = ["accompany", str(scores), "-o", f"{tmp_path}/out/"]
    said = [CliRunner().invoke(main, [*asked, "--device", "cuda"])]
    monkeypatch.setenv("OBBLIGATO_DEVICE", "cuda")
    said.append(CliRunner().invoke(main, asked))
    monkeypatch.setitem(sys.modules, "torch", None)
    said.append(CliRunner().invoke(main, asked))
    assert [result.exit_code for result in said] == [2, 2, 2]
    assert all("there is no GPU here" in result.stderr for result in said[:2])
    assert "no torch is installed" in said[2].stderr and "--device cpu" in said[2].stderr
    assert not (tmp_path / "out").exists()
